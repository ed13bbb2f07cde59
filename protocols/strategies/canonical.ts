import { createHash } from 'node:crypto';
import { bareName, isNilName, members, type Sexp } from '../sexp/index.js';
import type { Canonical } from './model.js';

/**
 * An expression with what does not matter taken away: packages, colons and letter case of symbols, `5` against `5.0`,
 * `(a . (b))` against `(a b)`, `nil` against `()`. A text stays apart from a symbol of the same letters.
 */
export function canonicalExpression(value: Sexp): Canonical {
  switch (value.kind) {
    case 'symbol':
      return isNilName(value.name) ? [] : bareName(value.name).toLowerCase();
    case 'string':
      return { text: value.value };
    case 'int':
    case 'float':
      // A number that JSON has no word for keeps its digits.
      return Number.isFinite(Number(value.value)) && typeof value.value === 'number'
        ? value.value + 0
        : { number: String(value.value) };
    case 'boolean':
      return value.value;
    case 'struct':
      return { head: bareName(value.head).toLowerCase(), items: value.items.map(canonicalExpression) };
    case 'list': {
      const proper = members(value);
      if (proper !== null) return proper.map(canonicalExpression);
      return {
        items: value.items.map(canonicalExpression),
        tail: value.tail === null ? null : canonicalExpression(value.tail),
      };
    }
  }
}

/** The expression as Lisp would write it in lower case, so that two of the same meaning are the same text. */
export function expressionText(value: Canonical): string {
  if (Array.isArray(value)) return `(${(value as readonly Canonical[]).map(expressionText).join(' ')})`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** JSON with sorted keys and no blanks, so that equal values are equal bytes. */
export function canonicalJson(value: Canonical): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${canonicalJson(part)}`).join(',')}}`;
}

export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

const isArray = (value: Canonical): value is readonly Canonical[] => Array.isArray(value);
