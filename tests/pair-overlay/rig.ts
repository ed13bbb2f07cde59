/** Strategies with trades in real files, and the overlay on real threads over them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach } from '@jest/globals';
import { storageThreads } from '../../actors/db-writes/storage-threads.js';
import type { WorkerPortFactory } from '../../actors/workers/port.js';
import { dbAnswer } from '../../protocols/db-writes.js';
import type { DbAnswer } from '../../protocols/db-writes.js';
import { names } from '../../protocols/pair-overlay.js';
import type { RefreshOutcome } from '../../protocols/pair-overlay.js';
import { nactHost, supervisor, System } from '../../runtime/index.js';
import { nodeCapabilities } from '../../runtime/node/capabilities.js';
import { workerThread } from '../../runtime/node/worker-thread.js';
import { openDatabase } from '../../storage/database.js';
import type { Connection } from '../../storage/database.js';
import { schemas } from '../../storage/migrations/index.js';
import { migrate } from '../../storage/migrations/run.js';
import { tradesHash } from '../../storage/trades-hash.js';
import { dbWrites } from '../../supervisors/db-writes.js';
import { pairOverlay } from '../../supervisors/pair-overlay.js';
import type { PairOverlayOptions } from '../../supervisors/pair-overlay.js';
import type { Trade } from './trades.js';

const dist = (file: string): string => path.resolve('dist', file);

const folders: string[] = [];
const systems: System[] = [];
afterEach(async () => {
  await Promise.all(systems.splice(0).map((system) => system.stop()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** For files that outlive one test: their folder is its maker's to remove. */
export function keep(file: string): string {
  folders.splice(0, folders.length, ...folders.filter((folder) => folder !== path.dirname(file)));
  return file;
}

export interface GivenStrategy {
  readonly id: string;
  readonly name?: string;
  /** Null: the record names none. */
  readonly symbol?: string | null;
  readonly timeframeMinutes?: number;
  readonly rank?: string | null;
  readonly sharpe?: number;
  /** By kind, oldest request first. */
  readonly lists: readonly {
    readonly kind: 'backtest' | 'oos' | 'cpcv';
    readonly trades: readonly Trade[];
  }[];
}

/** Both files, filled before anybody serves them. */
export class Files {
  readonly core: string;
  readonly #core: Connection;
  readonly #trades: Connection;
  #seq = 0;

  constructor() {
    const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-pairs-'));
    folders.push(folder);
    this.core = path.join(folder, 'core.db');
    this.#core = openDatabase(this.core).connection;
    this.#trades = openDatabase(`${this.core}.trades`).connection;
    migrate(this.#core, schemas.core, this.core);
    migrate(this.#trades, schemas.trades, `${this.core}.trades`);
    for (const file of [this.#core, this.#trades]) file.pragma('synchronous = off');
    this.#core.prepare(`INSERT INTO boots VALUES ('boot', 1, 1)`).run();
  }

  get connection(): Connection {
    return this.#core;
  }

  add(strategies: readonly GivenStrategy[]): void {
    this.#core.transaction(() =>
      this.#trades.transaction(() => strategies.forEach((one) => this.#add(one)))(),
    )();
  }

  rank(strategyId: string, rank: string | null): void {
    this.#seq += 1;
    this.#core
      .prepare(
        `INSERT INTO ranks VALUES (?, ?, 1, ?) ON CONFLICT (strategy_id)
         DO UPDATE SET rank = excluded.rank, version = version + 1, verdict_id = excluded.verdict_id`,
      )
      .run(strategyId, rank, `verdict-${this.#seq}`);
  }

  close(): void {
    this.#core.close();
    this.#trades.close();
  }

  #add({
    id,
    name = id,
    symbol = 'USDJPY',
    timeframeMinutes = 60,
    rank = 'A',
    sharpe = 1,
    lists,
  }: GivenStrategy) {
    this.#core
      .prepare(
        `INSERT INTO strategies VALUES (?, ?, ?, ?, 'sma', '{}', NULL, 'production', 0, NULL, 'test', NULL, 1)`,
      )
      .run(id, name, symbol, timeframeMinutes);
    if (rank !== null) this.rank(id, rank);
    for (const { kind, trades } of lists) this.#list(id, kind, trades, sharpe);
  }

  #list(strategyId: string, kind: string, trades: readonly Trade[], sharpe: number): void {
    this.#seq += 1;
    const [requestId, attemptId] = [`request-${this.#seq}`, `attempt-${this.#seq}`];
    const exitS = Float64Array.from(trades, ([timeS]) => timeS);
    const pnl = Float64Array.from(trades, ([, value]) => value);
    const hash = tradesHash(exitS, pnl);
    this.#core
      .prepare(
        `INSERT INTO requests (request_id, idempotency_key, kind, strategy_id, priority, payload_version, payload_json,
           state, attempts_used, attempts_max, due_wall_ms, submitted_wall_ms, expires_wall_ms, terminal_wall_ms,
           accepted_attempt_id)
         VALUES (?, ?, ?, ?, 1, 1, '{}', 'succeeded', 1, 4, 1, 1, 2, 2, ?)`,
      )
      .run(requestId, requestId, kind, strategyId, attemptId);
    this.#core
      .prepare(
        `INSERT INTO attempts (attempt_id, request_id, number, boot_id, backend, leased_wall_ms, ended_wall_ms, outcome)
         VALUES (?, ?, 1, 'boot', 'embedded', 1, 2, 'succeeded')`,
      )
      .run(attemptId, requestId);
    this.#core
      .prepare(
        `INSERT INTO results (request_id, attempt_id, trades, sharpe, profit_factor, raw_json, trades_count, trades_hash,
           applied_wall_ms) VALUES (?, ?, ?, ?, 1.5, '{}', ?, ?, 2)`,
      )
      .run(requestId, attemptId, trades.length, sharpe, trades.length, hash);
    const list = this.#trades
      .prepare(
        `INSERT INTO trade_lists (attempt_id, request_id, count, sha256, received_wall_ms) VALUES (?, NULL, ?, ?, 1)`,
      )
      .run(attemptId, trades.length, hash);
    const insert = this.#trades.prepare('INSERT INTO trades VALUES (?, ?, ?, ?)');
    for (const [seq, [timeS, value]] of trades.entries()) insert.run(list.lastInsertRowid, seq, timeS, value);
  }
}

let hosts = 0;

export const evaluatorOn = (core: string): WorkerPortFactory =>
  workerThread({
    entry: dist('runtime/node/pair-worker.js'),
    data: { file: `${core}.trades` },
    name: 'pair evaluator',
  });

export async function startOverlay(core: string, options: Partial<PairOverlayOptions> = {}): Promise<System> {
  const host = nactHost(`pairs-${++hosts}`, nodeCapabilities);
  const threads = storageThreads({
    file: core,
    writerEntry: dist('storage/writer/thread.js'),
    readerEntry: dist('storage/reader/thread.js'),
  });
  const tree = supervisor('root', { strategy: 'one_for_one', intensity: 3, periodMs: 10_000 }, [
    dbWrites(threads),
    pairOverlay({ evaluator: evaluatorOn(core), ...options }),
  ]);
  const system = await System.start(tree, { host });
  systems.push(system);
  return system;
}

export const refresh = async (system: System): Promise<DbAnswer<RefreshOutcome>> =>
  dbAnswer(await system.ask(names.refresher, { type: 'refresh' }, { deadlineMs: 60_000 }));

/** For what must succeed. */
export async function refreshed(system: System): Promise<RefreshOutcome> {
  const answer = await refresh(system);
  if (!answer.ok) throw new Error(`${answer.code}: ${answer.message}`);
  return answer.value;
}
