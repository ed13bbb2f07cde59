import type { DbAnswer } from '../../protocols/db-writes.js';
import type { ReplyOf } from '../../protocols/name.js';
import type { Statement, Verb } from '../../storage/statement.js';
import { rowsOf, verb } from '../../storage/statement.js';

type ValueOf<Message> = ReplyOf<Message> extends DbAnswer<infer Value> ? Value : never;

/** What each verb is in statements, by the type of its message. */
export type VerbTable<Messages extends { readonly type: string }> = {
  readonly [M in Messages as M['type']]: (message: M) => Verb<ValueOf<M>>;
};

/** For verbs that answer only that they are done. */
export const nothing = (statements: readonly Statement[]): Verb<null> => verb(statements, () => null);

/** For verbs whose answer is the rows of one query. */
export const reading = <R, T>(statement: Statement<R>, read: (rows: readonly R[]) => T): Verb<T> =>
  verb([statement], ([result]) => read(rowsOf(statement, result)));
