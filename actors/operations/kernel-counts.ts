import type { KernelEvent } from '../kernel/events.js';

/** Paths counted one by one; what fails beyond is counted together, so that a scrape stays small. */
export const defaults = { pathsMax: 200 } as const;

/** The name under which the rest is counted. */
export const otherPaths = '(other)';

/**
 * Counts what the kernel tells, for metrics and summaries of this process. It listens directly and not as an actor: a
 * full mailbox must not lose the count of what filled it.
 */
export class KernelCounts {
  readonly #pathsMax: number;
  readonly #restartsByPath = new Map<string, number>();
  readonly #deadLettersByReason = new Map<string, number>();
  #restarts = 0;
  #crashes = 0;
  #gaveUp = 0;
  #orphans = 0;
  #slowTurns = 0;
  #longestTurnMs: number | null = null;

  constructor(pathsMax: number = defaults.pathsMax) {
    this.#pathsMax = pathsMax;
  }

  readonly note = (event: KernelEvent): void => {
    switch (event.type) {
      case 'restarting': {
        this.#restarts++;
        const known = this.#restartsByPath.has(event.path) || this.#restartsByPath.size < this.#pathsMax;
        const path = known ? event.path : otherPaths;
        this.#restartsByPath.set(path, (this.#restartsByPath.get(path) ?? 0) + 1);
        return;
      }
      case 'crashed':
        this.#crashes++;
        return;
      case 'gave_up':
        this.#gaveUp++;
        return;
      case 'orphaned':
        this.#orphans++;
        return;
      case 'slow_turn':
        this.#slowTurns++;
        this.#longestTurnMs = Math.max(this.#longestTurnMs ?? 0, event.ms);
        return;
      case 'dead_letter': {
        const { reason } = event.letter;
        this.#deadLettersByReason.set(reason, (this.#deadLettersByReason.get(reason) ?? 0) + 1);
        return;
      }
      default:
    }
  };

  read(): KernelCountsRead {
    return {
      restarts: this.#restarts,
      crashes: this.#crashes,
      gaveUp: this.#gaveUp,
      orphans: this.#orphans,
      slowTurns: this.#slowTurns,
      longestTurnMs: this.#longestTurnMs,
      restartsByPath: Object.fromEntries(this.#restartsByPath),
      deadLettersByReason: Object.fromEntries(this.#deadLettersByReason),
    };
  }
}

export interface KernelCountsRead {
  readonly restarts: number;
  readonly crashes: number;
  readonly gaveUp: number;
  readonly orphans: number;
  readonly slowTurns: number;
  /** Of the slow ones; null before the first. */
  readonly longestTurnMs: number | null;
  readonly restartsByPath: Readonly<Record<string, number>>;
  readonly deadLettersByReason: Readonly<Record<string, number>>;
}
