/** How the stores answer: with a value, or with weather that says whether waiting helps. */
import type { Replies } from './name.js';

/** Weather: the store could not, and says so. `retryable`: the same verb can succeed later by itself. */
export interface DbRefusal {
  readonly ok: false;
  /** A `StorageErrorCode`, or `bug`: the verb itself was wrong; or `no_answer`: the driver was down or silent. */
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

export type DbAnswer<T> = { readonly ok: true; readonly value: T } | DbRefusal;

/** A verb of a store: `type` names it, and it is answered with a `Value` or a refusal. */
export type Verb<Type extends string, Fields, Value> = { readonly type: Type } & Fields &
  Replies<DbAnswer<Value>>;

/** An ask that nobody answered is weather like any other: the verb is repeatable, so it is asked again. */
export function dbAnswer<T>(
  outcome:
    | { readonly ok: true; readonly value: DbAnswer<T> }
    | { readonly ok: false; readonly reason: { readonly type: string } },
): DbAnswer<T> {
  if (outcome.ok) return outcome.value;
  const { type } = outcome.reason;
  return {
    ok: false,
    code: 'no_answer',
    message: `the store did not answer: ${type}`,
    retryable: type !== 'calling_self',
  };
}
