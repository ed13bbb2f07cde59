import { name, type Replies } from '../../protocols/name.js';
import type { WorkerPoolMsg } from '../../protocols/workers.js';

/** A BACKTEST frame in, a BACKTEST_RESULT frame out. */
export type EnginesMsg = WorkerPoolMsg<Uint8Array, Uint8Array>;

export type DeskMsg =
  /** Answered as soon as one more request may be read. */
  | ({ readonly type: 'room' } & Replies<'room'>)
  | { readonly type: 'request'; readonly bytes: Uint8Array }
  /** A request that no engine shall see, with its answer. */
  | { readonly type: 'refused'; readonly answer: Uint8Array }
  /** The answer has left for the socket. */
  | { readonly type: 'answer_left'; readonly id: number }
  /** Answered as soon as no request is in hand. */
  | ({ readonly type: 'idle' } & Replies<'idle'>);

export type RepliesMsg = { readonly type: 'answer'; readonly id: number; readonly bytes: Uint8Array };

/** Closes the way in, for good. */
export type RequestsMsg = { readonly type: 'stop_reading' } & Replies<'stopped'>;

export const poolNames = {
  replies: name<RepliesMsg>('engine-pool/replies'),
  engines: name<EnginesMsg>('engine-pool/engines'),
  desk: name<DeskMsg>('engine-pool/desk'),
  requests: name<RequestsMsg>('engine-pool/requests'),
};
