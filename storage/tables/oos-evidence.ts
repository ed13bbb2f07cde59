/** What a verdict is drawn from: the requests of a list with what they came to. */
import type { Statement } from '../statement.js';
import { define, listRows } from '../statement.js';
import { core } from './core-tables.js';
import type { RequestKind, RequestState } from './requests.js';

export interface EvidenceRow {
  readonly request_id: string;
  readonly kind: RequestKind;
  readonly strategy_id: string;
  readonly state: RequestState;
  readonly failure_code: string | null;
  readonly window_id: string | null;
  /** Null for a request that did not succeed, and so is all that follows. */
  readonly attempt_id: string | null;
  readonly trades: number | null;
  readonly pnl: number | null;
  readonly sharpe: number | null;
  readonly max_drawdown: number | null;
  /** Percent, 0 to 100. */
  readonly win_rate: number | null;
  readonly profit_factor: number | null;
  readonly first_s: number | null;
  readonly last_s: number | null;
  readonly bars: number | null;
  readonly data_hash: string | null;
  readonly trades_count: number | null;
}

const evidence = define<{ requestIds: string }, EvidenceRow>('all', (slots) =>
  core
    .selectFrom(listRows(slots('requestIds')).as('wanted'))
    .innerJoin('requests', 'requests.request_id', 'wanted.value')
    .leftJoin('results', 'results.request_id', 'requests.request_id')
    .select([
      'requests.request_id',
      'kind',
      'strategy_id',
      'state',
      'failure_code',
      'window_id',
      'attempt_id',
      'trades',
      'pnl',
      'sharpe',
      'max_drawdown',
      'win_rate',
      'profit_factor',
      'first_s',
      'last_s',
      'bars',
      'data_hash',
      'trades_count',
    ])
    .compile(),
);

/** Ask in pages of some thousands. Unknown ids are left out. */
export const selectEvidence = (requestIds: readonly string[]): Statement<EvidenceRow> =>
  evidence({ requestIds: JSON.stringify(requestIds) });

export interface RequestOfStrategy {
  readonly request_id: string;
  readonly kind: RequestKind;
  readonly state: RequestState;
  readonly failure_code: string | null;
  readonly failure_message: string | null;
  readonly submitted_wall_ms: number;
  readonly terminal_wall_ms: number | null;
  readonly attempts_used: number;
  /** Of the accepted attempt; null, like the rest, for a request that did not succeed. */
  readonly backend: string | null;
  readonly trades: number | null;
  readonly bars: number | null;
  readonly first_s: number | null;
  readonly last_s: number | null;
  readonly data_hash: string | null;
}

/** Newest first. */
export const selectRequestsOfStrategy = define<{ strategyId: string; limit: number }, RequestOfStrategy>(
  'all',
  (slots) =>
    core
      .selectFrom('requests')
      .leftJoin('results', 'results.request_id', 'requests.request_id')
      .leftJoin('attempts', 'attempts.attempt_id', 'requests.accepted_attempt_id')
      .select([
        'requests.request_id',
        'kind',
        'state',
        'requests.failure_code',
        'requests.failure_message',
        'submitted_wall_ms',
        'terminal_wall_ms',
        'attempts_used',
        'backend',
        'trades',
        'bars',
        'first_s',
        'last_s',
        'data_hash',
      ])
      .where('strategy_id', '=', slots('strategyId'))
      .orderBy('seq', 'desc')
      .limit(slots('limit'))
      .compile(),
);
