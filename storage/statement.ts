/**
 * SQL as data. kysely builds and compiles each query once, when its module loads; afterwards a call only puts values
 * into slots, and the result crosses a MessagePort to the thread that keeps the prepared statement.
 * (kysely as a driver is 5 times slower, begins deferred, and hides SQLITE_FULL behind its own rollback.)
 */
import type { CompiledQuery, RawBuilder } from 'kysely';
import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, sql } from 'kysely';

/** What SQLite stores. A boolean is 0 or 1; unknown is null; bytes are a Uint8Array. */
export type SqlValue = string | number | null | Uint8Array;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** `run` gives the number of changed rows, `all` every row, `get` the first. `R` is the row's type, never a value. */
export interface Statement<R = unknown> {
  readonly sql: string;
  readonly params: readonly SqlValue[];
  readonly mode: 'run' | 'all' | 'get';
  /** Left out: it always runs. What does not run changes nothing and gives no rows. */
  readonly when?: When | undefined;
  readonly row?: R;
}

/** Runs only if the statement so many places before it in the transaction found or changed something, or did not. */
export interface When {
  readonly back: number;
  readonly found: boolean;
}

/** @param place of the statement in its transaction, which `when` counts from */
export const isDue = (when: When | undefined, place: number, results: readonly StatementResult[]): boolean =>
  when === undefined || foundAny(results[place - when.back]) === when.found;

const foundAny = (result: StatementResult | undefined): boolean =>
  result !== undefined && (result.rows.length > 0 || result.changes > 0);

/** What a statement that did not run is taken for. */
export const notRun: StatementResult = { changes: 0, rows: [] };

export interface StatementResult {
  readonly changes: number;
  readonly rows: readonly SqlRow[];
}

/** All or nothing, in order; nothing awaits inside it. */
export interface Transaction {
  readonly statements: readonly Statement[];
}

/** A transaction that knows what its results mean. */
export interface Verb<T> extends Transaction {
  readonly read: (results: readonly StatementResult[]) => T;
}

export function verb<T>(
  statements: readonly Statement[],
  read: (results: readonly StatementResult[]) => T,
): Verb<T> {
  return { statements, read };
}

/** Joins verbs into one transaction; the answers come back in the same order. */
export function together<T>(verbs: readonly Verb<T>[]): Verb<T[]> {
  return verb(
    verbs.flatMap((each) => each.statements),
    (results) => {
      let from = 0;
      return verbs.map((each) => each.read(results.slice(from, (from += each.statements.length))));
    },
  );
}

/** For a transaction whose parts answer different things: the first part's answer, then the second's. */
export function both<A, B>(first: Verb<A>, second: Verb<B>): Verb<readonly [A, B]> {
  const split = first.statements.length;
  return verb([...first.statements, ...second.statements], (results) => [
    first.read(results.slice(0, split)),
    second.read(results.slice(split)),
  ]);
}

/** The rows of a statement's result, in the type that the statement, or its query, was declared with. */
export function rowsOf<R>(
  _of: Statement<R> | Query<never, R>,
  result: StatementResult | undefined,
): readonly R[] {
  // SQLite checks the types (STRICT tables); TypeScript has them from the same table file.
  return (result?.rows ?? []) as unknown as readonly R[];
}

/** A typed builder for tables `DB` that only compiles. */
export function compiler<DB>(): Kysely<DB> {
  return new Kysely<DB>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db: Kysely<unknown>) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
}

class Slot {
  constructor(readonly name: string) {}
}

/** Names a value that is filled in at each call. */
export type Slots<P> = <K extends keyof P & string>(name: K) => RawBuilder<P[K]>;

const slot = <T>(name: string): RawBuilder<T> => sql<T>`${new Slot(name)}`;

/** Slots for many columns of the same names, for whole-row inserts. */
export function slotsOf<P, K extends keyof P & string>(
  slots: Slots<P>,
  names: readonly K[],
): { [N in K]: RawBuilder<P[N]> } {
  return Object.fromEntries(names.map((name) => [name, slots(name)])) as { [N in K]: RawBuilder<P[N]> };
}

/** What of a statement is the same at each call. */
export interface Compiled {
  readonly sql: string;
  readonly mode: Statement['mode'];
  /** Where each parameter comes from. */
  readonly places: readonly Place[];
}

/** The name of a value, or a constant that the query itself has. */
export type Place = { readonly name: string } | { readonly constant: SqlValue };

/** Makes the statement from its values. */
export interface Query<P extends object, R = never> {
  (params: P): Statement<R>;
  readonly compiled: Compiled;
}

/** Declares a query: compiled now, given its values at each call of the function it returns. */
export function define<P extends object, R = never>(
  mode: Statement['mode'],
  build: (slots: Slots<P>) => CompiledQuery,
): Query<P, R> {
  const { sql: text, parameters } = build((name) => slot(name));
  const places = parameters.map((parameter): Place =>
    parameter instanceof Slot ? { name: parameter.name } : { constant: parameter as SqlValue },
  );
  const compiled: Compiled = { sql: text, mode, places };
  const make = (params: P): Statement<R> => ({
    sql: text,
    params: places.map((place) =>
      'name' in place ? (params[place.name as keyof P] as unknown as SqlValue) : place.constant,
    ),
    mode,
  });
  return Object.assign(make, { compiled });
}

/**
 * A list as one parameter, as rows (`value`, and `key` counting from 0), so that the SQL text does not depend on its
 * length. SQLite's json_each; on PostgreSQL this is jsonb_array_elements_text with ordinality, and only this changes.
 */
export const listRows = (json: RawBuilder<string>): RawBuilder<{ key: number; value: string }> =>
  sql<{ key: number; value: string }>`json_each(${json})`;
