import type { LeasedRequest } from '../../protocols/db-rows.js';
import type { InFlight } from './in-flight.js';

/**
 * A request that went down with a crash this often is tried alone: the store takes one crash more for its fault, so that one
 * has to be its own. Whatever was out beside the real cause would be given up with it otherwise.
 */
export const suspectRescues = 2;

export const isSuspect = ({ rescues }: LeasedRequest): boolean => rescues >= suspectRescues;

/** Leased, and kept back until nothing else is out; the first may be the one that is being tried. */
export interface Suspects {
  readonly waiting: readonly LeasedRequest[];
  /** The attempt that is out alone; null when none is. */
  readonly trying: string | null;
}

export const noSuspects: Suspects = { waiting: [], trying: null };

/** Without those whose attempts have ended or gone back meanwhile. */
export function stillOut({ waiting, trying }: Suspects, inFlight: InFlight): Suspects {
  const out = waiting.filter(({ attemptId }) => inFlight.get(attemptId) !== undefined);
  return { waiting: out, trying: trying !== null && inFlight.get(trying) !== undefined ? trying : null };
}

/** Whether somebody is to be alone: nothing else is leased before. */
export const isAnyHeld = ({ waiting, trying }: Suspects): boolean => waiting.length > 0 || trying !== null;

/** The one whose turn it is; undefined while anything else is out. */
export const nextAlone = ({ waiting, trying }: Suspects, inFlight: InFlight): LeasedRequest | undefined =>
  trying === null && inFlight.size === waiting.length ? waiting[0] : undefined;
