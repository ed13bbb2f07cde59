/** What could not be delivered or done, kept until somebody redrives or discards it. */
import type { DbAnswer } from './db-writes.js';
import { name } from './name.js';
import type { Replies } from './name.js';

/** Written the way it is stored, so that a spooled letter and a stored one are the same thing. */
export interface Letter {
  /** The same letter again is the same id. */
  readonly letterId: string;
  readonly atWallMs: number;
  readonly reason: string;
  readonly recipient: string;
  readonly sender: string | null;
  readonly incarnation: number | null;
  readonly messageType: string;
  readonly payloadVersion: number;
  /** Null when the payload could not be written as JSON, or is too long. */
  readonly payloadJson: string | null;
  /** What the payload was, for people: a constructor's name, and a size where there is one. */
  readonly payloadType: string;
  /** How often it was tried, and what each try came to. */
  readonly attempts: number;
  readonly errorsJson: string;
}

export interface LetterRow extends Letter {
  readonly state: 'kept' | 'redriven' | 'discarded';
  readonly redrivenWallMs: number | null;
}

/** Where `list` goes on: behind this letter. */
export interface LetterCursor {
  readonly atWallMs: number;
  readonly letterId: string;
}

export interface LetterCounts {
  readonly stored: readonly {
    readonly reason: string;
    readonly state: LetterRow['state'];
    readonly count: number;
    readonly oldestWallMs: number;
  }[];
  /** Removed by retention, by reason: gone, and counted. */
  readonly agedOut: readonly { readonly reason: string; readonly count: number }[];
  /** Waiting in memory for the file. */
  readonly waiting: number;
  /** In the spool, because the file could not be written. */
  readonly spooledBytes: number;
  /** Neither file nor spool could take them: gone, and counted. */
  readonly lost: number;
}

export type DeadLettersMsg =
  | { readonly type: 'keep'; readonly letters: readonly Letter[] }
  /** Kept ones, of one reason or of all, oldest first, at most 500. */
  | ({
      readonly type: 'list';
      readonly after: LetterCursor | null;
      readonly limit: number;
      readonly reason?: string;
    } & Replies<DbAnswer<readonly LetterRow[]>>)
  | ({ readonly type: 'show'; readonly letterId: string } & Replies<DbAnswer<LetterRow | null>>)
  /**
   * What took the letter at `toldWallMs` has it: the letter goes, who had it delivered stays. False: it was gone before, or
   * is of something that died since.
   */
  | ({
      readonly type: 'redriven';
      readonly letterId: string;
      readonly by: string;
      readonly toldWallMs: number;
    } & Replies<DbAnswer<boolean>>)
  | ({ readonly type: 'count' } & Replies<DbAnswer<LetterCounts>>);

export const names = { deadLetters: name<DeadLettersMsg>('dead-letters') } as const;
