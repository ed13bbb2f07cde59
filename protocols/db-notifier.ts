/** What the outbox is asked of the stores. A notification is a row of the transaction of whatever caused it. */
import type { Verb } from './db-answer.js';

export type Severity = 'info' | 'warn' | 'page';

export type Topic = 'ranks' | 'pairs' | 'data' | 'alerts' | 'summary';

/** `default`: for topics that are not named. */
export type LanesByTopic = Readonly<Partial<Record<Topic, string>>> & { readonly default: string };

/** What somebody should be told. It is written with its cause, in one transaction, or not at all. */
export interface NewNotification {
  /** Follows from the cause: the same cause twice is the same notification. */
  readonly notificationId: string;
  /** What it is about; the configuration says which lane takes which topic. */
  readonly topic: Topic;
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

/**
 * `pending` until it is `delivered` (its channel said so), `dead_lettered` (given up, kept as a letter), `expired` (older
 * than it is worth) or `collapsed` (a newer one says the same better).
 */
export type NotificationState = 'pending' | 'delivered' | 'dead_lettered' | 'expired' | 'collapsed';

/** A notification on its way out: its lane has begun attempt `number` at it, and that is a row. */
export interface LeasedNotification extends NewNotification {
  readonly seq: number;
  readonly attemptId: string;
  readonly number: number;
  /** Attempts that failed before; those that were told to wait do not count. */
  readonly attemptsUsed: number;
}

export interface LeaseNotificationAnswer {
  readonly leased: LeasedNotification | null;
  /** When the lane's first one is due, wall ms; null: nothing waits. */
  readonly nextDueWallMs: number | null;
  /** The lane is stopped until then; null: it is not. */
  readonly blockedUntilWallMs: number | null;
}

export type AttemptEnd = 'delivered' | 'retry' | 'rate_limited' | 'dead_lettered';

/** How an attempt ended. It changes its notification once, and only while it is that notification's open attempt. */
export interface EndedAttempt {
  readonly attemptId: string;
  readonly lane: string;
  readonly outcome: AttemptEnd;
  readonly httpStatus: number | null;
  readonly code: string | null;
  readonly wallMs: number;
  /** When it may be tried again, for `retry` and `rate_limited`. */
  readonly dueWallMs: number;
  /** The lane refuses everybody: it is stopped until then, and somebody is told, on another lane. */
  readonly block: {
    readonly bootId: string;
    readonly untilWallMs: number;
    readonly alarm: NewNotification;
    readonly alarmLane: string;
    /** No second alarm about the lane within this time. */
    readonly alarmWindowMs: number;
  } | null;
}

export type NotifierCoreMsg =
  /** For causes that have no transaction of their own. Answers how many were new. */
  | Verb<'create_notifications', { notifications: readonly NewNotification[] }, { readonly created: number }>
  /** At a start: what other boots had on its way is on nobody's way, and lanes that are gone have no mail. */
  | Verb<
      'recover_notifications',
      { bootId: string; lanes: readonly string[]; wallMs: number },
      { readonly abandoned: number }
    >
  /** Gives unrouted ones their lanes, lets newer ones take the place of older ones, and ends what is too old. */
  | Verb<
      'route_notifications',
      {
        lanes: LanesByTopic;
        wallMs: number;
        limit: number;
      },
      { readonly routed: number; readonly collapsed: number; readonly expired: number }
    >
  /** The first of the lane, if it is due; what the lane had open before is abandoned, for a lane has one at a time. */
  | Verb<
      'lease_notification',
      {
        lane: string;
        attemptId: string;
        bootId: string;
        wallMs: number;
        /** No wait is longer: what is due later than that was set by a clock that has been put back. */
        waitMsMax: number;
      },
      LeaseNotificationAnswer
    >
  /** False: it had ended before, or was abandoned. */
  | Verb<'end_notification_attempt', { ended: EndedAttempt }, boolean>
  /** Dead-lettered or expired: pending again, with all its attempts and its time. Its state before; null: unknown. */
  | Verb<'redrive_notification', { notificationId: string; wallMs: number }, NotificationState | null>
  /** The operator says that the lane can be used again. False: it was not stopped. */
  | Verb<'unblock_lane', { lane: string }, boolean>
  /** Retention: the oldest that ended before a time, at most `limit`. */
  | Verb<'prune_notifications', { beforeWallMs: number; limit: number }, { readonly pruned: number }>;

/** What waits for a lane, or for being routed (`lane` null). */
export interface WaitingNotifications {
  readonly lane: string | null;
  readonly waiting: number;
  readonly oldestWallMs: number;
}

export interface OutboxLook {
  readonly waiting: readonly WaitingNotifications[];
  /** When the first pending one is too old; null: none is pending. */
  readonly nextExpiryWallMs: number | null;
}

/** What a lane did within a time, from the rows. */
export interface LaneFigures {
  readonly lane: string;
  readonly delivered: number;
  readonly deadLettered: number;
  readonly expired: number;
  readonly collapsed: number;
  readonly retries: number;
  readonly rateLimited: number;
  /** Created to delivered, ms, by nearest rank; null when nothing was delivered. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
}

export type NotifierReaderMsg =
  | Verb<
      'notification_counts',
      unknown,
      readonly { readonly topic: string; readonly state: string; readonly count: number }[]
    >
  | Verb<'outbox_look', unknown, OutboxLook>
  | Verb<'lane_figures', { sinceWallMs: number }, readonly LaneFigures[]>
  /** Counts of the notifications whose id begins with one of these (an id follows from its cause), or has such a key. */
  | Verb<
      'notifications_caused',
      { prefixes: readonly string[]; collapseKeys: readonly string[] },
      readonly { readonly lane: string | null; readonly state: NotificationState; readonly count: number }[]
    >;
