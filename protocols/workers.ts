/** What is said to a pool of workers, whatever its workers are: threads, child processes or fakes. */
import type { Replies } from './name.js';

/** Why a request has no answer of its handler. A handler's own failures have codes of their own. */
export type WorkerLossCode =
  /** Refused: as many requests, or bytes, wait already as may. */
  | 'queue_full'
  /** It waited longer than it may, and no worker has seen it. */
  | 'expired'
  /** It cannot be sent to a worker: it holds a function or a socket, or is longer than a worker reads. */
  | 'unsendable'
  /** It was not answered in time, so its worker was killed. */
  | 'timeout'
  /** Its worker was killed for another request, which it held at the same time. */
  | 'worker_killed'
  /** Its worker ended by itself, or was killed by somebody else. */
  | 'worker_died'
  /** Its worker said what makes no sense, and was killed. */
  | 'worker_lied'
  /** Its worker said too much, and was killed. */
  | 'worker_flooded'
  /** Its worker does not even end, and may still be at it. */
  | 'worker_stuck';

/** `retryable`: the same again, later, may succeed. */
export interface WorkerFailed {
  readonly ok: false;
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

/** When it comes, no worker works on the request any more, with the one exception of `worker_stuck`. */
export type WorkerAnswer<Res> = { readonly ok: true; readonly value: Res } | WorkerFailed;

export interface Work<Req> {
  readonly type: 'work';
  readonly request: Req;
  /**
   * That a second worker may do it again after the first was lost in the middle, unless it was this very request that
   * took too long. @defaultValue false: it is answered as failed, as nobody can know how far it came.
   */
  readonly repeatable?: boolean;
  /** What a handler settles repeats by; it stays the same over all attempts. @defaultValue the pool's own number */
  readonly key?: string;
  /** From when a worker has it to its answer; then the worker is killed. @defaultValue the pool's */
  readonly requestMs?: number;
  /** How long it may wait for a worker. @defaultValue the pool's */
  readonly queueMs?: number;
  /** What it weighs while it waits, for the pool's `queueBytesMax`. @defaultValue 0 */
  readonly bytes?: number;
  /** Moved to a thread instead of copied. Not with `repeatable`: what has been moved cannot be sent again. */
  readonly transfer?: readonly ArrayBuffer[];
}

export type WorkerPoolMsg<Req = unknown, Res = unknown> =
  (Work<Req> & Replies<WorkerAnswer<Res>>) | ({ readonly type: 'worker_counts' } & Replies<WorkerCounts>);

/** accepted = done + failed + expired + inFlight + queued, at any time. */
export interface WorkerCounts {
  readonly size: number;
  /** Workers that are up and take requests. */
  readonly ready: number;
  readonly inFlight: number;
  readonly queued: number;
  readonly queuedBytes: number;
  readonly accepted: number;
  readonly done: number;
  /** By a handler or with a worker. */
  readonly failed: number;
  readonly expired: number;
  readonly refused: number;
  /** Attempts after the first. */
  readonly retried: number;
  /** Workers that came up after the first of their place. */
  readonly restarts: number;
  /** Workers that were ended by us, for hanging, lying or flooding. */
  readonly killed: number;
  /** Workers lost, by code. */
  readonly losses: Readonly<Partial<Record<string, number>>>;
  /** Time in which a worker had something in hand, over all workers. */
  readonly busyMs: number;
}

/** Something that a worker says unasked, such as progress. Handed on within the pool's limit. */
export interface WorkerNotice {
  readonly type: 'worker_notice';
  readonly pool: string;
  readonly worker: number;
  readonly notice: unknown;
}
