/** What the verbs of the stores carry. Unknown is null. Times are wall-clock ms since the epoch, `...S` Unix seconds. */

export type RequestKind = 'backtest' | 'oos' | 'qualification' | 'cpcv';
export type RequestState =
  'queued' | 'leased' | 'succeeded' | 'failed' | 'dead_lettered' | 'expired' | 'cancelled';

/** The first key of its content wins: the same key again attaches, the same key for something else is a conflict. */
export interface NewRequest {
  readonly requestId: string;
  readonly idempotencyKey: string;
  readonly kind: RequestKind;
  readonly strategyId: string;
  readonly windowId: string | null;
  /** Smaller goes first. */
  readonly priority: number;
  readonly payloadVersion: number;
  readonly payloadJson: string;
  readonly attemptsMax: number;
  readonly dueWallMs: number;
  readonly submittedWallMs: number;
  readonly expiresWallMs: number;
}

export interface SubmitOutcome {
  readonly disposition: 'accepted' | 'attached' | 'conflict';
  /** The request that now stands for the key; for `conflict` the one in the way. */
  readonly requestId: string;
  readonly state: RequestState;
  /** Why it failed, when it has. */
  readonly failureCode: string | null;
  /** True: its row and result were removed by retention, and only the ledger remembers what became of it. */
  readonly agedOut: boolean;
}

export interface LeasedRequest {
  readonly attemptId: string;
  readonly number: number;
  readonly requestId: string;
  readonly kind: RequestKind;
  readonly strategyId: string;
  readonly windowId: string | null;
  readonly payloadVersion: number;
  readonly payloadJson: string;
  readonly attemptsUsed: number;
  readonly attemptsMax: number;
  readonly rescues: number;
  readonly submittedWallMs: number;
  readonly expiresWallMs: number;
}

export interface LeaseAnswer {
  readonly leased: readonly LeasedRequest[];
  /** Among what still waits; null when nothing does. */
  readonly nextDueWallMs: number | null;
  readonly nextExpiryWallMs: number | null;
}

/** `queued` again, or `dead_lettered` as `crash_loop`. */
export interface Returned {
  readonly requestId: string;
  readonly state: RequestState;
  readonly rescues: number;
}

export interface AttemptStanding {
  readonly requestId: string;
  readonly requestState: RequestState;
  readonly attemptsUsed: number;
  /** Null while it is open. */
  readonly outcome: 'succeeded' | 'failed' | 'abandoned' | 'late' | null;
}

/** Figures that were not measured are null; the wire's own numbers are in `rawJson`. */
export interface NewResult {
  readonly attemptId: string;
  readonly trades: number | null;
  readonly wins: number | null;
  readonly losses: number | null;
  readonly pnl: number | null;
  readonly sharpe: number | null;
  readonly sortino: number | null;
  readonly maxDrawdown: number | null;
  /** Percent, 0 to 100. */
  readonly winRate: number | null;
  readonly profitFactor: number | null;
  readonly adjustedSharpe: number | null;
  readonly sharpeCiLower: number | null;
  readonly rawJson: string;
  readonly firstS: number | null;
  readonly lastS: number | null;
  readonly bars: number | null;
  readonly dataHash: string | null;
  /** The list in the trades file, when one came with the answer. */
  readonly tradesCount: number | null;
  readonly tradesHash: string | null;
  readonly appliedWallMs: number;
}

export interface SuccessOutcome {
  /** `failed`: it is of other bars than were asked for. */
  readonly disposition: 'applied' | 'failed' | 'late' | 'duplicate' | 'unknown_attempt';
  readonly requestId: string | null;
}

export interface AttemptFailure {
  readonly attemptId: string;
  readonly code: string;
  readonly message: string;
  /** False for what a second try cannot change. */
  readonly retryable: boolean;
  /** Whether a live backend had taken it: only then is an attempt used up. */
  readonly taken: boolean;
  /** True when a backend said so, false when we decided it. */
  readonly answered: boolean;
  readonly wallMs: number;
  /** When to try again, if it is tried again. */
  readonly dueWallMs: number;
  readonly summaryJson: string;
}

/** `requeued`, `failed` and `dead_lettered` settle the attempt; `late`, `stale`, `duplicate` found it settled. */
export interface FailureOutcome {
  readonly disposition:
    'requeued' | 'failed' | 'dead_lettered' | 'late' | 'stale' | 'duplicate' | 'unknown_attempt';
  readonly requestId: string | null;
  readonly attemptsUsed: number | null;
}

export interface DispatchSetting {
  readonly key: string;
  readonly valueJson: string;
}

export interface Strategy {
  /** Hash of the normalised logic: the same logic again is the same strategy. */
  readonly strategyId: string;
  readonly name: string;
  readonly symbol: string | null;
  readonly timeframeMinutes: number | null;
  readonly indicatorType: string | null;
  readonly logicJson: string;
  /** What the source says; evidence of nothing. */
  readonly claimedRank: string | null;
  readonly environment: 'production' | 'test';
  /** 1 when the wire cannot express all of its logic. */
  readonly approximated: 0 | 1;
  readonly approximationsJson: string | null;
  readonly source: string;
  readonly foreignHash: string | null;
  readonly importedWallMs: number;
}

/** One source record. Without a strategy it is quarantined; else the store says whether it was the first of its logic. */
export interface ImportedRecord {
  /** Hash of the record's content. */
  readonly recordId: string;
  readonly strategy: Strategy | null;
  readonly name: string | null;
  readonly source: string;
  readonly anomaliesJson: string | null;
  readonly importedWallMs: number;
}

export type RecordDisposition = 'imported' | 'attached' | 'quarantined';

export interface CandleFile {
  /** SHA-256 of the file. */
  readonly fileId: string;
  readonly name: string;
  readonly symbol: string | null;
  readonly timeframeMinutes: number | null;
  readonly verdict: 'accepted' | 'refused';
  readonly reason: string | null;
  readonly message: string | null;
  /** The row that decided a refusal. */
  readonly row: number | null;
  readonly rows: number | null;
  readonly firstS: number | null;
  readonly lastS: number | null;
  readonly stepS: number | null;
  readonly warningsJson: string | null;
  readonly checkedWallMs: number;
}

export interface CandleWindow {
  /** SHA-256 of the window's file. */
  readonly windowId: string;
  readonly sourceFileId: string;
  readonly kind: 'in_sample' | 'oos';
  readonly symbol: string;
  readonly stepS: number;
  readonly firstS: number;
  readonly lastS: number;
  readonly rows: number;
  readonly path: string;
}

export interface RankVerdict {
  readonly verdictId: string;
  readonly strategyId: string;
  readonly rankBefore: string | null;
  readonly rankAfter: string | null;
  readonly reason: string;
  readonly policyName: string;
  readonly policyVersion: number;
  readonly thresholdsJson: string;
  readonly evidenceJson: string;
  readonly decidedWallMs: number;
}

export interface RankOutcome {
  /** `conflict`: the rank changed since it was judged, judge again. `illegal`: not a transition. Nothing was stored. */
  readonly disposition: 'changed' | 'duplicate' | 'conflict' | 'illegal';
  readonly current: { readonly rank: string | null; readonly version: number } | null;
}
