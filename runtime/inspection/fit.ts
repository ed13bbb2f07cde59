import { replLimits } from '../../protocols/repl.js';
import type { Listed } from '../../protocols/repl-answers.js';

/** As many rows as the answer has room for; the rest is counted, so that nobody takes a part for the whole. */
export function fit<Row>(rows: readonly Row[], leftOut = 0): Listed<Row> {
  let bytes = 0;
  let taken = 0;
  for (const row of rows) {
    bytes += Buffer.byteLength(JSON.stringify(row)) + 1;
    if (bytes > replLimits.answerBytesMax) break;
    taken++;
  }
  return { rows: rows.slice(0, taken), leftOut: leftOut + rows.length - taken };
}

/** Whether a path is that place, or lies below it. */
export const isWithin = (path: string, place: string | undefined): boolean =>
  place === undefined || path === place || path.startsWith(`${place}/`);
