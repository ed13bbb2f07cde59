import type { Candles } from '../../protocols/candles/index.js';

/**
 * Average true range of the `period` bars before `at`.
 * @returns 0 when it has no value: a period of 0, or fewer than period + 1 bars before
 */
export function atrBefore({ high, low, close }: Candles, at: number, period: number): number {
  if (period <= 0 || at < period + 1) return 0;
  let sum = 0;
  for (let bar = at - period; bar < at; bar += 1) {
    const top = high[bar] ?? NaN;
    const bottom = low[bar] ?? NaN;
    const before = close[bar - 1] ?? NaN;
    sum += Math.max(top - bottom, Math.abs(top - before), Math.abs(bottom - before));
  }
  return sum / period;
}
