/** Weather is waited out for a while; then whoever asked is told, and may ask again. */
import type { DbRefusal } from '../../protocols/db-answer.js';

export const patience = { backoffMsMin: 100, backoffMsMax: 5_000, weatherMs: 60_000, askMs: 30_000 } as const;

/** Refusals in a row. */
export interface Trouble {
  readonly sinceMs: number;
  readonly count: number;
  readonly refusal: DbRefusal;
}

export const troubled = (before: Trouble | null, refusal: DbRefusal, nowMs: number): Trouble => ({
  sinceMs: before?.sinceMs ?? nowMs,
  count: (before?.count ?? 0) + 1,
  refusal,
});

/** Whether waiting helps, and has not been tried for too long. */
export const worthWaiting = ({ refusal, sinceMs }: Trouble, nowMs: number): boolean =>
  refusal.retryable && nowMs - sinceMs < patience.weatherMs;

/** Doubling, half of it at random, so that all who wait do not come back together. @param random 0 to 1 */
export function backoffMs({ count }: Trouble, random: number): number {
  const fullMs = Math.min(patience.backoffMsMax, patience.backoffMsMin * 2 ** Math.min(count - 1, 16));
  return fullMs * (0.5 + 0.5 * random);
}
