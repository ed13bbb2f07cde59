/** Waiting out what a store cannot do now. */
import type { DbRefusal } from '../../protocols/db-writes.js';

export const defaults = { backoffMsMin: 100, backoffMsMax: 5_000 } as const;

/**
 * Doubling from 100 ms to 5 s, half of it at random, so that all who wait do not come back together.
 * @param refusals in a row before this one
 * @param random 0 to 1
 */
export function backoffMs(refusals: number, random: number): number {
  const fullMs = Math.min(defaults.backoffMsMax, defaults.backoffMsMin * 2 ** Math.min(refusals, 16));
  return fullMs * (0.5 + 0.5 * random);
}

/** A verb that was wrong in itself. Everything else, a corrupt file included, is met by waiting for people. */
export const isSurprise = ({ code }: DbRefusal): boolean => code === 'bug' || code === 'constraint';
