/** Overnight rates from a time on, in price units per day held. */
export interface SwapRate {
  readonly fromS: number;
  readonly long: number;
  readonly short: number;
}

export type Side = 'long' | 'short';

export const dayOf = (timeS: number): number => Math.trunc(timeS / 86_400);

/** What a position earned overnight: the rate in force at its exit, for every day held. */
export function swapFor(rates: readonly SwapRate[], side: Side, entryS: number, exitS: number): number {
  const days = dayOf(exitS) - dayOf(entryS);
  if (days <= 0) return 0;
  let inForce: SwapRate | null = null;
  let latestS = -1;
  for (const rate of rates) {
    if (rate.fromS <= exitS && rate.fromS > latestS) {
      inForce = rate;
      latestS = rate.fromS;
    }
  }
  return inForce === null ? 0 : inForce[side] * days;
}
