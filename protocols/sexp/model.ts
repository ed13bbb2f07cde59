/**
 * What an S-expression of the wire says, without deciding what it means.
 *
 * Every distinction that one of Swimmy's readers makes is kept: a symbol is not a string, `5` is not `5.0`, and
 * `(a . (b c))` is not `(a b c)`. Meaning (`nil`, `t`, wrapped options, shorthand alists) is the accessors' business.
 */
export type Sexp = SexpSymbol | SexpString | SexpInt | SexpFloat | SexpBoolean | SexpList | SexpStruct;

/** A bare word, case and package prefix as written; a keyword is one whose name begins with a colon. */
export interface SexpSymbol {
  readonly kind: 'symbol';
  readonly name: string;
}

export interface SexpString {
  readonly kind: 'string';
  readonly value: string;
}

/** Digits only; a bigint exactly when a double could not hold the value. */
export interface SexpInt {
  readonly kind: 'int';
  readonly value: number | bigint;
}

/** A number with a point, an exponent or a ratio bar; infinite only when the literal overflows (`1e400`). */
export interface SexpFloat {
  readonly kind: 'float';
  readonly value: number;
}

/** `#t` or `#f`; the words `t`, `true`, `nil` stay symbols. */
export interface SexpBoolean {
  readonly kind: 'boolean';
  readonly value: boolean;
}

/** `(items)`, or `(items . tail)` with at least one item when `tail` is not null. */
export interface SexpList {
  readonly kind: 'list';
  readonly items: readonly Sexp[];
  readonly tail: Sexp | null;
}

/** `#S(HEAD :key value ...)`: `items` are the keys and values in turn, so their number is even. */
export interface SexpStruct {
  readonly kind: 'struct';
  readonly head: string;
  readonly items: readonly Sexp[];
}

export const symbol = (name: string): SexpSymbol => ({ kind: 'symbol', name });
export const text = (value: string): SexpString => ({ kind: 'string', value });
/** @param value a whole number; a bigint that a double holds exactly becomes a number */
export const int = (value: number | bigint): SexpInt => {
  const double = Number(value);
  return { kind: 'int', value: Number.isSafeInteger(double) ? double + 0 : value };
};
export const float = (value: number): SexpFloat => ({ kind: 'float', value });
export const boolean = (value: boolean): SexpBoolean => ({ kind: 'boolean', value });
export const list = (items: readonly Sexp[]): SexpList => ({ kind: 'list', items, tail: null });

/** `(key . value)`, the only spelling of a field that every reader understands. */
export const pair = (key: string, value: Sexp): SexpList => ({
  kind: 'list',
  items: [symbol(key)],
  tail: value,
});

/** `((key . value) ...)` in the given order; an entry whose value is undefined is left out. */
export function alist(entries: Iterable<readonly [key: string, value: Sexp | undefined]>): SexpList {
  const items: Sexp[] = [];
  for (const [key, value] of entries) if (value !== undefined) items.push(pair(key, value));
  return list(items);
}

/** The members of `(a b)`, `(a . (b))` and `()` alike; null when it is not a proper list. */
export function members(value: Sexp): readonly Sexp[] | null {
  if (value.kind !== 'list') return null;
  if (value.tail === null) return value.items;
  const flat = value.items.slice();
  for (let tail: Sexp | null = value.tail; tail !== null; tail = tail.tail) {
    if (tail.kind !== 'list') return null;
    for (const item of tail.items) flat.push(item);
  }
  return flat;
}
