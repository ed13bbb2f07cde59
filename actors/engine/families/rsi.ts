import type { Candles } from '../../../protocols/candles/index.js';
import { signal, type Family, type FamilyPeriods } from './family.js';

/** Shorter periods are computed with this one. */
const periodMin = 7;

/** Relative strength over plain averages, entered when it comes back out of the zones below 30 and above 70. */
export const rsi: Family = {
  minBars: ({ short }) => short + 5,

  signals(bars: Candles, { short }: FamilyPeriods, from: number): Uint8Array {
    const period = Math.max(short, periodMin);
    const found = new Uint8Array(bars.length);
    // A bar whose own value or the one before is undefined says nothing at all, not even an exit.
    const first = Math.max(from, period + 2);
    let before = strengthBefore(bars.close, first - 1, period);
    for (let at = first; at < bars.length; at += 1) {
      const strength = strengthBefore(bars.close, at, period);
      let bits = 0;
      if (before < 30 && strength >= 30) bits |= signal.buy;
      if (before > 70 && strength <= 70) bits |= signal.sell;
      if (strength > 70) bits |= signal.exitLong;
      if (strength < 30) bits |= signal.exitShort;
      found[at] = bits;
      before = strength;
    }
    return found;
  },
};

/** Strength over the `period` changes that end with the close before `at`; wants at >= period + 1. */
function strengthBefore(close: Float64Array, at: number, period: number): number {
  let gains = 0;
  let losses = 0;
  let previous = close[at - period - 1] ?? NaN;
  for (let from = at - period; from < at; from += 1) {
    const value = close[from] ?? NaN;
    const change = value - previous;
    if (change > 0) gains += change;
    else losses += -change;
    previous = value;
  }
  const loss = losses / period;
  return loss === 0 ? 100 : 100 - 100 / (1 + gains / period / loss);
}
