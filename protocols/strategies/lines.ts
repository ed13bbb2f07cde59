import { Quarantine } from './anomaly.js';
import { sha256 } from './canonical.js';
import type { ImportLimits } from './limits.js';

/** A line that holds something, not decoded yet: one that is not text must not stop the others. */
export interface Line {
  /** Counted from 1, blank lines and comments included. */
  readonly number: number;
  /** Without the blanks around it. */
  readonly bytes: Uint8Array;
}

const newline = 10;
const semicolon = 59;
const isBlank = (byte: number | undefined): boolean => byte === 32 || byte === 9 || byte === 13;

/** Lines of a file in turn; blank ones and those that begin with `;` are no records and are passed over. */
export function* linesOf(bytes: Uint8Array): Generator<Line> {
  let from = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  for (let number = 1; from < bytes.length; number += 1) {
    const found = bytes.indexOf(newline, from);
    const end = found < 0 ? bytes.length : found;
    const line = trim(bytes, from, end);
    if (line.length > 0 && line[0] !== semicolon) yield { number, bytes: line };
    from = end + 1;
  }
}

function trim(bytes: Uint8Array, start: number, stop: number): Uint8Array {
  let from = start;
  let to = stop;
  while (from < to && isBlank(bytes[from])) from += 1;
  while (to > from && isBlank(bytes[to - 1])) to -= 1;
  return bytes.subarray(from, to);
}

/** @throws Quarantine `line_too_long`, `not_utf8` */
export function textOf({ bytes }: Line, { lineCharsMax }: ImportLimits): string {
  // A character is at most three bytes per UTF-16 unit: what is longer need not be decoded to be known as too long.
  if (bytes.length > 3 * lineCharsMax) throw tooLong(`${bytes.length} bytes`, lineCharsMax);
  const text = decoded(bytes);
  if (text.length > lineCharsMax) throw tooLong(`${text.length} characters`, lineCharsMax);
  return text;
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Quarantine('not_utf8', 'bytes that are no UTF-8', 'UTF-8 text');
  }
}

const tooLong = (found: string, lineCharsMax: number): Quarantine =>
  new Quarantine('line_too_long', found, `at most ${lineCharsMax} characters`);

/** Names records by content. The same line again is another record, so it gets its count into its name. */
export class RecordIds {
  readonly #seen = new Map<string, number>();

  next(bytes: Uint8Array): { readonly recordId: string; readonly occurrence: number } {
    const content = sha256(bytes);
    const occurrence = (this.#seen.get(content) ?? 0) + 1;
    this.#seen.set(content, occurrence);
    return { recordId: occurrence === 1 ? content : sha256(`${content}#${occurrence}`), occurrence };
  }
}
