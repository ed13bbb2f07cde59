import type { KernelEvent } from '../kernel/events.js';
import type { Clock } from '../kernel/capabilities.js';
import { describeError, describeReason } from '../../protocols/exit-reason.js';

/** Paths counted one by one; what fails beyond is counted together, so that a scrape stays small. */
export const defaults = { pathsMax: 200, recentMax: 20, reasonCharsMax: 300 } as const;

/** The name under which the rest is counted. */
export const otherPaths = '(other)';

/**
 * Counts what the kernel tells, for metrics and summaries of this process. It listens directly and not as an actor: a
 * full mailbox must not lose the count of what filled it.
 */
export class KernelCounts {
  readonly #clock: Clock;
  readonly #pathsMax: number;
  readonly #restartsByPath = new Map<string, number>();
  readonly #deadLettersByReason = new Map<string, number>();
  /** Why a place went down last, until it is up again. */
  readonly #reasons = new Map<string, string>();
  /** Places that are being restarted, and since when. */
  readonly #downSinceMs = new Map<string, number>();
  readonly #recent: RecentRestart[] = [];
  #restarts = 0;
  #crashes = 0;
  #gaveUp = 0;
  #orphans = 0;
  #slowTurns = 0;
  #longestTurnMs: number | null = null;
  #recoveries = 0;
  #recoveryMsSum = 0;
  #recoveryMsMax: number | null = null;

  constructor(clock: Clock, pathsMax: number = defaults.pathsMax) {
    this.#clock = clock;
    this.#pathsMax = pathsMax;
  }

  readonly note = (event: KernelEvent): void => {
    switch (event.type) {
      case 'restarting':
        this.#restarting(event.path);
        return;
      case 'started':
        this.#started(event.path);
        return;
      case 'crashed':
        this.#crashes++;
        this.#because(event.path, describeError(event.error));
        return;
      case 'exited':
      case 'start_failed':
        // A crash has said more already.
        if (!this.#reasons.has(event.path)) this.#because(event.path, describeReason(event.reason));
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

  #because(path: string, reason: string): void {
    if (this.#reasons.size >= this.#pathsMax && !this.#reasons.has(path)) return;
    this.#reasons.set(path, (reason.split('\n')[0] ?? '').slice(0, defaults.reasonCharsMax));
  }

  #restarting(path: string): void {
    this.#restarts++;
    const isKnown = this.#restartsByPath.has(path) || this.#restartsByPath.size < this.#pathsMax;
    const shown = isKnown ? path : otherPaths;
    this.#restartsByPath.set(shown, (this.#restartsByPath.get(shown) ?? 0) + 1);
    this.#recent.push({ path, wallMs: this.#clock.wallMs(), reason: this.#reasons.get(path) ?? null });
    if (this.#recent.length > defaults.recentMax) this.#recent.shift();
    this.#reasons.delete(path);
    // Of several attempts the first counts: it is down since then.
    if (!this.#downSinceMs.has(path) && this.#downSinceMs.size < this.#pathsMax)
      this.#downSinceMs.set(path, this.#clock.nowMs());
  }

  #started(path: string): void {
    this.#reasons.delete(path);
    const sinceMs = this.#downSinceMs.get(path);
    if (sinceMs === undefined) return;
    this.#downSinceMs.delete(path);
    const ms = this.#clock.nowMs() - sinceMs;
    this.#recoveries++;
    this.#recoveryMsSum += ms;
    this.#recoveryMsMax = Math.max(this.#recoveryMsMax ?? 0, ms);
  }

  read(): KernelCountsRead {
    return {
      restarts: this.#restarts,
      crashes: this.#crashes,
      gaveUp: this.#gaveUp,
      orphans: this.#orphans,
      slowTurns: this.#slowTurns,
      longestTurnMs: this.#longestTurnMs,
      recovery: {
        count: this.#recoveries,
        sumMs: this.#recoveryMsSum,
        meanMs: this.#recoveries === 0 ? null : this.#recoveryMsSum / this.#recoveries,
        maxMs: this.#recoveryMsMax,
        underWay: this.#downSinceMs.size,
      },
      recentRestarts: this.#recent.toReversed(),
      restartsByPath: Object.fromEntries(this.#restartsByPath),
      deadLettersByReason: Object.fromEntries(this.#deadLettersByReason),
    };
  }
}

export interface RecentRestart {
  readonly path: string;
  readonly wallMs: number;
  /** Why it went down; null when that was not told, such as for one that goes down with another. */
  readonly reason: string | null;
}

export interface KernelCountsRead {
  readonly restarts: number;
  readonly crashes: number;
  readonly gaveUp: number;
  readonly orphans: number;
  readonly slowTurns: number;
  /** Of the slow ones; null before the first. */
  readonly longestTurnMs: number | null;
  /** From the decision to restart a place until it runs again, all attempts and waits included. */
  readonly recovery: {
    readonly count: number;
    readonly sumMs: number;
    readonly meanMs: number | null;
    readonly maxMs: number | null;
    /** Places that are down and on their way back. */
    readonly underWay: number;
  };
  /** Newest first. */
  readonly recentRestarts: readonly RecentRestart[];
  readonly restartsByPath: Readonly<Record<string, number>>;
  readonly deadLettersByReason: Readonly<Record<string, number>>;
}
