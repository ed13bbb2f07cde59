import type { Handle } from '../../actors/kernel/behavior.js';
import { name, type Replies } from '../../protocols/name.js';

/** What became of one request in a worker. Both failures are weather: the same request may be asked again. */
export type Worked =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly code: 'worker_died' | 'engine_timeout'; readonly message: string };

export type WorkerMsg = { readonly type: 'run'; readonly bytes: Uint8Array } & Replies<Worked>;

export type DeskMsg =
  /** Answered as soon as one more request may be read. */
  | ({ readonly type: 'room' } & Replies<'room'>)
  | { readonly type: 'request'; readonly bytes: Uint8Array }
  /** A request that no engine shall see, with its answer. */
  | { readonly type: 'refused'; readonly answer: Uint8Array }
  | { readonly type: 'worker_up'; readonly worker: Handle<WorkerMsg> }
  /** The answer has left for the socket. */
  | { readonly type: 'answer_left'; readonly id: number }
  /** Answered as soon as no request is in hand. */
  | ({ readonly type: 'idle' } & Replies<'idle'>);

export type RepliesMsg = { readonly type: 'answer'; readonly id: number; readonly bytes: Uint8Array };

/** Closes the way in, for good. */
export type RequestsMsg = { readonly type: 'stop_reading' } & Replies<'stopped'>;

export const poolNames = {
  replies: name<RepliesMsg>('engine-pool/replies'),
  desk: name<DeskMsg>('engine-pool/desk'),
  requests: name<RequestsMsg>('engine-pool/requests'),
};
