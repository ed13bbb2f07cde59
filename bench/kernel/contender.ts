/** The rows of the race, each a way to use actors. Sizes are messages, or actors for `spawn`. */
export const rows = {
  flood: { title: 'flood of one actor', messages: 1_000_000 },
  bursts: { title: 'bursts of 100', messages: 1_000_000 },
  pingPong: { title: 'ping-pong', messages: 1_000_000 },
  ring: { title: 'ring of 1,000', messages: 1_000_000 },
  askOne: { title: 'asks one at a time', messages: 200_000 },
  askMany: { title: '100 asks in flight', messages: 400_000 },
  spawn: { title: 'spawn and stop', messages: 20_000 },
} as const;

export type RowName = keyof typeof rows;

/** Started before the first message and stopped after the last, so that building and tearing down do not count. */
export class Stopwatch {
  #startMs = NaN;
  ms = NaN;
  start(): void {
    this.#startMs = performance.now();
  }
  stop(): void {
    this.ms = performance.now() - this.#startMs;
  }
}

/** One round of one row: does `messages` and resolves when the last of them has been handled and counted. */
export type Round = (messages: number, watch: Stopwatch) => Promise<void>;

/**
 * A library in the race. A row it cannot run is absent.
 * A round that did not do its work throws: a figure without the work is worth nothing.
 */
export interface Contender {
  readonly name: string;
  /** Share of a row's messages that this contender is given, so that a slow one does not take the whole time. */
  readonly share: number;
  readonly rounds: Partial<Record<RowName, Round>>;
  close?(): Promise<void>;
}

/** @throws Error when the count is not the one expected */
export function expectCount(who: string, expected: number, found: number): void {
  if (expected !== found) throw new Error(`${who}: expected ${expected} messages handled, counted ${found}`);
}

export const RING = 1_000;
export const BURST = 100;
export const IN_FLIGHT = 100;
