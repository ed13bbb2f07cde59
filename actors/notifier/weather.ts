/** Waiting out what a store cannot do now. */
import type { DbRefusal } from '../../protocols/db-answer.js';

/** Doubling from 100 ms to 5 s, half of it at random. */
export const weatherMs = (refusals: number, random: number): number =>
  Math.ceil(Math.min(5_000, 100 * 2 ** Math.min(refusals, 16)) * (0.5 + 0.5 * random));

/** A verb that was wrong in itself; everything else is met by waiting. */
export const isSurprise = ({ code }: DbRefusal): boolean => code === 'bug' || code === 'constraint';
