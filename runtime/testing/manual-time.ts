import type { Alarm, Capabilities, Clock, Random } from '../../actors/kernel/capabilities.js';

interface Armed {
  readonly atMs: number;
  readonly order: number;
  readonly ring: () => void;
}

/**
 * Time that stands still until a test moves it: hand it to `nactHost` in place of the real clock and timers, and every
 * timer, deadline and backoff of the tree happens when the test says so.
 *
 * Law: alarms ring in the order of their times, equal times in the order in which they were set.
 */
export class ManualTime implements Capabilities {
  #nowMs = 0;
  #next = 0;
  readonly #armed = new Set<Armed>();
  readonly clock: Clock;
  readonly alarm: Alarm;

  /** @param startWallMs wall time at the start, ms since the epoch @param random for jitter; the middle by default */
  constructor(
    readonly startWallMs = 0,
    readonly random: Random = () => 0.5,
  ) {
    this.clock = { nowMs: () => this.#nowMs, wallMs: () => this.startWallMs + this.#nowMs };
    this.alarm = {
      set: (delayMs, ring) => {
        const armed = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#next++, ring };
        this.#armed.add(armed);
        return armed;
      },
      clear: (token) => {
        this.#armed.delete(token as Armed);
      },
    };
  }

  /** Rings every alarm that falls due within `ms`, one after the other, each at its own time. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (let next = this.#nextDue(untilMs); next !== undefined; next = this.#nextDue(untilMs)) {
      this.#armed.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.ring();
    }
    this.#nowMs = untilMs;
  }

  /** Alarms that are set. */
  get pending(): number {
    return this.#armed.size;
  }

  #nextDue(untilMs: number): Armed | undefined {
    let first: Armed | undefined;
    for (const armed of this.#armed) {
      if (armed.atMs > untilMs) continue;
      if (
        first === undefined ||
        armed.atMs < first.atMs ||
        (armed.atMs === first.atMs && armed.order < first.order)
      )
        first = armed;
    }
    return first;
  }
}
