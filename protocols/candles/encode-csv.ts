import type { Candles } from './candles.js';
import { canonicalHeader } from './header.js';

/** Rows per string: joined pieces stay small, and no file needs one string of its whole size. */
const rowsPerChunk = 16_384;

/**
 * Writes the bars from `from` up to but not including `to` as a canonical candle CSV: numbers in their shortest form that reads
 * back as the same double, so every reader, by name or by position, sees the values that were parsed.
 */
export function encodeCandleCsv(candles: Candles, from = 0, to = candles.length): Uint8Array {
  const chunks = [Buffer.from(`${canonicalHeader}\n`)];
  for (let start = from; start < to; start += rowsPerChunk) {
    let text = '';
    for (let at = start; at < Math.min(start + rowsPerChunk, to); at += 1) text += rowText(candles, at);
    chunks.push(Buffer.from(text));
  }
  return Buffer.concat(chunks);
}

function rowText({ timeS, open, high, low, close, volume }: Candles, at: number): string {
  return `${timeS[at] ?? NaN},${open[at] ?? NaN},${high[at] ?? NaN},${low[at] ?? NaN},${close[at] ?? NaN},${volume[at] ?? NaN}\n`;
}
