/** `holdfast start` from outside: real processes, real files, its own HTTP. */
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { summarySchema } from '../../protocols/summary.js';
import type { Running } from '../run/program.js';
import { canLimitFiles, daemonPlace, limitFiles, modeOf, processesOf, until } from './place.js';
import type { DaemonPlace } from './place.js';

jest.setTimeout(120_000);

let place: DaemonPlace;
let running: Running | undefined;
beforeAll(() => {
  place = daemonPlace();
});
afterAll(() => place.remove());
afterEach(async () => {
  running?.child.kill('SIGKILL');
  await running?.ended;
  running = undefined;
});

async function up(...flags: readonly string[]): Promise<Running> {
  running = place.start(...flags);
  await running.said(/page: http/);
  return running;
}

const health = async () =>
  (await place.get('/api/system/health')).body as {
    status: string;
    conditions: readonly { id: string; message: string }[];
  };
const jobs = async () =>
  (
    (await place.get('/api/jobs')).body as {
      jobs: readonly { jobId: string; state: string; origin: string }[];
    }
  ).jobs;

describe('a start that cannot be', () => {
  test.each<[string, string, number, RegExp]>([
    [
      'a broken configuration',
      '{"http":{"port":"x","prot":1}}',
      78,
      /2 settings wrong\n {2}http\.prot: .*\n {2}http\.port: expected a whole number/,
    ],
    ['text that is none', '{ db', 78, /line 1, column 3: expected JSON/],
  ])('is told for %s, line by line', async (_what, text, code, lines) => {
    place.configure(text);
    const ended = await place.start().ended;
    expect(ended.code).toBe(code);
    expect(ended.stderr).toMatch(lines);
  });

  test('is told for a configuration that is not there', async () => {
    const ended = await place.start('--config', 'nowhere.jsonc').ended;
    expect(ended.code).toBe(66);
    expect(ended.stderr).toContain('holdfast config example prints one');
  });

  test('ended in the middle of it leaves nothing behind', async () => {
    place.configure({});
    running = place.start();
    await until('the files are locked', () => existsSync(`${place.db}.lock`));
    running.child.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 143, signal: null });
    expect(existsSync(`${place.db}.run.json`)).toBe(false);
    expect(processesOf(place.folder)).toEqual([]);
  });
});

describe('a daemon', () => {
  test('does the jobs of its configuration, takes more, and ends with 143', async () => {
    place.configure({ inputs: { candles: place.candles, strategies: [place.strategies] } });
    const daemon = await up();
    await daemon.said(/job \S+ .* ended/);
    expect(modeOf(`${place.db}.run.json`)).toBe('600');

    const submitted = await place.command('submit', '--strategies', place.strategies, '--wait', '--json');
    expect(submitted.code).toBe(0);
    expect(summarySchema.parse(JSON.parse(submitted.stdout)).requests['backtest']?.open).toBe(0);
    expect((await jobs()).map(({ state, origin }) => [origin, state])).toEqual([
      ['submitted', 'ended'],
      ['configuration', 'ended'],
    ]);

    const second = await place.start('--set', `db=${place.db}`).ended;
    expect(second.code).toBe(73);

    daemon.child.kill('SIGTERM');
    expect(await daemon.ended).toMatchObject({ code: 143, signal: null });
    const log = readFileSync(`${place.db}.log.jsonl`, 'utf8');
    expect(log).toContain('config.in_force');
    expect(processesOf(place.folder)).toEqual([]);
  });

  test('never shows its token, also not in the log', async () => {
    place.configure({});
    const daemon = await up();
    const { token, url } = place.runFile();
    const pages = ['/', '/api/daemon', '/api/tree', '/api/facts', '/metrics', '/api/jobs'];
    const texts = await Promise.all(
      pages.map((page) => fetch(`${url}${page}`).then((answer) => answer.text())),
    );
    daemon.child.kill('SIGTERM');
    const { stderr, stdout } = await daemon.ended;
    for (const text of [...texts, stderr, stdout, readFileSync(`${place.db}.log.jsonl`, 'utf8')])
      expect(text).not.toContain(token);
  });

  test('takes no job without the token', async () => {
    place.configure({});
    await up();
    const before = await jobs();
    const answer = await fetch(`${place.runFile().url}/api/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ strategies: place.strategies }),
    });
    expect(answer.status).toBe(401);
    expect(await jobs()).toEqual(before);
  });

  test('reports a job that fails, and goes on with the next', async () => {
    place.configure({});
    const daemon = await up();
    const empty = path.join(place.folder, 'empty.sexp');
    writeFileSync(empty, '; nothing\n');
    const failed = await place.command('submit', '--strategies', empty, '--wait');
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/job \S+ failed: .*expected at least one strategy record/);
    const next = await place.command('submit', '--strategies', place.strategies, '--wait', '--json');
    expect(next.code).toBe(0);
    expect(daemon.child.exitCode).toBeNull();
    expect((await health()).conditions).toEqual([]);
  });

  test('keeps a submitted job over a kill, with the strategies as they were', async () => {
    const fresh = daemonPlace();
    try {
      // So slow that the job cannot have ended before the kill.
      fresh.configure({ dispatch: { batchMax: 1, intervalMs: 60_000 } });
      running = fresh.start();
      await running.said(/page: http/);
      const copy = path.join(fresh.folder, 'copy.sexp');
      writeFileSync(copy, readFileSync(fresh.strategies));
      const sent = await fresh.command('submit', '--strategies', copy, '--json');
      const { jobId } = (JSON.parse(sent.stdout) as { job: { jobId: string } }).job;
      running.child.kill('SIGKILL');
      await running.ended;
      writeFileSync(copy, '; gone\n');
      fresh.configure({});
      running = fresh.start();
      await running.said(new RegExp(`job ${jobId} .* ended`));
      const { body } = await fresh.get(`/api/jobs/${jobId}`);
      expect(body).toMatchObject({ state: 'ended', summary: { strategies: { imported: 60 } } });
    } finally {
      running?.child.kill('SIGKILL');
      await running?.ended;
      fresh.remove();
    }
  });

  test('keeps its configuration when the new one is broken, is red, and takes the next good one', async () => {
    place.configure({ dispatch: { batchMax: 7 } });
    const daemon = await up();
    const inForce = async () =>
      (
        (await place.get('/api/daemon')).body as {
          configuration: { hash: string; waitForRestart: readonly string[] };
        }
      ).configuration;
    const before = await inForce();
    place.configure('{"dispatch":{"batchMax":"lots"},"http":{"prot":1}}');
    daemon.child.kill('SIGHUP');
    await daemon.said(
      /configuration refused.*http\.prot: .*dispatch\.batchMax: expected a whole number from 1 to 1000/,
    );
    expect(await inForce()).toMatchObject({ hash: before.hash });
    const { status, conditions } = await health();
    expect(status).toBe('red');
    expect(conditions).toMatchObject([{ id: 'configuration' }]);
    expect((await place.command('status')).stdout).toMatch(/health red/);

    place.configure({ dispatch: { batchMax: 8 }, http: { port: 1 } });
    daemon.child.kill('SIGHUP');
    await daemon.said(/configuration \S+ in force; with the next start: http\.port/);
    expect(await inForce()).toMatchObject({ waitForRestart: ['http.port'] });
    expect((await health()).conditions).toEqual([]);
    await until('the new pace is in force', async () =>
      JSON.stringify((await place.get('/api/facts')).body).includes('"batchMax":8'),
    );
  });

  (canLimitFiles ? test : test.skip)(
    'waits for a disk that takes nothing, red, and goes on by itself',
    async () => {
      const fresh = daemonPlace();
      try {
        fresh.configure({});
        running = fresh.start();
        await running.said(/page: http/);
        // Files may not grow: to a store that is a disk which refuses.
        limitFiles(fresh.runFile().pid, 150_000);
        const submitted = fresh.command('submit', '--strategies', fresh.strategies, '--wait', '--json');
        await running.said(/waits, and goes on by itself/);
        expect((await fresh.get('/api/system/health')).body).toMatchObject({
          status: 'red',
          conditions: expect.arrayContaining([expect.objectContaining({ id: 'job' })]),
        });
        expect((await fresh.command('status')).stdout).toMatch(/health red[^]*to be put right .*waits/);
        limitFiles(fresh.runFile().pid, null);
        expect((await submitted).code).toBe(0);
        expect((await fresh.get('/api/system/health')).body).toMatchObject({ conditions: [] });
      } finally {
        running?.child.kill('SIGKILL');
        await running?.ended;
        fresh.remove();
      }
    },
  );
});

describe('dead letters on the command line', () => {
  /** As a process before this one left them. */
  function leave(
    ...letters: readonly (readonly [
      id: string,
      reason: string,
      recipient: string,
      version: number,
      payload: object | null,
      type?: string,
    ])[]
  ) {
    const file = new Database(`${place.db}.dead-letters`);
    const insert = file.prepare(
      `INSERT OR REPLACE INTO letters VALUES (?, ?, ?, ?, NULL, 1, ?, ?, ?, 'Object', 1, '["first error"]', 'kept', NULL)`,
    );
    letters.forEach(([id, reason, recipient, version, payload, type = 'work_available'], index) =>
      insert.run(
        id,
        1_000 + index,
        reason,
        recipient,
        type,
        version,
        payload === null ? null : JSON.stringify(payload),
      ),
    );
    file.close();
  }

  const dispatcher = 'root/core/services/backtest-dispatch/dispatcher';
  const desk = 'root/core/services/notifier/desk';
  const ids = async (...flags: readonly string[]) => {
    const listed = await place.command('dlq', 'list', '--json', ...flags);
    return (JSON.parse(listed.stdout) as { letters: readonly { letterId: string }[] }).letters.map(
      ({ letterId }) => letterId,
    );
  };

  test('are read from the files, and redriven by the process: once accepted they are gone, the others stay with a reason', async () => {
    place.configure({});
    const first = await up();
    first.child.kill('SIGTERM');
    await first.ended;
    const core = new Database(place.db);
    const { request_id: requestId } = core
      .prepare(
        `UPDATE requests SET state = 'dead_lettered', attempts_used = 4, accepted_attempt_id = NULL WHERE request_id =
        (SELECT request_id FROM requests WHERE state = 'failed' AND failure_code = 'too_few_bars') RETURNING request_id`,
      )
      .get() as { request_id: string };
    const { notification_id: notificationId } = core
      .prepare(
        `UPDATE outbox SET state = 'dead_lettered' WHERE seq =
        (SELECT min(seq) FROM outbox WHERE state = 'delivered') RETURNING notification_id`,
      )
      .get() as { notification_id: string };
    core.close();
    leave(
      ['told', 'undeliverable', desk, 1, { notificationId }, 'notification'],
      ['untold', 'undeliverable', desk, 1, { notificationId: 'nobody knows' }, 'notification'],
      ['given-up', 'crash_loop', dispatcher, 1, { requestId }, 'backtest_request'],
      ['again', 'stopped', dispatcher, 1, { type: 'work_available' }],
      ['newer', 'stopped', dispatcher, 7, { type: 'work_available' }],
      ['lost', 'stopped', 'root/core/nobody', 1, { type: 'x' }],
      ['unwritten', 'stopped', dispatcher, 1, null],
      ['evidence', 'late', dispatcher, 1, { requestId }, 'backtest_answer'],
    );
    const told = ['told', 'untold'];
    expect(await ids()).toEqual([...told, 'given-up', 'again', 'newer', 'lost', 'unwritten', 'evidence']);
    expect(await ids('--reason', 'stopped', '--limit', '2')).toEqual(['again', 'newer']);
    expect((await place.command('dlq', 'show', 'again')).stdout).toMatch(
      /first error[^]*"type": "work_available"/,
    );
    expect((await place.command('dlq', 'show', 'nobody')).code).toBe(66);
    expect((await place.command('dlq', 'redrive', 'again')).code).toBe(69);

    const daemon = await up();
    const dry = await place.command('dlq', 'redrive', '--all', '--reason', 'stopped', '--dry-run', '--json');
    expect(JSON.parse(dry.stdout)).toEqual({
      dryRun: true,
      letterIds: ['again', 'newer', 'lost', 'unwritten'],
    });
    expect(await ids()).toHaveLength(8);

    const all = await place.command('dlq', 'redrive', '--all', '--reason', 'stopped', '--rate', '1000');
    expect(all.code).toBe(1);
    expect(all.stderr).toMatch(
      /newer: expected payload version 1, found 7: use the version that wrote it \(unknown_version\)/,
    );
    expect(all.stderr).toMatch(/lost: nothing stands at root\/core\/nobody \(no_source\)/);
    expect(all.stderr).toMatch(/unwritten: .*could not be written down \(no_payload\)/);
    expect(await ids()).toEqual([...told, 'given-up', 'newer', 'lost', 'unwritten', 'evidence']);

    const overHttp = (body: object) => place.post('/api/dead-letters/redrive', body);
    expect(await overHttp({ filter: { reason: 'stopped' }, dryRun: true, limit: 2 })).toEqual({
      status: 200,
      body: { dryRun: true, letterIds: ['newer', 'lost'], more: true },
    });
    expect(await overHttp({ filter: { recipient: 'root/core/nobody' }, rate: 1_000 })).toMatchObject({
      body: { results: [{ letterId: 'lost', outcome: 'refused', code: 'no_source' }], more: false },
    });
    for (const body of [{ filter: {} }, { filter: { reason: 'stopped' }, rate: 0 }, { letterIds: [] }, {}])
      expect(await overHttp(body)).toMatchObject({
        status: 400,
        body: { error: expect.stringMatching(/^expected/) as unknown },
      });

    expect((await place.command('dlq', 'redrive', 'untold')).stderr).toMatch(
      /no notification nobody knows any more/,
    );
    expect((await place.command('dlq', 'redrive', 'told')).stdout).toMatch(/the outbox/);
    await until('the notification is delivered', () => {
      const file = new Database(place.db, { readonly: true });
      const row = file.prepare('SELECT state FROM outbox WHERE notification_id = ?').get(notificationId);
      file.close();
      return JSON.stringify(row) === '{"state":"delivered"}';
    });

    expect((await place.command('dlq', 'redrive', 'evidence')).stderr).toMatch(
      /evidence; there is nothing to be done again/,
    );
    expect((await place.command('dlq', 'redrive', 'given-up')).code).toBe(0);
    expect(await ids()).not.toContain('given-up');
    await until('the request has ended again', () => {
      const file = new Database(place.db, { readonly: true });
      const row = file
        .prepare('SELECT state, attempts_used FROM requests WHERE request_id = ?')
        .get(requestId);
      file.close();
      return JSON.stringify(row) === '{"state":"failed","attempts_used":1}';
    });
    daemon.child.kill('SIGTERM');
    await daemon.ended;
    const audit = new Database(`${place.db}.dead-letters`, { readonly: true });
    const rows = audit.prepare('SELECT letter_id, redriven_by FROM redrives ORDER BY seq').all();
    audit.close();
    expect(rows).toMatchObject([
      {
        letter_id: 'again',
        redriven_by: expect.stringMatching(/^holdfast \(.*\) from 127\.0\.0\.1$/) as unknown,
      },
      { letter_id: 'told' },
      { letter_id: 'given-up' },
    ]);
  });

  test.each<[string, readonly string[], RegExp]>([
    ['nothing named', ['redrive'], /expected ids of letters, or --all --reason REASON/],
    ['all without a reason', ['redrive', '--all'], /expected --reason REASON too/],
    ['a reason without all', ['redrive', 'x', '--reason', 'y'], /--reason goes with --all/],
    ['an unknown flag', ['redrive', '--bogus'], /unknown option '--bogus'/],
  ])('are not redriven with %s', async (_what, args, line) => {
    const ended = await place.command('dlq', ...args);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(line);
  });
});
