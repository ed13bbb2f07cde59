/**
 * What is said to the pair overlay. It only ever makes a lot smaller and tags it; a caller that gets no good answer
 * trades its lot unchanged.
 */
import type { DbAnswer } from './db-answer.js';
import type { ActivePair, PairOverview } from './db-pairs.js';
import { name } from './name.js';
import type { Replies } from './name.js';
import type { WorkerPoolMsg } from './workers.js';

/** What came of a refresh. `unchanged`: nothing has changed since the newest one, which stands. */
export interface RefreshOutcome {
  readonly disposition: 'recorded' | 'unchanged';
  readonly refreshId: string;
  /** Pairs whose correlation was computed. */
  readonly evaluated: number;
  /** Pairs that are active by it. */
  readonly active: number;
  /** Why nothing is active; null when something is. */
  readonly explanation: string | null;
}

export type RefreshPhase = 'idle' | 'reading' | 'legs' | 'pairs' | 'gates' | 'recording';

export interface RefreshProgress {
  readonly phase: RefreshPhase;
  /** Slices of the phase's work. */
  readonly done: number;
  readonly total: number;
  /** Refreshes since the start of this incarnation. */
  readonly runs: number;
  readonly failures: number;
  /** The last failure's text; null when the last run succeeded. */
  readonly lastFailure: string | null;
}

export type RefresherMsg =
  /**
   * Refreshes the pairs and answers when that is done, which may take minutes: ask with a long deadline, or ask again.
   * What is asked while one runs is answered by the next one, because the one that runs may have missed what changed.
   */
  | ({
      readonly type: 'refresh';
      /** Of this refresh and all later ones. @defaultValue the one before, at first that of the configuration */
      readonly mode?: 'strict' | 'compatible';
    } & Replies<DbAnswer<RefreshOutcome>>)
  | ({ readonly type: 'refresh_progress' } & Replies<RefreshProgress>)
  /** Ends the one that runs, with nothing stored. Answers whether one ran. */
  | ({ readonly type: 'cancel_refresh' } & Replies<boolean>);

export interface PairStanding extends PairOverview {
  /** When it was read. */
  readonly asOfWallMs: number;
}

export type ActivationMsg =
  /** Reads the active pairs anew, now instead of at the next look. */
  | { readonly type: 'reload' }
  /** What was last read; null while nothing could be. */
  | ({ readonly type: 'pair_standing' } & Replies<PairStanding | null>);

/** Why the overlay leaves a lot as it is, though it cannot say that the strategy is in no pair. */
export type LedgerBypass = 'not_a_lot' | 'not_loaded' | 'stale' | 'ledger_full';

/**
 * `pairId` null: the lot is what was asked for, because the strategy is in no active pair or for the reason `bypass`.
 * Else the trade is tagged with it; a lot of 0 says that the pair's budget is used up.
 */
export interface LotGrant {
  readonly lot: number;
  readonly pairId: string | null;
  readonly bypass: LedgerBypass | null;
}

/** What one active pair has out. */
export interface PairLedger {
  readonly pairId: string;
  readonly usedLots: number;
  readonly grants: number;
}

export type LotLedgerMsg =
  /** `callId` names the call: released by it, twice is once. */
  | ({
      readonly type: 'lot';
      readonly callId: string;
      readonly strategyId: string;
      readonly symbol: string;
      readonly lot: number;
      /** How long the answer may be held for the other leg's signal. */
      readonly holdMsMax: number;
    } & Replies<LotGrant>)
  /** The trade is closed, or its caller did not wait for the answer. */
  | { readonly type: 'release'; readonly callId: string }
  | { readonly type: 'active_pairs_are'; readonly pairs: readonly ActivePair[] }
  | ({ readonly type: 'ledgers' } & Replies<readonly PairLedger[]>);

export const names = {
  refresher: name<RefresherMsg>('pair-overlay/refresher'),
  activation: name<ActivationMsg>('pair-overlay/activation'),
  lotLedger: name<LotLedgerMsg>('pair-overlay/lot-ledger'),
  evaluators: name<WorkerPoolMsg>('pair-overlay/evaluators'),
} as const;
