/** What crosses between the main thread and a storage thread. Calls are answered once each, in any order. */
import type { PragmaValues } from '../database.js';
import type { StorageErrorData } from '../errors.js';

export type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: StorageErrorData };

export interface Call {
  readonly id: number;
  /** The caller's estimate of what it weighs. */
  readonly bytes: number;
  readonly body: unknown;
}

/** `bug`: the call itself was wrong (bad SQL); its promise is rejected, the thread goes on. */
export type Answer =
  | ({ readonly id: number } & Outcome<unknown>)
  | { readonly id: number; readonly ok: 'bug'; readonly message: string };

export type ToThread =
  { readonly type: 'calls'; readonly calls: readonly Call[] } | { readonly type: 'close' };

/** `busy` and `wal` are sent while a thread waits for somebody else's lock, so that an alarm needs no answer to come first. */
export type FromThread =
  | { readonly type: 'ready'; readonly opened: Opened }
  | { readonly type: 'open_failed'; readonly error: StorageErrorData }
  | { readonly type: 'answers'; readonly answers: readonly Answer[]; readonly stats: unknown }
  | { readonly type: 'busy'; readonly waitedMs: number }
  /** The log is over its limit and cannot be cut, because a reader holds it; null once it is below again. */
  | { readonly type: 'wal'; readonly bytesOver: number | null };

export interface Opened {
  readonly pragmas: PragmaValues;
  readonly schemaVersion: number;
  /** Names of the migrations that this opening applied. */
  readonly migrated: readonly string[];
  /** Commits that were acknowledged to somebody and are not in the file any more. */
  readonly lostCommits: number;
}
