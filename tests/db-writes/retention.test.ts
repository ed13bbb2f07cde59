/** Sweeps on the real stores: what is old goes through all of its files, whatever happens in between. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { dayMs } from '../../actors/db-writes/retention.js';
import type { RetentionArgs } from '../../actors/db-writes/retention.js';
import { storageThreads, tradesFileOf } from '../../actors/db-writes/storage-threads.js';
import { retentionName } from '../../protocols/db-retention.js';
import type { RetentionStanding } from '../../protocols/db-retention.js';
import { dbAnswer, names } from '../../protocols/db-writes.js';
import { nactHost, System } from '../../runtime/index.js';
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

let hosts = 0;

interface Place {
  readonly file: string;
  readonly system: System;
}

async function open(file: string, args: Partial<RetentionArgs>): Promise<Place> {
  const threads = storageThreads({
    file,
    writerEntry: dist('writer/thread.js'),
    readerEntry: dist('reader/thread.js'),
  });
  const host = nactHost(`retention-${++hosts}`, nodeCapabilities);
  const system = await System.start(dbWrites(threads, args), { host });
  systems.push(system);
  return { file, system };
}

function newFile(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-retention-'));
  folders.push(folder);
  return path.join(folder, 'core.db');
}

/** Requests of one strategy that succeeded long ago, each with a list of three trades; the last is its evidence. */
function fill(file: string, count: number, endedWallMs: number): void {
  const core = new Database(file);
  core.exec(`INSERT INTO boots VALUES ('b', 1, 1);
    INSERT INTO strategies VALUES ('s', 's', NULL, NULL, NULL, '{}', NULL, 'test', 0, NULL, 't', NULL, 1)`);
  const trades = new Database(tradesFileOf(file));
  const numbers = 'WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?)';
  core
    .prepare(
      `${numbers} INSERT INTO requests (request_id, idempotency_key, kind, strategy_id, priority, payload_version, payload_json,
        state, attempts_max, due_wall_ms, submitted_wall_ms, expires_wall_ms, terminal_wall_ms, accepted_attempt_id, leases)
      SELECT 'r' || n, 'k' || n, 'backtest', 's', 0, 1, '{}', 'succeeded', 4, 1, 1, 1, ?, 'a' || n, 1 FROM n`,
    )
    .run(count, endedWallMs);
  core
    .prepare(
      `${numbers} INSERT INTO attempts SELECT 'a' || n, 'r' || n, 1, 'b', 'e', 1, 1, 2, 'succeeded', NULL, NULL FROM n`,
    )
    .run(count);
  core
    .prepare(
      `${numbers} INSERT INTO results (request_id, attempt_id, raw_json, trades_count, trades_hash, applied_wall_ms)
      SELECT 'r' || n, 'a' || n, '{}', 3, 'h', 2 FROM n`,
    )
    .run(count);
  trades.prepare(`${numbers} INSERT INTO trade_lists SELECT n, 'a' || n, NULL, 3, 'h', 2 FROM n`).run(count);
  for (const seq of [0, 1, 2])
    trades.prepare(`${numbers} INSERT INTO trades SELECT n, ${seq}, 1, 1.0 FROM n`).run(count);
  trades.prepare(`INSERT INTO trade_lists VALUES (?, 'of nobody', NULL, 0, 'h', 2)`).run(count + 1);
  core.close();
  trades.close();
}

const count = (file: string, table: string): number => {
  const connection = new Database(file, { readonly: true });
  try {
    return connection.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
  } finally {
    connection.close();
  }
};

async function standing({ system }: Place): Promise<RetentionStanding> {
  const outcome = await system.ask(retentionName, { type: 'retention_standing' }, deadline);
  if (!outcome.ok) throw new Error(outcome.reason.type);
  return outcome.value;
}

async function swept(place: Place, sweeps = 1): Promise<RetentionStanding> {
  for (;;) {
    const now = await standing(place);
    if (now.sweeps >= sweeps) return now;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const quick: Partial<RetentionArgs> = {
  firstMs: 0,
  pauseMs: 0,
  againMs: 5,
  requestsAtOnce: 20,
  rowsAtOnce: 25,
};

test('what ended long ago goes from both files but for the evidence, and stays in the counts', async () => {
  const file = newFile();
  const first = await open(file, { firstMs: 3_600_000 });
  await first.system.stop();
  fill(file, 95, Date.now() - 31 * dayMs);
  const place = await open(file, quick);
  expect(await swept(place)).toMatchObject({
    removed: { requests: 94, lists: 94, orphans: 1 },
    trouble: null,
  });
  expect(['requests', 'attempts', 'results'].map((table) => count(file, table))).toEqual([1, 1, 1]);
  expect(count(tradesFileOf(file), 'trades')).toBe(3);
  expect(count(tradesFileOf(file), 'trade_lists')).toBe(1);
  expect(count(file, 'request_ledger')).toBe(94);
  expect(count(file, 'purged_attempts')).toBe(0);
  const removed = dbAnswer(await place.system.ask(names.reader, { type: 'removed_counts' }, deadline));
  expect(removed).toEqual({
    ok: true,
    value: [
      { what: 'attempts', rows: 94 },
      { what: 'requests', rows: 94 },
      { what: 'results', rows: 94 },
    ],
  });
});

test('keys go after their own time, and are counted too', async () => {
  const file = newFile();
  const first = await open(file, { firstMs: 3_600_000 });
  await first.system.stop();
  fill(file, 60, Date.now() - 91 * dayMs);
  const place = await open(file, quick);
  expect((await swept(place)).removed).toMatchObject({ requests: 59, keys: 59 });
  expect(count(file, 'request_ledger')).toBe(0);
});

test('nothing goes that is young, and nothing at all from a store that keeps everything', async () => {
  const file = newFile();
  const first = await open(file, { firstMs: 3_600_000 });
  await first.system.stop();
  fill(file, 10, Date.now() - 29 * dayMs);
  const place = await open(file, quick);
  // The list that belongs to nobody is older than that.
  expect((await swept(place)).removed).toEqual({ keys: 0, orphans: 1 });
  expect(count(file, 'requests')).toBe(10);
});

test('a sweep that is cut off between the files is taken up by the next', async () => {
  const file = newFile();
  const first = await open(file, { firstMs: 3_600_000 });
  await first.system.stop();
  fill(file, 50, Date.now() - 31 * dayMs);
  const cut = await open(file, { ...quick, pauseMs: 3_600_000 });
  // One look, then it waits: the removal is asked for by hand, as if the process ended right behind it.
  const beforeWallMs = Date.now() - 30 * dayMs;
  const requestIds = Array.from({ length: 49 }, (_, n) => `r${n + 1}`);
  const purge = { type: 'purge_requests', requestIds, beforeWallMs } as const;
  expect(dbAnswer(await cut.system.ask(names.core, purge, deadline))).toMatchObject({ ok: true });
  await cut.system.stop();
  expect(count(tradesFileOf(file), 'trade_lists')).toBe(51);
  const place = await open(file, quick);
  await swept(place);
  expect(count(tradesFileOf(file), 'trade_lists')).toBe(1);
});
