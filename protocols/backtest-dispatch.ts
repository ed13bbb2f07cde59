/**
 * One backtest from `submit` to `settled`: a durable row, a leased attempt with its own id on the wire, a frame out, a
 * frame back, one transaction. Every number of a request in flight is a row; nothing here is the only copy of anything.
 */
import type { BacktestRequest } from './backtest-wire/index.js';
import type { NewRequest, SubmitOutcome } from './db-rows.js';
import type { DbAnswer } from './db-writes.js';
import { name } from './name.js';
import type { Replies } from './name.js';

/** What a request's `payloadJson` holds: all of the wire's request but its id, which is the attempt's. */
export type BacktestPayload = Omit<BacktestRequest, 'requestId' | 'candles'> & {
  readonly candlesFile: string;
};

export const payloadVersion = 1;

/** Pace of the dispatch; each can be changed live, is kept over a restart, and says what it was set to. */
export interface DispatchSettings {
  /** Nothing new is leased; what is out is still answered. */
  readonly paused: boolean;
  /** Ceiling of the attempts out at once, 1 to 10,000; below it the limit follows the backend's latency. */
  readonly inFlightMax: number;
  /** Floor of that limit, 1 to 10,000; the same as the ceiling makes the limit a fixed one. */
  readonly inFlightMin: number;
  /** Bytes of request frames out at once, 1 KiB to 1 GiB. A batch is leased whole, so one batch may pass it. */
  readonly inFlightBytesMax: number;
  /** Attempts leased a second, 0 to 100,000; 0 is no limit. */
  readonly ratePerS: number;
  /** Attempts leased in one batch, 1 to 1,000. */
  readonly batchMax: number;
  /** Between two batches, 0 to 60,000 ms. */
  readonly intervalMs: number;
}

/** Classes of urgency; lower goes first. One place in eight goes to the longest waiting of any class. */
export const priorities = { live: 0, oos: 50, backlog: 100 } as const;

export interface DispatchStatus {
  /** `breaker_open`: the backend failed too often in a row; it is tried again after a while. */
  readonly phase: 'recovering' | 'waiting_for_backend' | 'paused' | 'breaker_open' | 'dispatching';
  readonly settings: DispatchSettings;
  readonly backend: { readonly backend: string; readonly session: string; readonly workers: number } | null;
  readonly inFlight: number;
  readonly inFlightBytes: number;
  /** Attempts that may be out now, by what was learned; and the backend's median latency of late, null when unknown. */
  readonly limit: { readonly now: number; readonly medianMs: number | null };
  readonly breaker: { readonly phase: 'closed' | 'open' | 'half_open'; readonly openings: number };
  /** How long something has been out without anything having ended, ms; null while nothing is out. */
  readonly silentMs: number | null;
  /** Since this actor started; for display, never for accounting. */
  readonly counts: Readonly<
    Record<'leased' | 'settled' | 'requeued' | 'late' | 'returned' | 'expired' | 'unsendable', number>
  >;
  /** The last refusal of the store; null when its last answer was good. */
  readonly trouble: { readonly code: string; readonly message: string; readonly sinceWallMs: number } | null;
}

/** How an attempt ended. Its place is free again. */
export interface Settled {
  readonly type: 'settled';
  readonly attemptId: string;
  readonly requestId: string | null;
  readonly disposition:
    'applied' | 'requeued' | 'failed' | 'dead_lettered' | 'late' | 'stale' | 'duplicate' | 'unknown_attempt';
  /** Why it failed; left out for a success. */
  readonly failureCode?: string;
}

export type DispatcherMsg =
  /** Answered at level durable, 1 to 500 at a time. Repeatable: the same keys attach. */
  | ({ readonly type: 'submit'; readonly requests: readonly NewRequest[] } & Replies<
      DbAnswer<readonly SubmitOutcome[]>
    >)
  /** Somebody else queued something. A hint: without it the backlog is looked at once a minute. */
  | { readonly type: 'work_available' }
  | Settled
  | { readonly type: 'sent'; readonly attemptIds: readonly string[]; readonly wallMs: number }
  /** It did not leave: the lease goes back unused, or for `too_large` the request fails. */
  | {
      readonly type: 'not_sent';
      readonly attemptId: string;
      readonly reason: 'link_full' | 'no_backend' | 'too_large';
    }
  | BackendUp
  | BackendDown
  /** What is left out stays. Answered once it is durable. `invalid`: nothing was changed. */
  | ({
      readonly type: 'change_settings';
      readonly settings: Partial<DispatchSettings>;
      readonly changedBy: string;
    } & Replies<DbAnswer<DispatchSettings>>)
  | ({ readonly type: 'status' } & Replies<DispatchStatus>)
  /** Answers as soon as more than `seen` attempts have settled since the actor started: something to look at. */
  | ({ readonly type: 'settled_since'; readonly seen: number } & Replies<{ readonly settled: number }>);

/** A backend is ready for requests. A `session` is one life of it: what one session held, the next does not know. */
export interface BackendUp {
  readonly type: 'backend_up';
  readonly backend: string;
  readonly session: string;
  /** Where its PULL socket is bound. */
  readonly requestsEndpoint: string;
  readonly workers: number;
}

/** Every attempt that this session held is gone with it. `crash`: false when we ended it on purpose, or somebody killed it. */
export interface BackendDown {
  readonly type: 'backend_down';
  readonly backend: string;
  readonly session: string;
  readonly reason: string;
  readonly crash: boolean;
}

/** The link tells the dispatcher of its backend, after it has opened or closed its own socket. */
export type BackendLinkMsg =
  | BackendUp
  | BackendDown
  | { readonly type: 'send'; readonly attemptId: string; readonly frame: string }
  /** A dispatcher began: it wants to know what is up. */
  | { readonly type: 'who_is_up' }
  | ({ readonly type: 'link_standing' } & Replies<LinkStanding>);

export interface LinkStanding {
  readonly backend: string | null;
  readonly queued: number;
  readonly queuedBytes: number;
  readonly sent: number;
  readonly sentBytes: number;
  /** How often the socket was full and a frame had to wait. */
  readonly full: number;
  /** How long a send took, of the newest thousand, ms; null before the first. */
  readonly sendMs: { readonly p50: number; readonly p99: number; readonly max: number } | null;
}

export type ResultReceiverMsg =
  /** The applier has dealt with a frame: there is room for another. */
  | { readonly type: 'frame_done'; readonly frameId: string }
  /** Where backends connect their results. */
  | ({ readonly type: 'results_endpoint' } & Replies<string>)
  | ({ readonly type: 'receiver_standing' } & Replies<ReceiverStanding>);

export interface ReceiverStanding {
  readonly endpoint: string;
  readonly frames: number;
  readonly bytes: number;
  /** Over the limit, and refused unread. */
  readonly tooLarge: number;
  /** Handed on and not dealt with yet. */
  readonly windowFrames: number;
  readonly windowBytes: number;
  /** How often reading stopped because the window was full. */
  readonly stalls: number;
}

export type ResultApplierMsg =
  | {
      readonly type: 'frame';
      readonly frameId: string;
      readonly frame: Uint8Array;
      readonly receivedWallMs: number;
    }
  | ({ readonly type: 'applier_standing' } & Replies<ApplierStanding>);

export interface ApplierStanding {
  readonly pending: number;
  /** Steps that the store refused and that were tried again. */
  readonly retries: number;
  readonly unreadable: number;
  readonly dispositions: Readonly<Partial<Record<Settled['disposition'], number>>>;
}

export const names = {
  dispatcher: name<DispatcherMsg>('backtest-dispatch/dispatcher'),
  backendLink: name<BackendLinkMsg>('backtest-dispatch/backend-link'),
  resultReceiver: name<ResultReceiverMsg>('backtest-dispatch/result-receiver'),
  resultApplier: name<ResultApplierMsg>('backtest-dispatch/result-applier'),
} as const;
