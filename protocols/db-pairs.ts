/** What the pair overlay asks of the stores. */
import type { Verb } from './db-answer.js';
import type { NewNotification } from './db-notifier.js';

/** A strategy of rank A or S, with the accepted requests that its trades came with. */
export interface PairCandidate {
  readonly strategyId: string;
  readonly name: string;
  readonly symbol: string | null;
  /** Of the candles that its newest backtest was made on; null without one. */
  readonly testedSymbol: string | null;
  readonly timeframeMinutes: number | null;
  readonly rank: string;
  /** The verdict that gave it its rank: another one is another input. */
  readonly verdictId: string;
  /** By the engine, of its newest accepted backtest. */
  readonly sharpe: number | null;
  readonly lists: readonly TradeListOf[];
}

/** The trades of one accepted request. */
export interface TradeListOf {
  readonly kind: string;
  readonly attemptId: string;
  /** Null: the answer came without a list. */
  readonly count: number | null;
  readonly hash: string | null;
}

export interface PairRefresh {
  readonly refreshId: string;
  /** Hash of all that was read and of the rules: the same again is the same refresh. */
  readonly inputsHash: string;
  readonly mode: 'strict' | 'compatible';
  readonly rulesJson: string;
  /** Strategies of an eligible rank; those of them in the pool; those of these that are legs. */
  readonly candidates: number;
  readonly pool: number;
  readonly eligible: number;
  /** Strategies of the pool that are no legs, by reason. */
  readonly excludedJson: string;
  /** Pairs whose correlation was computed. */
  readonly tested: number;
  readonly overlapTooSmall: number;
  readonly tooCorrelated: number;
  /** Pairs within the first correlation limit. */
  readonly strict: number;
  /** Of the kept pairs, those taken by the second limit. */
  readonly rescued: number;
  readonly kept: number;
  readonly active: number;
  readonly slots: number;
  readonly emptySlots: number;
  /** Why nothing is active; null when something is. */
  readonly explanation: string | null;
  readonly startedWallMs: number;
  readonly recordedWallMs: number;
  readonly durationMs: number;
}

export interface PairDefinition {
  readonly pairId: string;
  /** Swimmy's id, made of the names; not unique. */
  readonly legacyId: string;
  /** The leg with the smaller name. */
  readonly strategyA: string;
  readonly strategyB: string;
}

export interface PairScore {
  readonly refreshId: string;
  readonly pairId: string;
  /** 1 is the best of the refresh. */
  readonly place: number;
  readonly rescued: 0 | 1;
  readonly correlation: number;
  readonly weightA: number;
  readonly weightB: number;
  readonly points: number;
  readonly overlap: number;
  /** For each point, not annualised. */
  readonly sharpe: number;
  readonly profitFactor: number;
  readonly winRate: number;
  readonly maxDrawdown: number;
  readonly score: number;
  readonly rank: 'S' | 'A' | 'B';
  /** Null: too few trades of that kind. */
  readonly oosSharpe: number | null;
  readonly cpcvSharpe: number | null;
  /** "symbol|minutes". */
  readonly slot: string;
  readonly outcome: 'active' | 'slot_taken' | 'outranked';
  /** The accepted attempts whose trades were looked at. */
  readonly evidenceJson: string;
}

export interface PairSlot {
  readonly refreshId: string;
  readonly slot: string;
  readonly pool: number;
  readonly eligible: number;
  readonly pairId: string | null;
  /** Null: it is not empty. */
  readonly emptySinceWallMs: number | null;
  /** The head of the list in which pairs and single strategies stand for this slot. */
  readonly headJson: string;
}

export interface NewPairRefresh {
  readonly refresh: PairRefresh;
  /** The refresh that this one follows; null for the first. */
  readonly previousId: string | null;
  readonly definitions: readonly PairDefinition[];
  readonly scores: readonly PairScore[];
  readonly slots: readonly PairSlot[];
  readonly wanted: readonly {
    readonly pairId: string;
    readonly slot: string;
    readonly weightA: number;
    readonly weightB: number;
  }[];
  /** The ranks' verdicts, as they were read, of every leg that is to be active. */
  readonly verdicts: readonly { readonly strategyId: string; readonly verdictId: string }[];
  /** Told for each pair of `wanted` that was not active before. */
  readonly started: readonly { readonly pairId: string; readonly notification: NewNotification }[];
  /** What the refresh says as a whole. */
  readonly notice: NewNotification | null;
  readonly expiresWallMs: number;
}

/** `conflict`: another refresh, or a change of a leg's rank, came between; nothing was stored, evaluate again. */
export type PairRefreshDisposition = 'recorded' | 'duplicate' | 'conflict';

export type PairCoreMsg = Verb<'record_pair_refresh', NewPairRefresh, PairRefreshDisposition>;

export interface ActivePair {
  readonly refreshId: string;
  readonly pairId: string;
  readonly legacyId: string;
  readonly strategyA: string;
  readonly strategyB: string;
  readonly nameA: string;
  readonly nameB: string;
  readonly slot: string;
  readonly weightA: number;
  readonly weightB: number;
  readonly fromWallMs: number;
}

export type ScoredPair = PairScore &
  Pick<ActivePair, 'legacyId' | 'strategyA' | 'strategyB' | 'nameA' | 'nameB'>;

/** Where the pairs stand: the newest refresh with what it kept, and what is active now. */
export interface PairOverview {
  /** Null before the first refresh; then the lists are empty. */
  readonly refresh: PairRefresh | null;
  readonly scores: readonly ScoredPair[];
  readonly slots: readonly PairSlot[];
  readonly active: readonly ActivePair[];
}

/** A single strategy or an earlier pair that stands for a slot, in compatible mode. */
export interface PairRival {
  readonly id: string;
  readonly symbol: string | null;
  readonly timeframeMinutes: number | null;
  readonly score: number;
}

/** A pair as an earlier refresh scored it last. */
export interface RivalPair extends PairRival {
  readonly strategyA: string;
  readonly strategyB: string;
  readonly weightA: number;
  readonly weightB: number;
}

export interface PairRivals {
  readonly singles: readonly PairRival[];
  readonly pairs: readonly RivalPair[];
}

export type PairReaderMsg =
  /** A page by id, the first after the empty text; `last` is where the next one begins, null at the end. */
  | Verb<
      'pair_candidates',
      { after: string; limit: number; newestOnly: boolean },
      { readonly candidates: readonly PairCandidate[]; readonly last: string | null }
    >
  | Verb<'pair_rivals', { depth: number }, PairRivals>
  | Verb<'pair_overview', unknown, PairOverview>
  | Verb<'active_pairs', unknown, readonly ActivePair[]>;
