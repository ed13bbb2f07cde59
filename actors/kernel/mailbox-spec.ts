/**
 * What happens to a message that finds its mailbox full.
 *
 * - `reject`: the sender is told; nothing is lost.
 * - `drop_oldest`, `drop_newest`: the oldest or the arriving message becomes a dead letter.
 * - `conflate`: a message replaces the waiting one with the same key at any depth, in the place of the older; what it
 *   replaced becomes a dead letter. A message with a new key is rejected when the mailbox is full.
 */
export type Overflow = 'reject' | 'drop_oldest' | 'drop_newest' | 'conflate';

export interface MailboxSpec<Msg = never> {
  /** Messages that may wait, 1 to 2^24. Control entries do not count against it. */
  readonly capacity: number;
  /** @defaultValue 'reject' */
  readonly overflow?: Overflow;
  /** Needed with, and only with, `conflate`. */
  readonly key?: (message: Msg) => string;
  /** A message that waited longer than this becomes a dead letter instead of being handled. Default: no limit. */
  readonly expiryMs?: number;
}
