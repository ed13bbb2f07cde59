import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface LoopDelay {
  /** Null until something was measured. */
  readonly p99: number | null;
  readonly max: number | null;
}

export interface LoopWatch {
  read(): LoopDelay;
  stop(): void;
}

/** The sampler wakes each millisecond, so a free loop shows 1: what is more is delay. */
const resolutionMs = 1;

/** Watches how late the loop of this thread comes to its timers, ms. */
export function watchLoop(): LoopWatch {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  return {
    read: () =>
      histogram.count === 0
        ? { p99: null, max: null }
        : { p99: delayMs(histogram.percentile(99)), max: delayMs(histogram.max) },
    stop: () => {
      histogram.disable();
    },
  };
}

const delayMs = (nanoseconds: number): number =>
  Math.max(0, Math.round((nanoseconds / 1e6 - resolutionMs) * 1_000) / 1_000);
