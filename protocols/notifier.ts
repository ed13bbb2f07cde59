/**
 * What is said to the notifier. What it should tell somebody is not said to it at all: it is a row of the transaction of
 * its cause, and the notifier finds it there.
 */
import type { DbAnswer } from './db-answer.js';
import type { LaneFigures, LeasedNotification } from './db-notifier.js';
import { name } from './name.js';
import type { Name, Replies } from './name.js';

/**
 * `idle`: nothing waits. `delivering`: one is on its way. `waiting`: the first one waits for its time, after a failure.
 * `paused`: the channel asked for a pause. `blocked`: it refuses us (401, 403, 404, a redirect) and is stopped.
 * `store`: the database does not answer.
 */
export type LaneState = 'idle' | 'delivering' | 'waiting' | 'paused' | 'blocked' | 'store';

export interface LaneError {
  readonly code: string;
  readonly httpStatus: number | null;
  /** Without the address and its secret. */
  readonly message: string;
  readonly atWallMs: number;
}

/** What a lane knows of itself. */
export interface LaneReport {
  readonly lane: string;
  readonly channel: 'webhook' | 'console';
  /** Scheme and host; the rest is secret. */
  readonly target: string;
  readonly state: LaneState;
  /** Until when it waits, is paused or blocked; null otherwise. */
  readonly untilWallMs: number | null;
  /** The newest failure of this incarnation; null before the first. */
  readonly lastError: LaneError | null;
}

/** Null is unknown: the lane has not said, or its figures have not been read. */
export interface LaneStanding extends LaneReport {
  readonly waiting: number | null;
  readonly oldestWallMs: number | null;
  /** Of the last `windowMs`. */
  readonly figures: Omit<LaneFigures, 'lane'> | null;
  /** When the lane last reported; a lane that is down falls silent. */
  readonly asOfWallMs: number;
}

export interface NotifierStanding {
  readonly lanes: readonly LaneStanding[];
  /** Lanes that are configured and have not reported since the start of this incarnation. */
  readonly silent: readonly string[];
  /** Not given a lane yet; null before the first look. */
  readonly unrouted: number | null;
  readonly windowMs: number;
  /** When the outbox was last read; null before. */
  readonly asOfWallMs: number | null;
}

export type NotifierMsg =
  /** A hint: something was written. Without it the outbox is looked at all the same. */
  | { readonly type: 'work_available' }
  | ({ readonly type: 'notifier_standing' } & Replies<NotifierStanding>)
  /** The operator has repaired the lane. False: it was not stopped, or does not exist. */
  | ({ readonly type: 'retry_lane'; readonly lane: string } & Replies<DbAnswer<boolean>>)
  | { readonly type: 'lane_is'; readonly report: LaneReport }
  /** A channel said that nobody at its host is to be sent to for so long. */
  | { readonly type: 'host_paused'; readonly target: string; readonly pauseMs: number };

export type LaneMsg =
  /** There may be something. */
  | { readonly type: 'work' }
  /** Say how you are. */
  | { readonly type: 'report' }
  | { readonly type: 'pause'; readonly pauseMs: number }
  /** The stop was lifted. */
  | { readonly type: 'unblocked' };

/** What the channel made of it. Foreign text is cut, and holds nothing of the address. */
export type Carried =
  | {
      readonly type: 'answered';
      readonly status: number;
      /** Headers by lower-case name, only those that say when to come again. */
      readonly headers: Readonly<Record<string, string>>;
      /** The JSON object of the body; null when there is none. */
      readonly body: Readonly<Record<string, unknown>> | null;
    }
  | { readonly type: 'unreached'; readonly code: string; readonly message: string };

/** One at a time for each lane. */
export type CourierMsg = {
  readonly type: 'carry';
  readonly notification: LeasedNotification;
} & Replies<Carried>;

export const names = {
  desk: name<NotifierMsg>('notifier/desk'),
  lane: (lane: string): Name<LaneMsg> => name(`notifier/lane/${lane}`),
  courier: (lane: string): Name<CourierMsg> => name(`notifier/courier/${lane}`),
} as const;
