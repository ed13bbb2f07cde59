import type { Candles } from '../../../protocols/candles/index.js';
import { crossDown, crossUp, type Family, type FamilyPeriods } from './family.js';

/** Two simple averages that cross. Also `ema`, which Guardian computes with simple averages. */
export const sma: Family = {
  minBars: ({ short, long }) => Math.max(short, long) + 2,

  signals(bars: Candles, { short, long }: FamilyPeriods, from: number): Uint8Array {
    const found = new Uint8Array(bars.length);
    let fastBefore = meanBefore(bars.close, from - 1, short);
    let slowBefore = meanBefore(bars.close, from - 1, long);
    for (let at = from; at < bars.length; at += 1) {
      const fast = meanBefore(bars.close, at, short);
      const slow = meanBefore(bars.close, at, long);
      if (fastBefore < slowBefore && fast > slow) found[at] = crossUp;
      else if (fastBefore > slowBefore && fast < slow) found[at] = crossDown;
      fastBefore = fast;
      slowBefore = slow;
    }
    return found;
  },
};

/**
 * Mean of the `period` values before `at`. Summed afresh for every bar: a rolling sum would be faster and differ in
 * the last digits, and a crossing can hang on those. A period of 0 gives NaN, and NaN crosses nothing.
 */
function meanBefore(values: Float64Array, at: number, period: number): number {
  let sum = 0;
  for (let from = at - period; from < at; from += 1) sum += values[from] ?? NaN;
  return sum / period;
}
