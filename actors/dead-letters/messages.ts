/** Between the keeper and its two drivers. */
import type { Letter, LetterCounts, LetterCursor, LetterRow } from '../../protocols/dead-letters.js';
import type { DbAnswer } from '../../protocols/db-writes.js';
import { name } from '../../protocols/name.js';
import type { Replies } from '../../protocols/name.js';

type Verb<Type extends string, Fields, Value> = { readonly type: Type } & Fields & Replies<DbAnswer<Value>>;

export type StoreMsg =
  /** Repeatable by id. */
  | Verb<'insert', { letters: readonly Letter[] }, null>
  | Verb<'page', { after: LetterCursor | null; limit: number; reason: string | null }, readonly LetterRow[]>
  | Verb<'settle_redriven', { letterId: string; toldWallMs: number; by: string }, boolean>
  | Verb<'find', { letterId: string }, LetterRow | null>
  | Verb<'counts', unknown, Pick<LetterCounts, 'stored' | 'agedOut'>>;

export type SpoolMsg =
  /** The bytes that the spool holds then. */
  | Verb<'append', { letters: readonly Letter[] }, number>
  /** `bytes`: what it held; cleared with the same number, so that what came since is not lost. */
  | Verb<'read', unknown, { readonly letters: readonly Letter[]; readonly bytes: number }>
  | Verb<'clear', { bytes: number }, number>;

export const privateNames = {
  store: name<StoreMsg>('dead-letters/store'),
  spool: name<SpoolMsg>('dead-letters/spool'),
} as const;
