import type { State } from '../dispatcher-state.js';
import { rangeOf, rateOf } from '../dispatcher-state.js';
import { allowed } from './breaker.js';
import { shareOf } from './fair-share.js';
import { limitOf } from './latency-limit.js';
import { drawable, refilled, waitMs } from './token-bucket.js';
import type { TokenBucket } from './token-bucket.js';

/** How many requests may be leased now, and who may have the places. */
export interface Places {
  readonly free: number;
  readonly longestWaiting: number;
  readonly fairCredit: number;
  readonly bucket: TokenBucket;
  /** When only the rate stands in the way: how long. Null when an answer has to come first. */
  readonly waitMs: number | null;
}

/** The least of all limits: batch, window, bytes, breaker and rate. */
export function placesFor(state: State, nowMs: number): Places {
  const { settings, inFlight } = state;
  const rate = rateOf(state);
  const bucket = refilled(state.bucket, nowMs, rate);
  const window = Math.min(limitOf(state.limit, rangeOf(state)), allowed(state.breaker)) - inFlight.size;
  const hasBytes = inFlight.size === 0 || inFlight.bytes < settings.inFlightBytesMax;
  const room = hasBytes ? Math.max(0, Math.min(settings.batchMax, window)) : 0;
  const free = Math.min(room, drawable(bucket, rate));
  const { longestWaiting, credit } = shareOf(free, state.fairCredit);
  const waits = room > 0 && free === 0;
  return { free, longestWaiting, fairCredit: credit, bucket, waitMs: waits ? waitMs(bucket, rate) : null };
}
