/** Monotonic time, for measuring and for everything that waits. Milliseconds, with a fraction where there is one. */
export interface Clock {
  nowMs(): number;
  /** Wall time in ms since the epoch: for people and rows, never for measuring. */
  wallMs(): number;
}

/** One pending wake-up. `delayMs` is at most 2^31 - 1; the kernel splits longer waits itself. */
export interface Alarm {
  set(delayMs: number, ring: () => void): unknown;
  clear(token: unknown): void;
}

/** Uniform in [0, 1): for jitter only. */
export type Random = () => number;

export interface Capabilities {
  readonly clock: Clock;
  readonly alarm: Alarm;
  readonly random: Random;
}
