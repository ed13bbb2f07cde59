/** What the stores are asked for by retention: small steps that can be repeated, each with its count. */
import type { Verb } from './db-answer.js';
import type { Replies } from './name.js';
import { name } from './name.js';

export type RetentionCoreMsg =
  /** Those of them that ended before and that nothing wants any more go; answers which. */
  | Verb<'purge_requests', { requestIds: readonly string[]; beforeWallMs: number }, readonly string[]>
  /** Lists of these attempts are gone from the trades file. */
  | Verb<'forget_attempts', { attemptIds: readonly string[] }, null>
  /** Keys of requests that ended before become free; at most `limit`, answers how many. */
  | Verb<'forget_keys', { beforeWallMs: number; limit: number }, number>
  /** Of each strategy's verdicts and transitions the newest `keep` stay; at most `limit` rows of each go. */
  | Verb<'trim_verdicts', { strategyIds: readonly string[]; keep: number; limit: number }, number>;

export interface AgedRequest {
  readonly seq: number;
  readonly requestId: string;
  readonly submittedWallMs: number;
  readonly mayGo: 0 | 1;
}

export interface RemovedCount {
  /** Such as `requests` or `trades`. */
  readonly what: string;
  readonly rows: number;
}

export type RetentionReaderMsg =
  /** A page in the order of submission; the first begins after 0. */
  | Verb<'aged_requests', { afterSeq: number; beforeWallMs: number; limit: number }, readonly AgedRequest[]>
  | Verb<'purged_attempts', { limit: number }, readonly string[]>
  /** A page of strategies by id, the first after the empty text, and whether they hold more than `keep`. */
  | Verb<
      'long_histories',
      { after: string; keep: number; limit: number },
      readonly { readonly strategyId: string; readonly isLong: 0 | 1 }[]
    >
  /** Those of which core has no row. */
  | Verb<'unknown_attempts', { attemptIds: readonly string[] }, readonly string[]>
  /** Rows of the core file that were ever removed. */
  | Verb<'removed_counts', unknown, readonly RemovedCount[]>;

export interface OldList {
  readonly listId: number;
  readonly attemptId: string;
}

export type RetentionTradesMsg =
  /** At most `rowsMax` trades go; a list goes with its last one. Answers which lists are still there. */
  | Verb<'drop_lists', { attemptIds: readonly string[]; rowsMax: number }, readonly string[]>
  /** A page of lists that were received before, by id; the first begins after 0. */
  | Verb<'old_lists', { afterListId: number; beforeWallMs: number; limit: number }, readonly OldList[]>;

/** What is kept for how long. Days are 24 h; every limit is counted from the end of what it limits. */
export interface RetentionSettings {
  /** Requests with their attempts, results and late answers, and their trade lists, 1 to 3,650 days. @defaultValue 30 */
  readonly requestDays: number;
  /** Keys of requests, 1 to 3,650 days; less than `requestDays` counts as that. @defaultValue 90 */
  readonly keyDays: number;
  /** Verdicts of each strategy, newest first, 1 to 10,000. @defaultValue 10 */
  readonly verdictsKept: number;
}

export interface RetentionStanding {
  /** `resting` until the next sweep. */
  readonly phase: 'resting' | 'requests' | 'lists' | 'keys' | 'verdicts' | 'orphans';
  readonly settings: RetentionSettings;
  /** Sweeps ended since this actor started, and when the last one did. */
  readonly sweeps: number;
  readonly sweptWallMs: number | null;
  /** Rows removed since this actor started; the stores hold the sums. */
  readonly removed: Readonly<Record<string, number>>;
  /** The last refusal of a store; null when its last answer was good. */
  readonly trouble: { readonly code: string; readonly message: string } | null;
}

export type RetentionMsg =
  /** Begins at once, if it is resting. */
  { readonly type: 'sweep' } | ({ readonly type: 'retention_standing' } & Replies<RetentionStanding>);

export const retentionName = name<RetentionMsg>('db-writes/retention');
