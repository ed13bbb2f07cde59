/**
 * Price bars by column, oldest first, so that a million of them cost six flat arrays and no objects.
 * `timeS` is the bar's opening in unix seconds; prices are in the quote's own unit.
 */
export interface Candles {
  readonly length: number;
  readonly timeS: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
}

/** Bytes that one bar takes in memory: six doubles. */
export const candleBytes = 48;

/** Room for `length` bars, all zero; the arrays are the caller's to fill. */
export function allocateCandles(length: number): Candles {
  const column = (): Float64Array => new Float64Array(length);
  return {
    length,
    timeS: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
  };
}

/** The bars from `from` up to but not including `to`, over the same memory. */
export function viewCandles(candles: Candles, from: number, to: number): Candles {
  const timeS = candles.timeS.subarray(from, to);
  return {
    length: timeS.length,
    timeS,
    open: candles.open.subarray(from, to),
    high: candles.high.subarray(from, to),
    low: candles.low.subarray(from, to),
    close: candles.close.subarray(from, to),
    volume: candles.volume.subarray(from, to),
  };
}
