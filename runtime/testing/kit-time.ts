import type { Alarm, Clock } from '../../actors/kernel/capabilities.js';

interface Pending {
  readonly dueMs: number;
  readonly ring: () => void;
}

/** Time that stands still until a test moves it: for drivers and ports that are given a clock and an alarm. */
export class ManualTime {
  readonly clock: Clock;
  readonly alarm: Alarm;
  readonly #pending = new Set<Pending>();
  #nowMs = 0;

  /** @param wallMs at the start, ms since the epoch. @defaultValue 2020-01-01T00:00Z */
  constructor(wallMs: number = Date.UTC(2020, 0, 1)) {
    this.clock = { nowMs: () => this.#nowMs, wallMs: () => wallMs + this.#nowMs };
    this.alarm = {
      set: (delayMs, ring) => {
        const pending = { dueMs: this.#nowMs + delayMs, ring };
        this.#pending.add(pending);
        return pending;
      },
      clear: (token) => void this.#pending.delete(token as Pending),
    };
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Alarms that have not rung. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Rings what falls due, in its order; of equals the one set first. What is set meanwhile rings too when it is due. */
  advance(ms: number): void {
    if (!(ms >= 0 && ms < Infinity)) throw new RangeError(`advance: expected 0 ms or more, got ${ms}`);
    const untilMs = this.#nowMs + ms;
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#pending.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.ring();
    }
    this.#nowMs = untilMs;
  }

  #next(untilMs: number): Pending | undefined {
    let first: Pending | undefined;
    for (const pending of this.#pending)
      if (pending.dueMs <= untilMs && (first === undefined || pending.dueMs < first.dueMs)) first = pending;
    return first;
  }
}
