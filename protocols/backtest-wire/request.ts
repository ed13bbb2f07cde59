/** Ask for one backtest; what a Brain sends to port 5580 and Guardian reads from its standard input. */
export interface BacktestRequest {
  /** Comes back with the result; a line without quotes and backslashes. */
  readonly requestId: string;
  readonly strategy: WireStrategy;
  readonly symbol?: string | undefined;
  /** Width of the bars to test on; up to 1 means the candles as they are. */
  readonly timeframeMinutes: number;
  /** Wins over `candles` when both are there. */
  readonly candlesFile?: string | undefined;
  readonly candles?: WireCandles | undefined;
  readonly swapHistory?: readonly SwapRecord[] | undefined;
  readonly includeTrades: boolean;
  readonly dataId?: string | undefined;
  /** Unix seconds. Guardian reads these two and ignores them. */
  readonly startTimeS?: number | undefined;
  readonly endTimeS?: number | undefined;
  readonly phase?: string | undefined;
  readonly rangeId?: string | undefined;
}

/** The parameters of a strategy in Guardian's words. `sl` and `tp` are price distances, not pips. */
export interface WireStrategy {
  readonly name: string;
  readonly smaShort: number;
  readonly smaLong: number;
  readonly sl: number;
  readonly tp: number;
  /** Lots; without influence on the figures. */
  readonly volume: number;
  /** Lower case. Any word: whether it is a known family is the engine's business. */
  readonly indicatorType: string;
  readonly filterEnabled?: boolean | undefined;
  readonly filterTf?: string | undefined;
  readonly filterPeriod?: number | undefined;
  readonly filterLogic?: string | undefined;
  readonly bandMult?: number | undefined;
  readonly atrPeriod?: number | undefined;
  readonly atrBarrierSl?: number | undefined;
  readonly atrBarrierTp?: number | undefined;
}

/** Inline bars as columns of one length, in the order sent. */
export interface WireCandles {
  /** Seconds, whole; Unix time, or since 1900 when they come from a Brain's memory. */
  readonly timestampS: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
}

/** Swap per night from `fromS` on, in price units. */
export interface SwapRecord {
  readonly fromS: number;
  readonly long: number;
  readonly short: number;
}

/** What Guardian assumes for a strategy without an indicator type. */
export const defaultIndicatorType = 'sma';

/** What Swimmy's sanitiser puts where a strategy has no volume. */
export const defaultVolume = 0.01;
