import { foundText } from './found.js';
import type { Sexp, SexpList } from './model.js';

export type SexpWriteErrorCode =
  | 'not_a_list'
  | 'too_deep'
  | 'not_finite'
  | 'out_of_range'
  | 'control_character'
  | 'not_unicode'
  | 'bad_key'
  | 'duplicate_key'
  | 'mixed_list'
  | 'symbol_not_allowed'
  | 'not_expressible';

/** The value cannot be said so that every reader of the wire hears the same; the caller checks what it sends. */
export class SexpWriteError extends Error {
  override readonly name = 'SexpWriteError';
  readonly code: SexpWriteErrorCode;

  constructor(code: SexpWriteErrorCode, expected: string, found: string) {
    super(`${code}: expected ${expected}, found ${found}`);
    this.code = code;
  }
}

export interface SexpWriteOptions {
  /**
   * `refuse`: an infinity or NaN is an error. `symbol`: it is written as `inf`, `-inf` or `NaN`, as Guardian does; such
   * a text is for our own reader only, a Lisp one loses the whole message over it.
   * @defaultValue 'refuse'
   */
  readonly nonFinite?: 'refuse' | 'symbol';
}

/** wire.md allows 20 so that the shallowest reader, and whoever wraps the message, has room to spare. */
const depthMax = 20;

/** The one field whose value Guardian wants as a bare word. */
const symbolKey = 'indicator_type';

/**
 * Writes one line in the subset that every reader of the wire understands alike (docs/wire.md, "What we emit").
 *
 * Law: `readSexp(writeSexp(v))` equals `v` for every `v` that it accepts.
 *
 * @throws SexpWriteError with its code for everything else
 */
export function writeSexp(value: Sexp, options: SexpWriteOptions = {}): string {
  if (value.kind !== 'list' || value.tail !== null) {
    throw new SexpWriteError('not_a_list', 'a list at the top', foundText(value));
  }
  return writeList(value, 1, options);
}

function write(value: Sexp, key: string | null, depth: number, options: SexpWriteOptions): string {
  switch (value.kind) {
    case 'list':
      if (value.tail !== null)
        throw new SexpWriteError('mixed_list', 'a list without a dot', foundText(value));
      return writeList(value, depth, options);
    case 'string':
      return writeText(value.value);
    case 'int':
      return writeInt(value.value);
    case 'float':
      return writeFloat(value.value, options);
    case 'boolean':
      return value.value ? '#t' : '#f';
    case 'symbol':
      if (key === symbolKey && /^[a-z][a-z0-9_-]*$/.test(value.name)) return value.name;
      throw new SexpWriteError(
        'symbol_not_allowed',
        `a lower-case word in ${symbolKey} only`,
        foundText(value),
      );
    case 'struct':
      throw new SexpWriteError('not_expressible', 'anything but a structure', foundText(value));
  }
}

function writeList({ items }: SexpList, depth: number, options: SexpWriteOptions): string {
  if (depth > depthMax) throw new SexpWriteError('too_deep', `at most ${depthMax} lists`, `${depth}`);
  const [first] = items;
  if (first?.kind === 'list' && first.tail !== null) return writeAlist(items, depth, options);
  if (looksLikeMap(items)) {
    throw new SexpWriteError('not_expressible', 'a list that no reader takes for a map', foundText(items[0]));
  }
  return `(${items.map((item) => write(item, null, depth + 1, options)).join(' ')})`;
}

/** Python makes a map of `("a" 1 "b" 2)` and of `(("a" 1) ("b" 2))`, whatever was meant. */
function looksLikeMap(items: readonly Sexp[]): boolean {
  if (items.length === 0) return false;
  const plist = items.length % 2 === 0 && items.every((item, at) => at % 2 === 1 || item.kind === 'string');
  return plist || items.every((item) => item.kind === 'list' && item.items[0]?.kind === 'string');
}

function writeAlist(entries: readonly Sexp[], depth: number, options: SexpWriteOptions): string {
  const keys = new Set<string>();
  const written = entries.map((entry) => {
    if (entry.kind !== 'list' || entry.tail === null || entry.items.length !== 1) {
      throw new SexpWriteError('mixed_list', 'only (key . value) beside (key . value)', foundText(entry));
    }
    const key = writeKey(entry.items[0]);
    if (keys.has(key)) throw new SexpWriteError('duplicate_key', 'each key once', key);
    keys.add(key);
    // The entry's own parenthesis is a level for a reader.
    if (depth + 1 > depthMax)
      throw new SexpWriteError('too_deep', `at most ${depthMax} lists`, `${depth + 1}`);
    return `(${key} . ${write(entry.tail, key, depth + 2, options)})`;
  });
  return `(${written.join(' ')})`;
}

function writeKey(key: Sexp | undefined): string {
  if (key?.kind === 'symbol' && /^[a-z][a-z0-9_]*$/.test(key.name)) return key.name;
  throw new SexpWriteError('bad_key', 'a symbol of a-z, 0-9 and _', foundText(key));
}

function writeText(value: string): string {
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at);
    if (code < 32 || (code >= 127 && code <= 159)) {
      throw new SexpWriteError('control_character', 'text without control characters', `code ${code}`);
    }
  }
  if (/\p{Surrogate}/u.test(value)) {
    throw new SexpWriteError('not_unicode', 'whole characters', 'half of a surrogate pair');
  }
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

function writeInt(value: number | bigint): string {
  if (typeof value === 'number' ? !Number.isSafeInteger(value) : BigInt.asIntN(64, value) !== value) {
    throw new SexpWriteError('out_of_range', 'an exact integer of 64 bits', String(value));
  }
  return value === 0 ? '0' : String(value);
}

/**
 * The shortest digits that read back as the same double, always with a digit on both sides of a point: `1.0`,
 * `5.0e-6`. Guardian cannot read an exponent without a point. It changes to exponents where Guardian does.
 */
function writeFloat(value: number, { nonFinite = 'refuse' }: SexpWriteOptions): string {
  if (!Number.isFinite(value)) {
    if (nonFinite === 'symbol') return Number.isNaN(value) ? 'NaN' : value > 0 ? 'inf' : '-inf';
    throw new SexpWriteError('not_finite', 'a finite number', String(value));
  }
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-5 || size >= 1e16)) {
    const [digits = '', exponent = ''] = value.toExponential().split('e');
    return `${digits.includes('.') ? digits : `${digits}.0`}e${exponent.replace('+', '')}`;
  }
  const plain = String(value);
  return plain.includes('.') ? plain : `${plain}.0`;
}
