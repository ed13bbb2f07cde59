import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { IntervalHistogram } from 'node:perf_hooks';

export interface LoopDelay {
  /** Null until something was measured. */
  readonly p99: number | null;
  readonly max: number | null;
}

export interface LoopWatch {
  /** Since the start. */
  read(): LoopDelay;
  /** Since this was last called: for one who asks again and again, such as a history. */
  readSinceLast(): LoopDelay;
  stop(): void;
}

/** The sampler wakes each millisecond, so a free loop shows 1: what is more is delay. */
const resolutionMs = 1;

/** Watches how late the loop of this thread comes to its timers, ms. */
export function watchLoop(): LoopWatch {
  const always = monitorEventLoopDelay({ resolution: resolutionMs });
  const lately = monitorEventLoopDelay({ resolution: resolutionMs });
  always.enable();
  lately.enable();
  return {
    read: () => figures(always),
    readSinceLast: () => {
      const found = figures(lately);
      lately.reset();
      return found;
    },
    stop: () => {
      always.disable();
      lately.disable();
    },
  };
}

const figures = (histogram: IntervalHistogram): LoopDelay =>
  histogram.count === 0
    ? { p99: null, max: null }
    : { p99: delayMs(histogram.percentile(99)), max: delayMs(histogram.max) };

const delayMs = (nanoseconds: number): number =>
  Math.max(0, Math.round((nanoseconds / 1e6 - resolutionMs) * 1_000) / 1_000);
