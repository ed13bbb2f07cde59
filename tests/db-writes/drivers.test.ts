/** The stores' drivers on real threads: what they answer, and what becomes of their askers when a thread dies. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DbThreads } from '../../actors/db-writes/ports.js';
import { fromRow, toRow } from '../../actors/db-writes/rows.js';
import { storageThreads } from '../../actors/db-writes/storage-threads.js';
import { core } from '../../actors/db-writes/core.js';
import { dbAnswer, names } from '../../protocols/db-writes.js';
import type { ImportedRecord, NewRequest, Strategy } from '../../protocols/db-rows.js';
import { nactHost, supervisor, System } from '../../runtime/index.js';
import { nodeCapabilities } from '../../runtime/node/capabilities.js';
import { dbWrites } from '../../supervisors/db-writes.js';

const dist = (file: string): string => path.resolve('dist', 'storage', file);
const deadline = { deadlineMs: 10_000 };

const folders: string[] = [];
const systems: System[] = [];
afterEach(async () => {
  await Promise.all(systems.splice(0).map((system) => system.stop()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

interface Started {
  readonly system: System;
  readonly workers: Map<string, Worker>;
}

let hosts = 0;

/** @param deaths so many of the first threads of core end before they have opened anything */
function threadsIn(workers: Map<string, Worker>, deaths = 0): DbThreads {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-db-'));
  folders.push(folder);
  return storageThreads({
    file: path.join(folder, 'core.db'),
    writerEntry: dist('writer/thread.js'),
    readerEntry: dist('reader/thread.js'),
    createWorker(entry, options) {
      const worker = new Worker(entry, options);
      workers.set(options.name ?? '', worker);
      if (options.name === 'core writer' && deaths-- > 0) void worker.terminate();
      return worker;
    },
  });
}

async function start(
  make: (threads: DbThreads) => ReturnType<typeof dbWrites> = dbWrites,
  deaths = 0,
): Promise<Started> {
  const workers = new Map<string, Worker>();
  const host = nactHost(`db-${++hosts}`, nodeCapabilities);
  const system = await System.start(make(threadsIn(workers, deaths)), { host });
  systems.push(system);
  return { system, workers };
}

const strategy = (id: string): Strategy => ({
  strategyId: id,
  name: id,
  symbol: null,
  timeframeMinutes: null,
  indicatorType: null,
  logicJson: '{}',
  claimedRank: null,
  environment: 'test',
  approximated: 0,
  approximationsJson: null,
  source: 'test',
  foreignHash: null,
  importedWallMs: 1,
});

const record = (recordId: string, logic: string | null): ImportedRecord => ({
  recordId,
  strategy: logic === null ? null : strategy(logic),
  name: recordId,
  source: 'test',
  anomaliesJson: null,
  importedWallMs: 1,
});

const request = (requestId: string): NewRequest => ({
  requestId,
  idempotencyKey: requestId,
  kind: 'backtest',
  strategyId: 's1',
  windowId: null,
  priority: 0,
  payloadVersion: 1,
  payloadJson: '{}',
  attemptsMax: 4,
  dueWallMs: 1,
  submittedWallMs: 1,
  expiresWallMs: 10 ** 13,
});

const importAll = async ({ system }: Started, ...records: ImportedRecord[]) =>
  dbAnswer(await system.ask(names.core, { type: 'import_records', records }, deadline));
const submit = async ({ system }: Started, ...requests: NewRequest[]) =>
  dbAnswer(await system.ask(names.core, { type: 'submit_requests', requests }, deadline));

test('fields are columns by another spelling, there and back', () => {
  const field = fc.stringMatching(/^[a-z]{1,4}([A-Z][a-z]{0,3}){0,3}$/);
  fc.assert(
    fc.property(fc.dictionary(field, fc.integer(), { noNullPrototype: true }), (fields) => {
      const row = toRow(fields);
      expect(Object.keys(row).every((column) => /^[a-z_]+$/.test(column))).toBe(true);
      expect(fromRow(row as never)).toEqual(fields);
    }),
  );
  expect(toRow({ firstS: 1, sharpeCiLower: 2, dueWallMs: 3 })).toEqual({
    first_s: 1,
    sharpe_ci_lower: 2,
    due_wall_ms: 3,
  });
});

test('the first record of a logic is imported, the next are attached, and reading again changes neither', async () => {
  const db = await start();
  const records = [record('r1', 's1'), record('r2', 's1'), record('r3', null), record('r4', 's2')];
  const dispositions = ['imported', 'attached', 'quarantined', 'imported'];
  expect(await importAll(db, ...records)).toEqual({ ok: true, value: dispositions });
  expect(await importAll(db, ...records)).toEqual({ ok: true, value: dispositions });
  expect(await importAll(db, record('r5', 's2'), record('r1', 's1'))).toEqual({
    ok: true,
    value: ['attached', 'imported'],
  });
});

test('what core has committed is what the reader counts', async () => {
  const db = await start();
  await importAll(db, record('r1', 's1'));
  await submit(db, request('a'), request('b'));
  const counts = await db.system.ask(names.reader, { type: 'request_counts' }, deadline);
  expect(dbAnswer(counts)).toEqual({ ok: true, value: [{ kind: 'backtest', state: 'queued', count: 2 }] });
});

test('a verb that breaks the schema is refused by its code and harms no other', async () => {
  const db = await start();
  await importAll(db, record('r1', 's1'));
  const [good, bad] = await Promise.all([
    submit(db, request('a')),
    submit(db, { ...request('b'), strategyId: 'unheard of' }),
  ]);
  expect(good).toMatchObject({ ok: true, value: [{ disposition: 'accepted' }] });
  expect(bad).toMatchObject({ ok: false, code: 'constraint', retryable: false });
});

test('beyond its bound a driver refuses at once, and says that waiting helps', async () => {
  const db = await start((threads) =>
    supervisor('db-writes', { strategy: 'one_for_one', intensity: 0, periodMs: 1_000 }, [
      core(threads, { pendingMax: 2 }),
    ]),
  );
  const boots = ['a', 'b', 'c'].map((bootId) =>
    db.system.ask(names.core, { type: 'register_boot', bootId, pid: 1, startedWallMs: 1 }, deadline),
  );
  expect((await Promise.all(boots)).map(dbAnswer)).toMatchObject([
    { ok: true },
    { ok: true },
    { ok: false, code: 'queue_full', retryable: true },
  ]);
});

test('when its thread is killed the driver starts another, and asking again loses and doubles nothing', async () => {
  const db = await start();
  await importAll(db, record('r1', 's1'));
  const ids = Array.from({ length: 200 }, (_, number) => `r${number}`);
  const answers = await Promise.all(
    ids.map(async (id, place) => {
      if (place === 100) void db.workers.get('core writer')?.terminate();
      for (;;) {
        const answer = await submit(db, request(id));
        if (answer.ok) return answer.value[0]?.requestId;
        expect(answer).toMatchObject({ retryable: true });
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }),
  );
  expect(answers).toEqual(ids);
  const counts = await db.system.ask(names.reader, { type: 'request_counts' }, deadline);
  expect(dbAnswer(counts)).toEqual({
    ok: true,
    value: [{ kind: 'backtest', state: 'queued', count: ids.length }],
  });
});

describe('a thread that is killed while the files are opened', () => {
  test('is followed by another: it said nothing of its file', async () => {
    const db = await start(dbWrites, 2);
    expect(await importAll(db, record('r1', 's1'))).toMatchObject({ ok: true });
  });

  test('ends the start when it happens again and again', async () => {
    await expect(start(dbWrites, 3)).rejects.toThrow('writer_died');
  });
});
