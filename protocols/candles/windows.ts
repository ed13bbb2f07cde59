import type { Candles } from './candles.js';
import { daySeconds } from './row-laws.js';

/** A run of bars of one file, as it is cut, sent and recorded. */
export interface CandleWindow {
  readonly fromIndex: number;
  /** First index behind the window. */
  readonly toIndex: number;
  /** Openings of its first and last bar, unix seconds; null when it has none. */
  readonly firstS: number | null;
  readonly lastS: number | null;
  readonly rows: number;
}

export interface WindowRule {
  /** Longest out-of-sample window, days. @defaultValue 180 */
  readonly oosDays?: number;
  /** Its largest share of the time from first to last bar. @defaultValue 0.30 */
  readonly oosShareMax?: number;
}

export const windowDefaults = { oosDays: 180, oosShareMax: 0.3 } as const;

/**
 * Splits a file into in-sample and out-of-sample: the newest `oosDays`, or the newest `oosShareMax` of the span if
 * that is shorter, are out-of-sample; all before is in-sample. Every bar is in exactly one of the two.
 */
export function cutWindows(
  candles: Candles,
  rule: WindowRule = {},
): { readonly inSample: CandleWindow; readonly outOfSample: CandleWindow } {
  const { oosDays, oosShareMax } = { ...windowDefaults, ...rule };
  const firstS = candles.timeS[0] ?? 0;
  const lastS = candles.timeS[candles.length - 1] ?? 0;
  const cutS = lastS - Math.min(oosDays * daySeconds, oosShareMax * (lastS - firstS));
  // Strictly after the cut: 180 daily bars are 180 days, for the last one also fills its own day.
  const split = firstAfter(candles.timeS, cutS);
  return { inSample: cut(candles, 0, split), outOfSample: cut(candles, split, candles.length) };
}

function cut(candles: Candles, fromIndex: number, toIndex: number): CandleWindow {
  const rows = toIndex - fromIndex;
  const firstS = rows > 0 ? (candles.timeS[fromIndex] ?? null) : null;
  const lastS = rows > 0 ? (candles.timeS[toIndex - 1] ?? null) : null;
  return { fromIndex, toIndex, firstS, lastS, rows };
}

/** Index of the first bar that opens after `timeS`; the length when none does. */
function firstAfter(ascending: Float64Array, timeS: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? Infinity) > timeS) high = middle;
    else low = middle + 1;
  }
  return low;
}
