import { bareName, isNilName } from './fields.js';
import { foundText } from './found.js';
import { members, type Sexp } from './model.js';
import { readNumber } from './number.js';

/**
 * `absent`: no such field, `()` or `nil`. `not_finite`: an infinity or NaN in any spelling. `out_of_range`: an integer
 * that a double cannot hold exactly. `wrong_type`: anything else.
 */
export type MissReason = 'absent' | 'wrong_type' | 'not_finite' | 'out_of_range';

/** A typed value, or why there is none. */
export type Typed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: MissReason; readonly found: string };

/*
 * Each accessor takes the field of a map of `fields()`, undefined included. `(k . v)`, `(k v)` and `(k . (v))` are the
 * same to the scalar ones: which of them is meant can only be known by who knows the field's type, and that is here.
 */

const nonFinite = /^[+-]?(?:inf(?:inity)?|nan)(?:\.0)?$/i;

/** A number in any spelling, also inside a string, as the Service sends what it could not read itself. */
export function asNumber(field: Sexp | undefined): Typed<number> {
  const value = scalar(field);
  if (value === undefined) return miss('absent', field);
  const number = numeral(value);
  if (number === null) return miss(saysNonFinite(value) ? 'not_finite' : 'wrong_type', value);
  const double = Number(number);
  return Number.isFinite(double) ? { ok: true, value: double } : miss('not_finite', value);
}

/** A whole number that a double holds exactly; `5.0` is one. */
export function asInteger(field: Sexp | undefined): Typed<number> {
  const value = scalar(field);
  if (value === undefined) return miss('absent', field);
  const number = numeral(value);
  if (number === null) return miss(saysNonFinite(value) ? 'not_finite' : 'wrong_type', value);
  if (typeof number === 'bigint') return miss('out_of_range', value);
  if (!Number.isFinite(number)) return miss('not_finite', value);
  if (!Number.isInteger(number)) return miss('wrong_type', value);
  return Number.isSafeInteger(number) ? { ok: true, value: number + 0 } : miss('out_of_range', value);
}

/** A string as written, a symbol without package and colon, or an integer's digits. */
export function asText(field: Sexp | undefined): Typed<string> {
  const value = scalar(field);
  if (value === undefined) return miss('absent', field);
  if (value.kind === 'string') return { ok: true, value: value.value };
  if (value.kind === 'symbol') return { ok: true, value: bareName(value.name) };
  return value.kind === 'int' ? { ok: true, value: String(value.value) } : miss('wrong_type', value);
}

const trueWords = new Set(['t', 'true', 'yes', 'y', 'on', '1']);
const falseWords = new Set(['nil', 'null', 'f', 'false', 'no', 'n', 'off', '0', '']);

/** `#t`, `t`, `true`, `1` and their opposites in any case, also as strings; `()` and `nil` are false, no field is absent. */
export function asBoolean(field: Sexp | undefined): Typed<boolean> {
  if (field === undefined) return miss('absent', field);
  const value = scalar(field) ?? { kind: 'boolean', value: false };
  if (value.kind === 'boolean') return { ok: true, value: value.value };
  if (value.kind !== 'symbol' && value.kind !== 'string' && value.kind !== 'int')
    return miss('wrong_type', value);
  const word = value.kind === 'symbol' ? bareName(value.name) : String(value.value);
  const lower = word.trim().toLowerCase();
  if (trueWords.has(lower)) return { ok: true, value: true };
  return falseWords.has(lower) ? { ok: true, value: false } : miss('wrong_type', value);
}

/**
 * The members of `(k v w)`, `(k . (v w))` and, where the writer wraps options, `(k (v w))`.
 *
 * @param options.wrapped true for a field that Guardian writes as an option: a single member that is a list is then
 * the list itself. Without it `(k (v w))` has one member.
 */
export function asList(
  field: Sexp | undefined,
  { wrapped = false }: { readonly wrapped?: boolean } = {},
): Typed<readonly Sexp[]> {
  if (field === undefined) return miss('absent', field);
  if (field.kind === 'symbol' && isNilName(field.name)) return { ok: true, value: [] };
  const found = members(field);
  if (found === null) return miss('wrong_type', field);
  const [only] = found;
  const inner = wrapped && found.length === 1 && only !== undefined ? members(only) : null;
  return { ok: true, value: inner ?? found };
}

/** Undefined for what means nothing: no field, `()`, `nil`. A list of one is its member. */
function scalar(field: Sexp | undefined): Sexp | undefined {
  const value = field?.kind === 'list' && isSingle(field) ? members(field)?.[0] : field;
  if (value === undefined) return undefined;
  if (value.kind === 'symbol') return isNilName(value.name) ? undefined : value;
  return value.kind === 'list' && value.items.length === 0 && value.tail === null ? undefined : value;
}

const isSingle = (value: Sexp & { kind: 'list' }): boolean => value.items.length === 1 && value.tail === null;

function numeral(value: Sexp): number | bigint | null {
  if (value.kind === 'int' || value.kind === 'float') return value.value;
  if (value.kind !== 'string') return null;
  const trimmed = value.value.trim();
  const number = trimmed === '' || trimmed.length > 400 ? null : readNumber(trimmed);
  return number?.kind === 'int' || number?.kind === 'float' ? number.value : null;
}

function saysNonFinite(value: Sexp): boolean {
  if (value.kind === 'string') return nonFinite.test(value.value.trim());
  return value.kind === 'symbol' && nonFinite.test(value.name);
}

function miss(reason: MissReason, found: Sexp | undefined): { ok: false; reason: MissReason; found: string } {
  return { ok: false, reason, found: foundText(found) };
}
