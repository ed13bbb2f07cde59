import type { WireCandles } from '../../protocols/backtest-wire/index.js';
import { contentHash, encodeCandleCsv, type Candles } from '../../protocols/candles/index.js';
import type { CandleLoad } from './candle-store.js';

/**
 * Bars that came inside the request. Less is asked of them than of a file, as Guardian asks less: times may count
 * from 1900, and open, high, low and volume may be 0. They must be finite and in order, or the days would not end.
 */
export function inlineCandles(wire: WireCandles): CandleLoad {
  const { timestampS, open, high, low, close, volume } = wire;
  const candles: Candles = { length: timestampS.length, timeS: timestampS, open, high, low, close, volume };
  const row = faultyRow(candles);
  if (row !== null) {
    const message = `inline candle ${row + 1}: expected finite numbers and a time after the candle before`;
    return { ok: false, code: 'bad_candles', message };
  }
  // Hashed as the file that would hold them, so that one content has one name.
  return { ok: true, candles, contentHash: contentHash(encodeCandleCsv(candles)) };
}

function faultyRow({ length, timeS, open, high, low, close, volume }: Candles): number | null {
  let previousS = -Infinity;
  for (let at = 0; at < length; at += 1) {
    const openingS = timeS[at] ?? NaN;
    const finite = [openingS, open[at], high[at], low[at], close[at], volume[at]].every(Number.isFinite);
    if (!finite || openingS <= previousS) return at;
    previousS = openingS;
  }
  return null;
}
