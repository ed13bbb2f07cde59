import { allocateCandles, viewCandles, type Candles } from '../../protocols/candles/index.js';

/**
 * Bars of a coarser timeframe: first open, highest high, lowest low, last close, summed volume, stamped with the
 * multiple of the timeframe since 1970 that they fall into. So weeks begin on Thursdays, and the first and last bar may be partial.
 * A base that is already coarser passes through, each bar its own bucket.
 * @param timeframeMinutes taken modulo 2^32, as Guardian casts it; 0 and 1 give the base back
 */
export function resample(base: Candles, timeframeMinutes: number): Candles {
  const minutes = timeframeMinutes >>> 0;
  if (minutes <= 1) return base;
  const bucketSeconds = minutes * 60;
  const made = allocateCandles(bucketCount(base, bucketSeconds));
  let bar = -1;
  let bucket = NaN;
  for (let at = 0; at < base.length; at += 1) {
    const own = bucketOf(base, at, bucketSeconds);
    if (own === bucket) {
      made.high[bar] = Math.max(made.high[bar] ?? NaN, base.high[at] ?? NaN);
      made.low[bar] = Math.min(made.low[bar] ?? NaN, base.low[at] ?? NaN);
      made.volume[bar] = (made.volume[bar] ?? NaN) + (base.volume[at] ?? NaN);
    } else {
      bucket = own;
      bar += 1;
      made.timeS[bar] = own;
      made.open[bar] = base.open[at] ?? NaN;
      made.high[bar] = base.high[at] ?? NaN;
      made.low[bar] = base.low[at] ?? NaN;
      made.volume[bar] = base.volume[at] ?? NaN;
    }
    made.close[bar] = base.close[at] ?? NaN;
  }
  return viewCandles(made, 0, bar + 1);
}

const bucketOf = (base: Candles, at: number, seconds: number): number =>
  Math.trunc((base.timeS[at] ?? NaN) / seconds) * seconds;

function bucketCount(base: Candles, seconds: number): number {
  let count = 0;
  let bucket = NaN;
  for (let at = 0; at < base.length; at += 1) {
    const own = bucketOf(base, at, seconds);
    if (own !== bucket) count += 1;
    bucket = own;
  }
  return count;
}
