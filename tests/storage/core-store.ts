/** The core file's verbs on real SQLite, with rows made short. */
import type { Connection } from '../../storage/database.js';
import { openDatabase } from '../../storage/database.js';
import { schemas, type StoreKind } from '../../storage/migrations/index.js';
import { migrate } from '../../storage/migrations/run.js';
import { rowsOf, type Statement, type Verb } from '../../storage/statement.js';
import { insertBoot } from '../../storage/tables/boots.js';
import type { AttemptFailure } from '../../storage/tables/failures.js';
import type { NewRequest } from '../../storage/tables/requests.js';
import type { NewResult } from '../../storage/tables/results.js';
import { insertStrategy, type StrategyRow } from '../../storage/tables/strategies.js';
import { inProcessWriter } from '../../storage/writer/in-process.js';

export class Store {
  readonly connection: Connection;
  readonly #writer;

  constructor(kind: StoreKind, file = ':memory:') {
    this.connection = openDatabase(file).connection;
    migrate(this.connection, schemas[kind], file);
    this.#writer = inProcessWriter(this.connection);
  }

  /** For what must succeed. */
  run<T>(verb: Verb<T>): T {
    const outcome = this.#writer.run(verb);
    if (!outcome.ok) throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
    return outcome.value;
  }

  try<T>(verb: Verb<T>) {
    return this.#writer.run(verb);
  }

  do(...statements: Statement[]): void {
    const outcome = this.#writer.commit({ statements });
    if (!outcome.ok) throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
  }

  all<R>(statement: Statement<R>): readonly R[] {
    const outcome = this.#writer.commit({ statements: [statement] });
    if (!outcome.ok) throw new Error(outcome.error.message);
    return rowsOf(statement, outcome.results[0]);
  }

  count(table: string): number {
    return this.connection.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
  }
}

export const strategy = (id: string): StrategyRow => ({
  strategy_id: id,
  name: `name of ${id}`,
  symbol: 'USDJPY',
  timeframe_minutes: 60,
  indicator_type: 'sma',
  logic_json: '{}',
  claimed_rank: null,
  environment: 'test',
  approximated: 0,
  approximations_json: null,
  source: 'test',
  foreign_hash: null,
  imported_wall_ms: 1,
});

/** With strategies `s1` and `s2` and boots `boot-1` and `boot-2`. */
export function coreStore(file?: string): Store {
  const store = new Store('core', file);
  store.run(insertStrategy(strategy('s1')));
  store.run(insertStrategy(strategy('s2')));
  store.do(
    insertBoot({ boot_id: 'boot-1', started_wall_ms: 1, pid: 1 }),
    insertBoot({ boot_id: 'boot-2', started_wall_ms: 2, pid: 2 }),
  );
  return store;
}

export const dayMs = 24 * 60 * 60 * 1_000;

export const request = (id: string, changes: Partial<NewRequest> = {}): NewRequest => ({
  request_id: id,
  idempotency_key: `key of ${id}`,
  kind: 'backtest',
  strategy_id: 's1',
  window_id: null,
  priority: 0,
  payload_version: 1,
  payload_json: '{"a":1}',
  attempts_max: 4,
  due_wall_ms: 1_000,
  submitted_wall_ms: 1_000,
  expires_wall_ms: 1_000 + dayMs,
  ...changes,
});

export const result = (
  attemptId: string,
  appliedWallMs: number,
  changes: Partial<NewResult> = {},
): NewResult => ({
  attempt_id: attemptId,
  trades: 3,
  wins: 2,
  losses: 1,
  pnl: 1.5,
  sharpe: 0.4,
  sortino: null,
  max_drawdown: 0.01,
  win_rate: 66.7,
  profit_factor: 2,
  adjusted_sharpe: 0.3,
  sharpe_ci_lower: null,
  raw_json: '{}',
  first_s: 0,
  last_s: 3_600,
  bars: 2,
  data_hash: 'hash',
  trades_count: null,
  trades_hash: null,
  applied_wall_ms: appliedWallMs,
  ...changes,
});

export const failure = (attemptId: string, changes: Partial<AttemptFailure> = {}): AttemptFailure => ({
  attemptId,
  code: 'engine_died',
  message: 'the engine died',
  retryable: true,
  taken: true,
  answered: true,
  wallMs: 2_000,
  dueWallMs: 7_000,
  summaryJson: '{}',
  ...changes,
});
