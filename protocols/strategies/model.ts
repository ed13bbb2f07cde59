import type { WireStrategy } from '../backtest-wire/index.js';
import type { Anomaly, AnomalyCode } from './anomaly.js';

/** A value of a canonical form: what JSON can say, and the same text for the same meaning. */
export type Canonical =
  null | boolean | number | string | readonly Canonical[] | { readonly [key: string]: Canonical };

/** Why the wire, which carries a family and two whole numbers, says less than the record. */
export type Approximation =
  | 'indicators_not_expressible'
  | 'entry_not_expressible'
  | 'exit_not_expressible'
  | 'direction_not_expressible'
  | 'filter_not_expressible';

/** What the source says of the strategy; evidence of nothing, and null where it says nothing. */
export interface Claims {
  /** Upper case, from the record's own field, which Swimmy treats as the truth; null also for NIL. */
  readonly rank: string | null;
  readonly sharpe: number | null;
  readonly profitFactor: number | null;
  /** Fraction. */
  readonly winRate: number | null;
  readonly trades: number | null;
  /** Fraction. */
  readonly maxDrawdown: number | null;
  readonly oosSharpe: number | null;
}

/** `test`: the name says that it is a fixture; it is measured, and never ranked, paired or told to anyone (REQ-63). */
export type Environment = 'production' | 'test';

/** What identifies a strategy: all that decides when it trades, what it risks and on what. No names, no claims. */
export interface StrategyLogic {
  readonly market: {
    /** Null when the record names none: the run chooses, and the record stays what it is. */
    readonly symbol: string | null;
    readonly direction: 'both' | 'long' | 'short';
    readonly timeframeMinutes: number;
  };
  readonly risk: {
    /** Price distances. */
    readonly sl: number;
    readonly tp: number;
    /** Lots as sent, so a default is the same as the same number written out. */
    readonly volume: number;
    readonly atrPeriod: number;
    readonly atrBarrierSl: number;
    readonly atrBarrierTp: number;
  };
  readonly signal: {
    readonly indicatorType: string;
    readonly smaShort: number;
    readonly smaLong: number;
    readonly bandMult: number;
    /** As declared, in the order given; null when the record declares none. */
    readonly indicators: Canonical;
    readonly entry: Canonical;
    readonly exit: Canonical;
    /** Null when off, or when it is on and has nothing to filter by. */
    readonly filter: { readonly tf: string; readonly period: number; readonly logic: string } | null;
  };
}

/** A logic, under the name of the record that stands for it. */
export interface ImportedStrategy {
  /** SHA-256 of the canonical JSON of `logic`, 64 hex digits. */
  readonly strategyId: string;
  readonly name: string;
  readonly symbol: string | null;
  readonly timeframeMinutes: number;
  readonly indicatorType: string;
  readonly logic: StrategyLogic;
  readonly claimedRank: string | null;
  readonly claims: Claims;
  readonly environment: Environment;
  /** Empty when the wire says all that the record says. */
  readonly approximated: readonly Approximation[];
  /** Swimmy's own hash, kept as an attribute. */
  readonly foreignHash: string | null;
  readonly source: string;
  /** What is sent, as Swimmy would send it. */
  readonly wire: WireStrategy;
}

/**
 * `imported`: stands for its logic. `attached`: the logic is there under another record. `quarantined`: no strategy
 * could be made of it.
 */
export type Disposition = 'imported' | 'attached' | 'quarantined';

export interface StrategyRecord {
  /** SHA-256 of the line without the blanks around it; of a line that occurs again, with the count of the occurrence. */
  readonly recordId: string;
  /** Counted from 1. */
  readonly line: number;
  /** Null when none could be read. */
  readonly name: string | null;
  readonly source: string;
  readonly disposition: Disposition;
  /** Null exactly when quarantined. */
  readonly strategyId: string | null;
  readonly anomalies: readonly Anomaly[];
}

/** read = imported + attached + quarantined. */
export interface ImportReport {
  readonly read: number;
  readonly imported: number;
  readonly attached: number;
  readonly quarantined: number;
  /** Of the imported ones, those that the wire cannot say in full. */
  readonly approximated: number;
  /** Records with at least one anomaly of the code. */
  readonly anomalies: Partial<Readonly<Record<AnomalyCode, number>>>;
  readonly approximations: Partial<Readonly<Record<Approximation, number>>>;
}

export interface StrategyImport {
  readonly ok: true;
  readonly records: readonly StrategyRecord[];
  /** In the order of their records. */
  readonly strategies: readonly ImportedStrategy[];
  readonly report: ImportReport;
}

/** The input as a whole is more than we take; nothing of it was imported. */
export interface ImportRefusal {
  readonly ok: false;
  readonly code: 'file_too_large' | 'too_many_lines';
  readonly message: string;
}
