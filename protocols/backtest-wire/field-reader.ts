import type { Fields, Sexp, Typed } from '../sexp/index.js';
import type { WireError, WireErrorCode } from './frame.js';

type Problem = Pick<WireError, 'code' | 'field' | 'expected' | 'found'>;

/** How to read a field of one type, and what to call that type in an error. */
export interface FieldType<T> {
  readonly expected: string;
  readonly read: (field: Sexp | undefined) => Typed<T>;
}

/**
 * Reads the fields of one record and remembers the first thing that is wrong, so that a decoder reads like the list
 * of its fields. What is returned after a problem is a stand-in; whoever finishes looks at `problem` first.
 */
export class FieldReader {
  readonly fields: Fields;
  readonly #path: string;
  problem: Problem | null = null;

  constructor(fields: Fields, path = '') {
    this.fields = fields;
    this.#path = path;
  }

  required<T>(key: string, type: FieldType<T>, standIn: T): T {
    const typed = type.read(this.fields.get(key));
    if (typed.ok) return typed.value;
    this.refuse(typed.reason === 'absent' ? 'missing_field' : 'bad_field', key, type.expected, typed.found);
    return standIn;
  }

  /** Undefined when the field is absent, empty or nil. */
  optional<T>(key: string, type: FieldType<T>): T | undefined {
    const typed = type.read(this.fields.get(key));
    if (typed.ok) return typed.value;
    if (typed.reason !== 'absent') this.refuse('bad_field', key, type.expected, typed.found);
    return undefined;
  }

  refuse(code: WireErrorCode, key: string, expected: string, found: string): void {
    this.problem ??= { code, field: this.#path + key, expected, found };
  }
}
