/** What out-of-sample validation and ranking ask of the stores. */
import type { StoredStrategy } from './db-views.js';
import type { Verb } from './db-answer.js';

export type OosCoreMsg = never;

/** Null: no such name. Several strategies may carry one name. */
export type OosReaderMsg = Verb<'strategies_named', { name: string }, readonly StoredStrategy[]>;
