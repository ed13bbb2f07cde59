/** Messages say `requestId`, rows say `request_id`: the same fields, told apart by the compiler. */

type Snake<S extends string> = S extends `${infer Head}${infer Tail}`
  ? Head extends Lowercase<Head>
    ? `${Head}${Snake<Tail>}`
    : `_${Lowercase<Head>}${Snake<Tail>}`
  : '';

/** `T` with its fields named as columns are. */
export type Row<T> = { readonly [Key in keyof T & string as Snake<Key>]: T[Key] };

const columnNames = new Map<string, string>();
const fieldNames = new Map<string, string>();

function columnName(field: string): string {
  const known = columnNames.get(field);
  if (known !== undefined) return known;
  const made = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  columnNames.set(field, made);
  return made;
}

function fieldName(column: string): string {
  const known = fieldNames.get(column);
  if (known !== undefined) return known;
  const made = column.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
  fieldNames.set(column, made);
  return made;
}

/** A loop and no chain of arrays: each request and each result comes through here. */
function renamed(from: object, rename: (key: string) => string): object {
  const to: Record<string, unknown> = {};
  for (const key of Object.keys(from)) to[rename(key)] = (from as Record<string, unknown>)[key];
  return to;
}

export const toRow = <T extends object>(fields: T): Row<T> => renamed(fields, columnName) as Row<T>;

/** The row may hold more than `T`; what it holds of `T` has `T`'s types. */
export const fromRow = <T extends object>(row: Row<T>): T => renamed(row, fieldName) as T;
