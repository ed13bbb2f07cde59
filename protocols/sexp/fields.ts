import type { SexpError, SexpErrorCode } from './error.js';
import { foundText } from './found.js';
import { list, members, type Sexp, type SexpList } from './model.js';

/** Normalised key to what follows it: `v` of `(k . v)`, and the list `(v w)` of `(k v w)`. */
export type Fields = ReadonlyMap<string, Sexp>;

export type FieldsReading =
  { readonly ok: true; readonly fields: Fields } | { readonly ok: false; readonly error: SexpError };

const nothing: SexpList = list([]);

/**
 * Reads an alist, a plist (`(:k v ...)`) or a structure; `()` and `nil` have no fields. A needless list around an
 * alist is taken off, because Guardian wraps an optional record that way: `(result ((k . v)))`. (A list that begins with
 * a list can be no entry, so this is never a guess.)
 *
 * A key that occurs twice is refused: Python takes the last, Lisp the first and Rust neither, so its meaning is
 * unknown.
 */
export function fields(value: Sexp): FieldsReading {
  if (value.kind === 'struct') return readPlist(value.items);
  if (value.kind === 'symbol' && isNilName(value.name)) return { ok: true, fields: new Map() };
  const entries = unwrap(members(value));
  if (entries === null) return refusal('not_an_alist', '((key . value) ...)', value);
  const [first] = entries;
  if (first === undefined) return { ok: true, fields: new Map() };
  return first.kind === 'list' ? readAlist(entries) : readPlist(entries);
}

function unwrap(entries: readonly Sexp[] | null): readonly Sexp[] | null {
  const [only] = entries ?? [];
  if (entries?.length !== 1 || only?.kind !== 'list' || only.items[0]?.kind !== 'list') return entries;
  // No deeper than a reader's depth limit.
  return unwrap(members(only));
}

/** True for a list that begins with an entry, so for alists with at least one; it looks no further than that. */
export function isAlist(value: Sexp): boolean {
  if (value.kind !== 'list') return false;
  const [first] = value.items;
  return first?.kind === 'list' && keyOf(first.items[0]) !== null;
}

function readAlist(entries: readonly Sexp[]): FieldsReading {
  const found = new Map<string, Sexp>();
  for (const entry of entries) {
    if (entry.kind !== 'list' || entry.items.length === 0)
      return refusal('not_an_alist', '(key . value)', entry);
    const error = put(found, entry.items[0], rest(entry));
    if (error !== null) return error;
  }
  return { ok: true, fields: found };
}

function readPlist(items: readonly Sexp[]): FieldsReading {
  if (items.length % 2 !== 0) return refusal('not_an_alist', 'a value for every key', items.at(-1));
  const found = new Map<string, Sexp>();
  for (let at = 0; at < items.length; at += 2) {
    const error = put(found, items[at], items[at + 1]);
    if (error !== null) return error;
  }
  return { ok: true, fields: found };
}

function put(into: Map<string, Sexp>, key: Sexp | undefined, value: Sexp = nothing): FieldsReading | null {
  const name = keyOf(key);
  if (name === null) return refusal('bad_key', 'a symbol or a string as key', key);
  if (into.has(name)) return refusal('duplicate_key', `${name} once`, key);
  into.set(name, value);
  return null;
}

/** What follows the first item: Lisp's `cdr`. */
function rest(entry: SexpList): Sexp {
  if (entry.items.length === 1) return entry.tail ?? nothing;
  return { kind: 'list', items: entry.items.slice(1), tail: entry.tail };
}

function keyOf(key: Sexp | undefined): string | null {
  if (key?.kind !== 'symbol' && key?.kind !== 'string') return null;
  const name = normaliseKey(key.kind === 'symbol' ? key.name : key.value);
  return name === '' ? null : name;
}

/** `swimmy.school::Sma-Short`, `:sma-short` and `SMA_SHORT` are all `sma_short`. */
export function normaliseKey(key: string): string {
  if (isPlain(key)) return key;
  return bareName(key).replaceAll('-', '_').toLowerCase();
}

/** A symbol's name without its package and without a keyword's colon, case kept. */
export function bareName(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1);
}

/** True for the two words of Lisp and JSON that mean nothing, with or without a package. */
export function isNilName(name: string): boolean {
  if (name.length < 3) return false;
  const bare = bareName(name).toLowerCase();
  return bare === 'nil' || bare === 'null';
}

/** Most keys are written in the common form; they are not worth two copies each. */
function isPlain(key: string): boolean {
  for (let at = 0; at < key.length; at += 1) {
    const code = key.charCodeAt(at);
    if (!((code >= 97 && code <= 122) || code === 95 || (code >= 48 && code <= 57))) return false;
  }
  return true;
}

function refusal(code: SexpErrorCode, expected: string, found: Sexp | undefined): FieldsReading {
  return { ok: false, error: { code, at: null, expected, found: foundText(found) } };
}
