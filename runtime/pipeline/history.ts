/** The last half hour in a few figures, so that whoever opens the page later sees what was before. */
import type { FactSource } from '../../actors/operations/ports.js';
import type { DispatchStatus } from '../../protocols/backtest-dispatch.js';
import { countsFrom } from '../../protocols/operations.js';
import type { FactsSnapshot } from '../../protocols/operations.js';
import type { TreeInfo } from '../inspect.js';
import type { LoopDelay } from '../node/loop-delay.js';

export const defaults = { everyMs: 2_000, samplesMax: 900 } as const;

/** The id of the source whose value is the newest `Sample`. */
export const historySource = 'history';

/** Unknown is null. */
export interface Sample {
  readonly wallMs: number;
  /** Requests that came to an end, a second, between the newest two countings. */
  readonly endedPerS: number | null;
  readonly inFlight: number | null;
  /** Delay of the loop since the sample before, ms. */
  readonly loopP99Ms: number | null;
  /** Messages in all mailboxes. */
  readonly waiting: number | null;
}

export interface Sampled {
  readonly wallMs: number;
  readonly facts: FactsSnapshot | null;
  readonly loop: LoopDelay;
  readonly tree: TreeInfo | null;
}

const openStates: ReadonlySet<string> = new Set(['queued', 'leased']);

export class History {
  readonly #samplesMax: number;
  readonly #samples: Sample[] = [];
  #counted: { readonly atWallMs: number; readonly ended: number } | null = null;
  #endedPerS: number | null = null;

  constructor(samplesMax: number = defaults.samplesMax) {
    this.#samplesMax = samplesMax;
  }

  /** Oldest first. */
  get all(): readonly Sample[] {
    return this.#samples;
  }

  add({ wallMs, facts, loop, tree }: Sampled): Sample {
    this.#count(facts);
    const dispatch = facts?.facts['dispatch']?.value as DispatchStatus | null | undefined;
    const sample: Sample = {
      wallMs,
      endedPerS: this.#endedPerS,
      inFlight: dispatch?.inFlight ?? null,
      loopP99Ms: loop.p99,
      waiting: tree === null ? null : waiting(tree),
    };
    this.#samples.push(sample);
    if (this.#samples.length > this.#samplesMax) this.#samples.shift();
    return sample;
  }

  /** Rows are counted less often than samples are taken; between two countings the rate is that of the last. */
  #count(facts: FactsSnapshot | null): void {
    const counts = countsFrom(facts);
    const atWallMs = facts?.facts['counts']?.asOfWallMs ?? null;
    if (counts === null || atWallMs === null) {
      this.#counted = this.#endedPerS = null;
      return;
    }
    if (this.#counted?.atWallMs === atWallMs) return;
    const ended = counts.requests
      .filter(({ state }) => !openStates.has(state))
      .reduce((sum, { count }) => sum + count, 0);
    const before = this.#counted;
    // Retention removes rows, and a clock may be set back: that is no rate.
    const isRate = before !== null && ended >= before.ended && atWallMs > before.atWallMs;
    this.#endedPerS = isRate ? (1_000 * (ended - before.ended)) / (atWallMs - before.atWallMs) : null;
    this.#counted = { atWallMs, ended };
  }
}

const waiting = (place: TreeInfo): number =>
  (place.mailbox?.depth ?? 0) + place.children.reduce((sum, child) => sum + waiting(child), 0);

/** Asked by the monitor, on its clock. */
export const historyFacts = (history: History, sample: () => Promise<Sampled>): FactSource => ({
  id: historySource,
  everyMs: defaults.everyMs,
  read: async () => history.add(await sample()),
});
