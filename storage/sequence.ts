/**
 * Statements that always run together and on the same values, such as all that applying an answer takes. A sequence is told
 * to the thread once; afterwards each use of it crosses as a number and one list of values, however many of its statements
 * will run. Most of what is written goes this way, and copying values between threads costs more than SQLite's own work.
 */
import type { Compiled, Query, SqlValue, Statement, When } from './statement.js';

/** A statement of a sequence, as the thread knows it. */
export interface Part extends Pick<Compiled, 'sql' | 'mode'> {
  /** Where each parameter comes from: a place in the list of values, or a constant. */
  readonly params: readonly ({ readonly value: number } | { readonly constant: SqlValue })[];
  readonly when: When | undefined;
}

export interface Sequence {
  readonly parts: readonly Part[];
  /** The order of the values. */
  readonly names: readonly string[];
}

/** One statement of a use. To everybody but the encoder it is a statement as any other. */
export class SequenceStatement implements Statement {
  readonly sequence: Sequence;
  readonly place: number;
  readonly values: readonly SqlValue[];

  constructor(sequence: Sequence, place: number, values: readonly SqlValue[]) {
    this.sequence = sequence;
    this.place = place;
    this.values = values;
  }

  get #part(): Part {
    const part = this.sequence.parts[this.place];
    if (part === undefined) throw new Error(`a sequence has no part ${this.place}`);
    return part;
  }

  get sql(): string {
    return this.#part.sql;
  }

  get mode(): Statement['mode'] {
    return this.#part.mode;
  }

  get when(): When | undefined {
    return this.#part.when;
  }

  get params(): readonly SqlValue[] {
    return paramsOf(this.#part, this.values);
  }
}

export const paramsOf = (part: Part, values: readonly SqlValue[]): SqlValue[] =>
  part.params.map((from) => ('value' in from ? (values[from.value] as SqlValue) : from.constant));

/** What a sequence is made of: queries on the values `P`, some on a condition. */
export type Step<P extends object> = Query<P, unknown> | ConditionalStep<P>;

interface ConditionalStep<P extends object> {
  readonly query: Query<P, unknown>;
  readonly when: When;
}

/**
 * The query on a condition, see {@link When}: most sequences stop after their first statements.
 */
export const stepIf = <P extends object>(
  query: Query<P, unknown>,
  back: number,
  found: boolean,
): ConditionalStep<P> => ({ query, when: { back, found } });

/** @returns what makes the statements of one use, in the order of the steps */
export function sequence<P extends object>(
  ...steps: readonly Step<P>[]
): (values: P) => readonly Statement[] {
  const queries = steps.map((step) => ('query' in step ? step : { query: step, when: undefined }));
  const places = queries.flatMap(({ query }) => query.compiled.places);
  const names = [...new Set(places.flatMap((place) => ('name' in place ? [place.name] : [])))];
  const parts = queries.map(({ query: { compiled }, when }): Part => ({
    sql: compiled.sql,
    mode: compiled.mode,
    params: compiled.places.map((place) =>
      'name' in place ? { value: names.indexOf(place.name) } : { constant: place.constant },
    ),
    when,
  }));
  const made: Sequence = { parts, names };
  return (values) => {
    const list = names.map((name) => values[name as keyof P] as unknown as SqlValue);
    return parts.map((_, place) => new SequenceStatement(made, place, list));
  };
}
