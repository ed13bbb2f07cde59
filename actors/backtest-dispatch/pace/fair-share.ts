/**
 * Urgent requests go first, and yet the backlog never starves: one place in eight goes to whatever has waited longest,
 * whatever its class. Places are credited in fractions, so that leases of one at a time come to the same share.
 */
export const defaults = { longestWaitingShare: 1 / 8 } as const;

export interface Share {
  /** How many of the places go to the longest waiting. */
  readonly longestWaiting: number;
  readonly credit: number;
}

export function shareOf(places: number, credit: number): Share {
  const due = credit + places * defaults.longestWaitingShare;
  const longestWaiting = Math.min(places, Math.floor(due));
  return { longestWaiting, credit: due - longestWaiting };
}
