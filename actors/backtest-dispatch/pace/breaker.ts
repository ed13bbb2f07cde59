/**
 * Stops asking a backend that fails again and again. `closed`: all is well. `open`: nothing is sent until a time, which
 * doubles with each opening in a row. `half_open`: one attempt goes out to see; its end decides.
 *
 * Failures of data and parameters are no failures of a backend: it has answered.
 */
export type Breaker =
  | { readonly phase: 'closed'; readonly failures: number; readonly openings: 0 }
  | { readonly phase: 'open'; readonly openings: number; readonly untilMs: number }
  | { readonly phase: 'half_open'; readonly openings: number };

export const defaults = {
  /** In a row. */
  failuresMax: 5,
  openMsMin: 5_000,
  openMsMax: 60_000,
} as const;

export const closed: Breaker = { phase: 'closed', failures: 0, openings: 0 };

/** Attempts that may be out by the breaker's leave. */
export const allowed = (breaker: Breaker): number =>
  breaker.phase === 'closed' ? Infinity : breaker.phase === 'half_open' ? 1 : 0;

export const succeeded = (): Breaker => closed;

export function failed(breaker: Breaker, nowMs: number): Breaker {
  // What was out when it opened comes back as failures too; it has been counted.
  if (breaker.phase === 'open') return breaker;
  if (breaker.phase === 'closed') {
    const failures = breaker.failures + 1;
    if (failures < defaults.failuresMax) return { ...breaker, failures };
  }
  const openings = breaker.openings + 1;
  const openMs = Math.min(defaults.openMsMax, defaults.openMsMin * 2 ** Math.min(openings - 1, 16));
  return { phase: 'open', openings, untilMs: nowMs + openMs };
}

/** Time passes: an open breaker lets one try after its time. */
export const timePassed = (breaker: Breaker, nowMs: number): Breaker =>
  breaker.phase === 'open' && nowMs >= breaker.untilMs
    ? { phase: 'half_open', openings: breaker.openings }
    : breaker;
