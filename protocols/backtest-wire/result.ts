/**
 * What came of a backtest request: figures, or a coded failure and never both. An answer that says `error` anywhere, or
 * that has no trade count, is a failure, whatever numbers it carries: Swimmy's own reply to a missing binary says
 * Sharpe 0.
 */
export type BacktestResult = BacktestOk | BacktestFailed;

export interface BacktestOk {
  readonly kind: 'ok';
  /** Null when Guardian itself answered: its lines are matched by their order and `strategyName`. */
  readonly requestId: string | null;
  readonly strategyName: string | null;
  /** What may be reasoned with: null is unknown. */
  readonly figures: ResultFigures;
  /** The numbers as sent, for the record; an infinity is its word. */
  readonly raw: RawFigures;
  /** Null when none were sent, which is not the same as a list without trades. */
  readonly trades: TradeColumns | null;
  /** What our own engine says about the bars that it used; null from others. */
  readonly range: UsedRange | null;
}

export interface BacktestFailed {
  readonly kind: 'failed';
  readonly requestId: string | null;
  readonly strategyName: string | null;
  /** snake_case; `KnownFailureCode` or a foreign engine's own. */
  readonly code: string;
  readonly message: string;
}

/**
 * A figure is null when it is missing, infinite or not a number. Without trades every figure but the count and the sum
 * is null: the wire says 0.0 there, and a strategy that never traded has no Sharpe ratio of zero.
 */
export interface ResultFigures {
  readonly trades: number;
  readonly wins: number | null;
  readonly losses: number | null;
  /** Price units, not money. */
  readonly pnl: number | null;
  readonly sharpe: number | null;
  readonly sortino: number | null;
  /** Fraction of the starting equity of 10,000. */
  readonly maxDrawdown: number | null;
  /** 0 to 100. */
  readonly winRatePercent: number | null;
  /** 0 when there was no losing trade, as Guardian has it. */
  readonly profitFactor: number | null;
  readonly adjustedSharpe: number | null;
  /** A random figure: never compare two of them. */
  readonly sharpeCiLower: number | null;
}

/** The figures in Guardian's order, by their names on the wire. */
export const figureKeys = [
  ['trades', 'trades'],
  ['wins', 'wins'],
  ['losses', 'losses'],
  ['pnl', 'pnl'],
  ['sharpe', 'sharpe'],
  ['sortino', 'sortino'],
  ['max_drawdown', 'maxDrawdown'],
  ['win_rate', 'winRatePercent'],
  ['profit_factor', 'profitFactor'],
  ['adjusted_sharpe', 'adjustedSharpe'],
  ['sharpe_ci_lower', 'sharpeCiLower'],
] as const satisfies readonly (readonly [wire: string, ours: keyof ResultFigures])[];

export type WireFigure = (typeof figureKeys)[number][0];

export type RawFigures = Readonly<Partial<Record<WireFigure, number | string>>>;

/** Closed trades, oldest first; both columns have one entry per trade. Guardian sends the last 500 at most. */
export interface TradeColumns {
  /** Unix seconds of the exit, whole. */
  readonly exitS: Float64Array;
  /** Price units. */
  readonly pnl: Float64Array;
}

/** The bars that a test really used, both ends included. */
export interface UsedRange {
  readonly firstS: number;
  readonly lastS: number;
  readonly bars: number;
  /** Content hash of the candles, in the engine's own notation. */
  readonly dataHash: string;
}
