/**
 * How many restarts a supervisor has made lately, and whether one more is allowed.
 *
 * Closed window, as OTP's add_restart: the current time goes in, entries older than the period come out, and the
 * restart goes ahead when no more than `intensity` remain. Times are monotonic milliseconds.
 */
export class RestartIntensity {
  readonly #intensity: number;
  readonly #periodMs: number;
  #times: number[] = [];

  constructor(intensity: number, periodMs: number) {
    this.#intensity = intensity;
    this.#periodMs = periodMs;
  }

  /** Records an attempt; false means that the supervisor has to give up. Holds at most `intensity + 1` times. */
  allow(nowMs: number): boolean {
    const recent = this.#times.filter((time) => nowMs - time <= this.#periodMs);
    recent.push(nowMs);
    this.#times = recent.slice(-(this.#intensity + 1));
    return recent.length <= this.#intensity;
  }

  /** Restarts recorded and not yet older than the period. */
  recent(nowMs: number): number {
    return this.#times.filter((time) => nowMs - time <= this.#periodMs).length;
  }
}
