/** The writer as it is used: a real thread on a real file. */
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from '@jest/globals';
import { coreSchema } from '../../storage/migrations/core.js';
import { openDatabase } from '../../storage/database.js';
import { tradesSchema } from '../../storage/migrations/trades.js';
import { migrate } from '../../storage/migrations/run.js';
import type { Statement } from '../../storage/statement.js';
import { insertBoot, selectBoots } from '../../storage/tables/boots.js';
import { insertStrategy } from '../../storage/tables/strategies.js';
import { openWriter, type Writer, type WriterOptions } from '../../storage/writer/client.js';
import { startChild } from './child.js';
import { strategy } from './core-store.js';
import { built, temporaryFile } from './temporary.js';

const entry = built('writer/thread.js');
const opened: Writer[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((writer) => writer.close()));
});

async function open(file: string, options: Partial<WriterOptions> = {}): Promise<Writer> {
  const writer = await openWriter({ file, kind: 'core', entry, ...options });
  opened.push(writer);
  return writer;
}

const boot = (id: string): Statement => insertBoot({ boot_id: id, started_wall_ms: 1, pid: 1 });
const bootsIn = (file: string): unknown => {
  const { connection } = openDatabase(file);
  const ids = connection.prepare('SELECT boot_id FROM boots ORDER BY boot_id').pluck().all();
  connection.close();
  return ids;
};

describe('a writer', () => {
  test('opens with its settings and schema shown, commits, and what it acknowledged is in the file', async () => {
    const file = temporaryFile();
    const writer = await open(file);
    expect(writer.opened).toMatchObject({
      schemaVersion: coreSchema.migrations.length,
      pragmas: { synchronous: 2, journal_mode: 'wal' },
    });
    expect(await writer.commit({ statements: [boot('b1'), selectBoots({ limit: 5 })] })).toEqual({
      ok: true,
      results: [
        { changes: 1, rows: [] },
        { changes: 0, rows: [{ boot_id: 'b1', started_wall_ms: 1, pid: 1 }] },
      ],
    });
    expect(bootsIn(file)).toEqual(['b1']);
    expect(await writer.run(insertStrategy(strategy('s1')))).toEqual({ ok: true, value: 'imported' });
    expect(await writer.run(insertStrategy(strategy('s1')))).toEqual({ ok: true, value: 'attached' });
  });

  test('what waits together is committed together, and fails alone', async () => {
    const file = temporaryFile();
    const writer = await open(file);
    const pieces = Array.from({ length: 300 }, (_, number) =>
      writer.commit({ statements: [boot(`b${number}`)] }),
    );
    const bad = writer.commit({
      statements: [boot('half'), { sql: 'INSERT INTO boots VALUES (NULL, 1, 1)', params: [], mode: 'run' }],
    });
    const bug = writer.commit({ statements: [{ sql: 'SELEKT', params: [], mode: 'run' }] });
    await expect(bug).rejects.toThrow(/bug.*syntax error/);
    expect(await bad).toMatchObject({ ok: false, error: { code: 'constraint' } });
    expect((await Promise.all(pieces)).every(({ ok }) => ok)).toBe(true);
    const { thread } = writer.stats();
    expect(thread).toMatchObject({ works: 300, refused: 2 });
    expect(thread?.commits).toBeLessThan(10);
    expect(bootsIn(file)).toHaveLength(300);
  });

  test('a full queue refuses at once, in count and in bytes, and takes again when it has drained', async () => {
    const writer = await open(temporaryFile(), { limits: { queueMax: 3, queueBytesMax: 1_000 } });
    const first = [1, 2, 3].map((number) => writer.commit({ statements: [boot(`b${number}`)] }));
    const refused = { ok: false, error: { code: 'queue_full', retryable: true } };
    expect(await writer.commit({ statements: [boot('b4')] })).toMatchObject(refused);
    expect(writer.stats()).toMatchObject({ queueDepth: 3 });
    expect(await Promise.all(first)).toMatchObject([{ ok: true }, { ok: true }, { ok: true }]);
    expect(await writer.commit({ statements: [boot('x'.repeat(1_000))] })).toMatchObject(refused);
    expect(await writer.commit({ statements: [boot('b4')] })).toMatchObject({ ok: true });
    expect(writer.stats()).toMatchObject({ queueDepth: 0, queueBytes: 0 });
  });

  test('closing finishes what waits, empties the WAL, and refuses what comes later', async () => {
    const file = temporaryFile();
    const writer = await open(file);
    const waiting = [1, 2, 3].map((number) => writer.commit({ statements: [boot(`b${number}`)] }));
    const closed = writer.close();
    expect(await writer.commit({ statements: [boot('late')] })).toMatchObject({
      ok: false,
      error: { code: 'closed' },
    });
    await closed;
    expect(await Promise.all(waiting)).toMatchObject([{ ok: true }, { ok: true }, { ok: true }]);
    expect(bootsIn(file)).toEqual(['b1', 'b2', 'b3']);
    expect(await writer.commit({ statements: [boot('later')] })).toMatchObject({
      ok: false,
      error: { code: 'writer_died' },
    });
  });

  test('a file of a newer version is refused when opening, with the code', async () => {
    const file = temporaryFile();
    await (await open(file)).close();
    const { connection } = openDatabase(file);
    connection.pragma('user_version = 99');
    connection.close();
    await expect(open(file)).rejects.toMatchObject({ name: 'StorageError', code: 'schema_newer' });
  });

  test('a file of another kind, a folder that is missing, and a thread that cannot start are coded errors', async () => {
    const file = temporaryFile();
    migrate(openDatabase(file).connection, tradesSchema, file);
    await expect(open(file)).rejects.toMatchObject({ code: 'cannot_open' });
    await expect(open(`${file}/x/y.db`)).rejects.toMatchObject({ code: 'cannot_open' });
    await expect(open(file, { entry: `${entry}.missing` })).rejects.toMatchObject({ code: 'writer_died' });
  });
});

test('a full disk refuses with a code, the writer keeps serving, and goes on by itself when there is room', async () => {
  const file = temporaryFile();
  const writer = await open(file);
  const room = (pages: number) =>
    writer.commit({ statements: [{ sql: `PRAGMA max_page_count = ${pages}`, params: [], mode: 'all' }] });
  const big = (id: string) => writer.commit({ statements: [boot(`${id} ${'x'.repeat(200_000)}`)] });
  await room(1);
  expect(await Promise.all([big('b1'), big('b2')])).toMatchObject([
    { ok: false, error: { code: 'disk_full', retryable: true } },
    { ok: false, error: { code: 'disk_full' } },
  ]);
  expect(await writer.commit({ statements: [selectBoots({ limit: 1 })] })).toMatchObject({ ok: true });
  await room(100_000);
  expect(await Promise.all([big('b1'), big('b2')])).toMatchObject([{ ok: true }, { ok: true }]);
  expect(bootsIn(file)).toHaveLength(2);
});

describe('the death of the thread', () => {
  test('answers everything that waits, is reported once, and loses nothing that was acknowledged', async () => {
    const file = temporaryFile();
    const deaths: string[] = [];
    let worker: Worker | undefined;
    const writer = await open(file, {
      createWorker: (given, options) => (worker = new Worker(given, options)),
      onDeath: (reason) => deaths.push(reason),
    });
    expect(await writer.commit({ statements: [boot('safe')] })).toMatchObject({ ok: true });
    const waiting = Array.from({ length: 50 }, (_, number) =>
      writer.commit({ statements: [boot(`b${number}`)] }),
    );
    await worker?.terminate();
    const outcomes = await Promise.all(waiting);
    for (const outcome of outcomes) {
      if (!outcome.ok) expect(outcome.error).toMatchObject({ code: 'writer_died', retryable: true });
    }
    expect(deaths).toHaveLength(1);
    expect(await writer.commit({ statements: [boot('after')] })).toMatchObject({
      error: { code: 'writer_died' },
    });

    const successor = await open(file);
    const again = Array.from({ length: 50 }, (_, number) =>
      successor.commit({ statements: [boot(`b${number}`)] }),
    );
    expect((await Promise.all(again)).every(({ ok }) => ok)).toBe(true);
    expect(bootsIn(file)).toHaveLength(51);
  });

  test('a deadline ends a close that would wait for ever', async () => {
    const file = temporaryFile();
    const writer = await open(file, { limits: { busyMsMax: 600_000 } });
    const other = openDatabase(file).connection;
    other.exec('BEGIN IMMEDIATE');
    const stuck = writer.commit({ statements: [boot('stuck')] });
    const deadline = new AbortController();
    const closed = writer.close(deadline.signal);
    deadline.abort();
    await closed;
    expect(await stuck).toMatchObject({ ok: false, error: { code: 'writer_died' } });
    other.close();
  });
});

describe("another program's lock", () => {
  test('held over a second: the loop turns, the alarm comes, and the commit succeeds when it is gone', async () => {
    const file = temporaryFile();
    let alarm: (waitedMs: number) => void = () => undefined;
    const alarmed = new Promise<number>((resolve) => (alarm = resolve));
    const writer = await open(file, { onBusy: (waitedMs) => alarm(waitedMs) });
    const other = startChild('hold-write.mjs', file);
    expect(await other.line()).toBe('held');
    const waiting = [1, 2, 3].map((number) => writer.commit({ statements: [boot(`b${number}`)] }));
    expect(await alarmed).toBeGreaterThanOrEqual(1_000);
    other.process.stdin?.end();
    expect(await Promise.all(waiting)).toMatchObject([{ ok: true }, { ok: true }, { ok: true }]);
    expect(writer.stats().thread?.busyWaitedMs).toBeGreaterThanOrEqual(1_000);
    expect(bootsIn(file)).toHaveLength(3);
  });

  test('held while we open is waited for, within the same patience', async () => {
    const file = temporaryFile();
    await (await open(file)).close();
    const other = startChild('hold-write.mjs', file);
    expect(await other.line()).toBe('held');
    await expect(open(file, { limits: { busyMsMax: 50 } })).rejects.toMatchObject({
      code: 'busy',
      retryable: true,
    });
    const opening = open(file);
    other.process.stdin?.end();
    expect((await opening).opened.pragmas).toMatchObject({ busy_timeout: 0 });
  });

  test('held longer than our patience is a value, and the writer goes on afterwards', async () => {
    const file = temporaryFile();
    const writer = await open(file, { limits: { busyMsMax: 50 } });
    const other = openDatabase(file).connection;
    other.exec('BEGIN IMMEDIATE');
    expect(await writer.commit({ statements: [boot('b1')] })).toMatchObject({
      ok: false,
      error: { code: 'busy', retryable: true },
    });
    other.close();
    expect(await writer.commit({ statements: [boot('b1')] })).toMatchObject({ ok: true });
  });
});
