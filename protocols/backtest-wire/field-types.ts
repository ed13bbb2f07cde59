import { asBoolean, asInteger, asNumber, asText, type Sexp, type Typed } from '../sexp/index.js';
import type { FieldType } from './field-reader.js';

/** The wire's own types. What cannot be written back to the wire is refused on the way in. */

export const number: FieldType<number> = { expected: 'a finite number', read: asNumber };
export const integer: FieldType<number> = { expected: 'an integer', read: asInteger };
export const flag: FieldType<boolean> = { expected: '#t or #f', read: asBoolean };

/** Rust's usize, as far as a double counts. */
export const count: FieldType<number> = {
  expected: 'a whole number from 0',
  read: (field) => {
    const typed = asInteger(field);
    return typed.ok && typed.value < 0 ? wrong(typed.value) : typed;
  },
};

const textCharsMax = 1_000;

/** One line of at most 1,000 characters: names, ids and file names end up in rows, logs and answers. */
export const line: FieldType<string> = {
  expected: `a line of at most ${textCharsMax} characters`,
  read: (field) => {
    const typed = asText(field);
    return typed.ok && !isLine(typed.value) ? wrong(JSON.stringify(typed.value.slice(0, 40))) : typed;
  },
};

/** A line that is not empty. */
export const label: FieldType<string> = {
  expected: `a line of 1 to ${textCharsMax} characters`,
  read: (field) => {
    const typed = line.read(field);
    return typed.ok && typed.value.trim() === '' ? missing : typed;
  },
};

export function isLine(value: string): boolean {
  return value.length <= textCharsMax && !/[\p{Cc}\p{Surrogate}]/u.test(value);
}

const missing: Typed<never> = { ok: false, reason: 'absent', found: 'an empty text' };
const wrong = (found: string | number): Typed<never> => ({
  ok: false,
  reason: 'wrong_type',
  found: String(found),
});

/** A line in a field of any shape, or null; for naming the sender of a message that is otherwise refused. */
export function lineOrNull(field: Sexp | undefined): string | null {
  const typed = label.read(field);
  return typed.ok ? typed.value : null;
}
