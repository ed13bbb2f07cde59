/** What the candle gate, out-of-sample validation and ranking ask of the stores. */
import type { Verb } from './db-answer.js';
import type { NewNotification } from './db-notifier.js';
import type { CandleFile, RankOutcome, RankVerdict, RequestKind, RequestState } from './db-rows.js';
import type { StoredStrategy } from './db-views.js';

/** A candle file where it lies, as of a check. `fileId`, size and time of change are its version. */
export interface GateVerdict {
  readonly path: string;
  readonly acceptOutliers: 0 | 1;
  readonly name: string;
  readonly bytes: number | null;
  readonly modifiedWallMs: number | null;
  readonly fileId: string | null;
  readonly verdict: 'accepted' | 'refused';
  readonly reason: string | null;
  readonly message: string | null;
  readonly checkedWallMs: number;
}

export interface OosVerdict {
  readonly verdictId: string;
  readonly strategyId: string;
  /** Null when it could not even be asked for. */
  readonly requestId: string | null;
  readonly outcome: 'passed' | 'failed' | 'not_measured';
  readonly reason: string;
  /** The out-of-sample Sharpe; null when there is none. */
  readonly value: number | null;
  readonly threshold: number;
  readonly trades: number | null;
  readonly engine: string;
  readonly windowId: string | null;
  readonly dataHash: string | null;
  readonly firstS: number | null;
  readonly lastS: number | null;
  readonly bars: number | null;
  readonly decidedWallMs: number;
}

/** A request with what it came to. All from `attemptId` on is null unless it succeeded. */
export interface Evidence {
  readonly requestId: string;
  readonly kind: RequestKind;
  readonly strategyId: string;
  readonly state: RequestState;
  readonly failureCode: string | null;
  readonly windowId: string | null;
  readonly attemptId: string | null;
  readonly trades: number | null;
  /** Sum over all trades, in price units. */
  readonly pnl: number | null;
  readonly sharpe: number | null;
  readonly maxDrawdown: number | null;
  /** Percent, 0 to 100. */
  readonly winRate: number | null;
  readonly profitFactor: number | null;
  readonly firstS: number | null;
  readonly lastS: number | null;
  readonly bars: number | null;
  readonly dataHash: string | null;
  /** Trades of its list in the trades file. */
  readonly tradesCount: number | null;
}

export interface StandingRank {
  readonly strategyId: string;
  readonly rank: string | null;
  readonly version: number;
  readonly verdictId: string;
}

export type OosCoreMsg =
  /** The file's verdict, and what is told of a refusal. */
  | Verb<
      'record_gate_verdict',
      {
        verdict: GateVerdict;
        file: CandleFile | null;
        notification: NewNotification | null;
      },
      null
    >
  | Verb<'record_oos_verdicts', { verdicts: readonly OosVerdict[] }, null>
  /** Ends what these strategies have asked for out of sample besides; answers the ids. */
  | Verb<
      'supersede_oos',
      { kept: readonly { readonly strategyId: string; readonly requestId: string }[]; wallMs: number },
      readonly string[]
    >
  /**
   * `expectedVersion` 0: never ranked before. The notification is written with a change of the rank only, and its id gets
   * the version of the change. `illegal`: no such transition; nothing was stored.
   */
  | Verb<
      'decide_rank',
      {
        verdict: RankVerdict;
        expectedVersion: number;
        decidedBy?: string;
        notification?: NewNotification | null;
        expiresWallMs?: number;
      },
      RankOutcome
    >;

export type OosReaderMsg =
  /** Several strategies may carry one name. */
  | Verb<'strategies_named', { name: string }, readonly StoredStrategy[]>
  /** Unknown ids are left out; ask for some thousands at most. */
  | Verb<'evidence', { requestIds: readonly string[] }, readonly Evidence[]>
  | Verb<'standing_ranks', { strategyIds: readonly string[] }, readonly StandingRank[]>
  | Verb<'oos_verdict_counts', unknown, readonly { outcome: string; reason: string; count: number }[]>
  | Verb<'candle_gate', { limit: number }, readonly GateVerdict[]>;
