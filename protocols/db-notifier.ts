/** What the outbox is asked of the stores. A notification is a row of the transaction of whatever caused it. */
import type { Verb } from './db-answer.js';

export type Severity = 'info' | 'warn' | 'page';

/** What somebody should be told. It is written with its cause, in one transaction, or not at all. */
export interface NewNotification {
  /** Follows from the cause: the same cause twice is the same notification. */
  readonly notificationId: string;
  /** What it is about; the configuration says which lane takes which topic. */
  readonly topic: 'ranks' | 'pairs' | 'data' | 'alerts' | 'summary';
  readonly severity: Severity;
  /** 1 to 256 characters. */
  readonly title: string;
  /** Up to 4,096 characters. */
  readonly body: string;
  /** A newer pending notification with the same key takes the place of an older one; null never collapses. */
  readonly collapseKey: string | null;
  /** Wall clock of the data it speaks of: what is shown, and what makes it stale. */
  readonly sourceWallMs: number;
  readonly createdWallMs: number;
  /** Not worth delivering after that. */
  readonly expiresWallMs: number;
}

export type NotifierCoreMsg =
  /** For causes that have no transaction of their own. Answers how many were new. */
  Verb<'create_notifications', { notifications: readonly NewNotification[] }, { readonly created: number }>;

export type NotifierReaderMsg = Verb<
  'notification_counts',
  unknown,
  readonly { readonly topic: string; readonly state: string; readonly count: number }[]
>;
