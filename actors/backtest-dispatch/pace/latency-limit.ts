/**
 * How many attempts one backend should have at once, learned from how long they take. While more of them do not take
 * longer, more are allowed; once they wait for each other, fewer are.
 *
 * Windows of answers are compared by their medians, because requests differ in size a hundredfold. The rule is that of
 * gradient limiters (Netflix concurrency-limits, Gradient): limit = limit x min(1, tolerance x best / median) + sqrt(limit).
 */
export interface LatencyLimit {
  /** Not whole: what was learned is kept between windows. */
  readonly limit: number;
  /** Latencies of the window that is being filled, ms. */
  readonly window: readonly number[];
  /** Medians since the last window at the floor, oldest first. The best is what an unhurried backend takes. */
  readonly medians: readonly number[];
}

export interface LimitRange {
  readonly floor: number;
  readonly ceiling: number;
}

export const defaults = {
  /** Answers that are compared as one. */
  windowSize: 50,
  /** After so many windows one is spent at the floor, to see anew what an unhurried backend takes. */
  windowsMax: 30,
  /** A median up to so many times the best is no queue. */
  tolerance: 2,
  /** No window takes more than half of the limit away. */
  gradientMin: 0.5,
} as const;

export const startingLimit = ({ floor }: LimitRange): LatencyLimit => ({
  limit: floor,
  window: [],
  medians: [],
});

const within = (limit: number, { floor, ceiling }: LimitRange): number =>
  Math.min(ceiling, Math.max(Math.min(floor, ceiling), limit));

/** The limit in force, whole. */
export const limitOf = ({ limit }: LatencyLimit, range: LimitRange): number =>
  Math.floor(within(limit, range));

/** @param inFlight attempts that were out when this one was answered, itself included */
export function learned(
  state: LatencyLimit,
  latencyMs: number,
  inFlight: number,
  range: LimitRange,
): LatencyLimit {
  const window = [...state.window, latencyMs];
  if (window.length < defaults.windowSize) return { ...state, window };
  const median = medianOf(window);
  const medians = [...state.medians, median];
  // Kept for ever, the best would be that of another day; forgotten while many are out, it would creep up with the limit.
  if (medians.length > defaults.windowsMax)
    return { limit: within(range.floor, range), window: [], medians: [] };
  const limit = within(state.limit, range);
  // A limit that is not used says nothing about what it would do.
  if (2 * inFlight < limit) return { limit, window: [], medians };
  const best = Math.min(...medians);
  const gradient = Math.max(
    defaults.gradientMin,
    Math.min(1, (defaults.tolerance * best) / Math.max(median, 1e-3)),
  );
  return { limit: within(limit * gradient + Math.sqrt(limit), range), window: [], medians };
}

/** The backend's usual latency of late, ms; null before the first window is full. */
export const medianNow = ({ medians }: LatencyLimit): number | null => medians.at(-1) ?? null;

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
