/** The last so many durations and their percentiles. Changed in place: it is noted at each send, and read now and then. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export const defaults = { keptMax: 1_000 } as const;

export class RecentTimes {
  readonly #keptMax: number;
  readonly #times: number[] = [];
  #next = 0;

  constructor(keptMax: number = defaults.keptMax) {
    this.#keptMax = keptMax;
  }

  note(ms: number): void {
    this.#times[this.#next] = ms;
    this.#next = (this.#next + 1) % this.#keptMax;
  }

  /** By nearest rank; null before the first. */
  get percentiles(): Percentiles | null {
    if (this.#times.length === 0) return null;
    const sorted = this.#times.toSorted((a, b) => a - b);
    const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
    return { p50: rank(0.5), p99: rank(0.99), max: rank(1) };
  }
}
