/** The main job from outside: real processes, real files, real sockets. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import path from 'node:path';
import type { PipelineStatus } from '../../runtime/pipeline/index.js';
import { countsOf, holdfast, processesOf, summaryOf, workplace } from './program.js';
import type { Ended, Workplace } from './program.js';

let place: Workplace;
beforeAll(() => {
  place = workplace();
});
afterEach(() => place.endLeft());
afterAll(() => place.remove());

/** So slow that it is still under way when the test has done what it came for. */
const slow = ['--batch', '1', '--interval-ms', '2000'];

describe('a run to its end', () => {
  let first: Ended;
  beforeAll(async () => {
    first = await place.run('whole.db', '--once', '--json').ended;
  });

  test('ends with 0 and prints nothing but its summary to stdout', () => {
    expect(first).toMatchObject({ code: 0, signal: null });
    expect(() => summaryOf(first)).not.toThrow();
  });

  test('says of each quarantined line why no strategy could be made of it', () => {
    const notes = first.stderr.split('\n').filter((line) => line.includes('is quarantined'));
    expect(notes).toHaveLength(summaryOf(first).strategies.quarantined);
    for (const note of notes)
      expect(note).toMatch(/^line \d+.* is quarantined: [a-z_]+: found .*, expected /);
  });

  test('has an end for every request, and counts that add up', () => {
    const { strategies, requests, failures, ranks } = summaryOf(first);
    expect(strategies.read).toBe(strategies.imported + strategies.attached + strategies.quarantined);
    const { submitted, succeeded, failed, deadLettered, open } = requests['backtest'] ?? {};
    expect(open).toBe(0);
    expect(submitted).toBe(strategies.imported);
    expect(submitted).toBe((succeeded ?? 0) + (failed ?? 0) + (deadLettered ?? 0));
    expect(Object.values(failures).reduce((sum, count) => sum + count, 0)).toBe(failed);
    expect(Object.values(ranks).reduce((sum, count) => sum + count, 0)).toBe(strategies.imported);
  });

  test('succeeds on some samples, finds good ones among them, and says why the others failed', () => {
    const { requests, failures, ranks } = summaryOf(first);
    expect(requests['backtest']?.succeeded).toBeGreaterThan(10);
    expect(ranks['B']).toBeGreaterThan(0);
    expect(ranks['A']).toBeGreaterThan(0);
    expect(requests['oos']?.succeeded).toBe((ranks['A'] ?? 0) + (ranks['B'] ?? 0));
    expect(Object.keys(failures)).toEqual(expect.arrayContaining(['no_candles', 'unsupported_indicator']));
  });

  test('done again, does nothing twice and prints the same counts', async () => {
    const second = await place.run('whole.db', '--once', '--json').ended;
    expect(second.code).toBe(0);
    expect(countsOf(summaryOf(second))).toEqual(countsOf(summaryOf(first)));
    expect(summaryOf(second).latencyMs).toEqual(summaryOf(first).latencyMs);
  });

  test('leaves no process behind', () => {
    expect(processesOf(place.folder)).toEqual([]);
  });

  test('can be looked at afterwards, from its files', async () => {
    const status = await holdfast(['status', '--db', path.join(place.folder, 'whole.db'), '--json']).ended;
    const { state, counts } = JSON.parse(status.stdout) as PipelineStatus;
    expect({ code: status.code, state }).toEqual({ code: 0, state: 'stopped' });
    const total = counts?.requests.reduce((sum, { count }) => sum + count, 0);
    const { backtest, oos } = summaryOf(first).requests;
    expect(total).toBe((backtest?.submitted ?? 0) + (oos?.submitted ?? 0));
  });
});

describe('while a run is under way', () => {
  test('its page answers, a second instance is refused, and Ctrl-C ends it in order', async () => {
    const running = place.run('live.db', ...slow);
    const [, url = ''] = await running.said(/page: (http:\S+)\//);
    await running.said(/requests: \d+ of \d+/);
    const db = path.join(place.folder, 'live.db');

    const second = await place.run('live.db', '--once').ended;
    expect(second.code).toBe(73);
    expect(second.stderr).toMatch(
      new RegExp(`holdfast: .*process ${running.child.pid} uses these files.*\n$`),
    );

    const page = await (await fetch(`${url}/`)).text();
    expect(page).toContain('<title>Holdfast</title>');
    expect(await (await fetch(`${url}/api/tree`)).text()).toContain('backtest-dispatch/dispatcher');
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(
      /^holdfast_loop_delay_ms\{quantile="0.99"\}/m,
    );
    expect(await (await fetch(`${url}/api/metrics/summary`)).json()).toBeNull();

    const status = await holdfast(['status', '--db', db, '--json']).ended;
    expect(JSON.parse(status.stdout)).toMatchObject({ state: 'live', pid: running.child.pid, url });

    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130, signal: null, stdout: '' });
    expect(processesOf(place.folder)).toEqual([]);
    const after = await holdfast(['status', '--db', db, '--json']).ended;
    const { state, counts } = JSON.parse(after.stdout) as PipelineStatus;
    expect(state).toBe('stopped');
    // What was out has been handed back: nothing waits for an answer that nobody will hear.
    expect(counts?.requests.map((row) => row.state)).not.toContain('leased');
    expect(counts?.requests.map((row) => row.state)).toContain('queued');
  });

  test('SIGTERM ends it with 143', async () => {
    const running = place.run('term.db', ...slow);
    await running.said(/requests: \d+ of \d+/);
    running.child.kill('SIGTERM');
    expect((await running.ended).code).toBe(143);
    expect(processesOf(place.folder)).toEqual([]);
  });
});

describe('what cannot be done is told in one line, with its code', () => {
  let server: Server;
  let port: number;
  beforeAll(async () => {
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
    mkdirSync(path.join(place.folder, 'empty'));
    writeFileSync(path.join(place.folder, 'nothing.sexp'), '; no record\n');
  });
  afterAll(() => void server.close());

  const cases: readonly (readonly [
    what: string,
    args: () => readonly string[],
    code: number,
    line: RegExp,
  ])[] = [
    ['an unknown flag', () => inputs('--bogus'), 2, /unknown option '--bogus'/],
    [
      'a value out of range',
      () => inputs('--workers', '0'),
      2,
      /expected a whole number from 1 to 256, found "0"/,
    ],
    ['an unknown command', () => ['frobnicate'], 2, /unknown command 'frobnicate'/],
    [
      'a folder that is not there',
      () => ['run', '--candles', 'nowhere', '--strategies', place.strategies],
      66,
      /--candles nowhere: expected a folder/,
    ],
    [
      'a strategies file that is not there',
      () => ['run', '--candles', place.candles, '--strategies', 'nowhere.sexp'],
      66,
      /--strategies nowhere.sexp: expected a file/,
    ],
    ['a database to look at that is not there', () => ['status', '--db', 'nowhere.db'], 66, /nothing there/],
    ['a candle file that is not there', () => ['candles', 'check', 'nowhere.csv'], 66, /nowhere.csv/],
    [
      'a port that is taken',
      () => inputs('--http-port', String(port), '--db', 'port.db'),
      75,
      /EADDRINUSE.*--http-port/,
    ],
    ['a database where no folder can be made', () => inputs('--db', '/proc/self/holdfast/x.db'), 73, /--db/],
    ['a database below a file', () => inputs('--db', `${place.strategies}/x.db`), 73, /--db/],
    ['a file that is no database', () => inputs('--db', place.strategies), 74, /no sound database/],
    [
      'a database that is a folder',
      () => inputs('--db', place.candles),
      73,
      /expected a file.*found a folder/,
    ],
    [
      'a summary that would replace a folder',
      () => inputs('--db', 'json.db', '--json', place.candles),
      73,
      /--json .*found a folder/,
    ],
    [
      'a folder without candles',
      () => ['run', '--once', '--candles', 'empty', '--strategies', place.strategies, '--db', 'a.db'],
      1,
      /found none/,
    ],
    [
      'a file without strategies',
      () => ['run', '--once', '--candles', place.candles, '--strategies', 'nothing.sexp', '--db', 'b.db'],
      1,
      /found none that can be used/,
    ],
  ];

  test('and a mistaken --db leaves nothing beside what it names', async () => {
    const before = readdirSync(place.candles);
    const own = path.join(place.folder, 'notes.txt');
    writeFileSync(own, 'not a database');
    expect((await holdfast(inputs('--db', own), place.folder).ended).code).toBe(74);
    expect((await holdfast(inputs('--db', place.candles), place.folder).ended).code).toBe(73);
    expect(readdirSync(place.folder).filter((name) => /^(notes|samples)./.test(name))).toEqual(['notes.txt']);
    expect(readdirSync(place.candles)).toEqual(before);
  });

  const inputs = (...flags: readonly string[]): readonly string[] => [
    ...['run', '--once', '--quiet', '--candles', place.candles, '--strategies', place.strategies],
    ...flags,
  ];

  test.each(cases)('%s', async (_what, args, code, line) => {
    const ended = await holdfast(args(), place.folder).ended;
    const own = ended.stderr.split('\n').filter((text) => text.startsWith('holdfast: '));
    expect({ code: ended.code, stdout: ended.stdout, lines: own.length }).toEqual({
      code,
      stdout: '',
      lines: 1,
    });
    expect(own[0]).toMatch(line);
    expect(processesOf(place.folder)).toEqual([]);
  });
});
