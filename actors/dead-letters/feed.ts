/**
 * From the kernel's events to the actor that keeps them: dead letters come in bursts, so they are gathered and told as one
 * message. Bounded; what finds no room is counted, and still in the kernel's own memory of the newest.
 */
import type { Told } from '../kernel/behavior.js';
import type { KernelEvent } from '../kernel/events.js';
import type { DeadLettersMsg, Letter } from '../../protocols/dead-letters.js';
import { letterOf } from './letter.js';

export const defaults = { gatheredMax: 10_000, batchMax: 500 } as const;

export interface FeedOptions {
  readonly bootId: string;
  /** To the dead-letters actor; `stopped` also while there is none. */
  readonly tell: (message: DeadLettersMsg) => Told;
  /** Runs after the events of this moment, such as `queueMicrotask`. */
  readonly later: (run: () => void) => void;
  /** Paths whose letters are not fed: a store that cannot keep up must not be sent its own overflow. */
  readonly exceptBelow: string;
  readonly gatheredMax?: number;
}

export class DeadLetterFeed {
  readonly #options: FeedOptions;
  #gathered: Letter[] = [];
  #isScheduled = false;
  #dropped = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** Letters that found no room here. */
  get dropped(): number {
    return this.#dropped;
  }

  get waiting(): number {
    return this.#gathered.length;
  }

  readonly subscriber = (event: KernelEvent): void => {
    if (event.type !== 'dead_letter') return;
    const { letter } = event;
    const { bootId, exceptBelow, gatheredMax = defaults.gatheredMax, later } = this.#options;
    if (letter.recipient === exceptBelow || letter.recipient.startsWith(`${exceptBelow}/`)) return;
    if (this.#gathered.length >= gatheredMax) {
      this.#dropped++;
      return;
    }
    this.#gathered.push(letterOf(letter, bootId));
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    later(() => {
      this.#isScheduled = false;
      this.flush();
    });
  };

  /** Also for now and then: what a full mailbox refused waits here for the next event, or for this. */
  flush(): void {
    while (this.#gathered.length > 0) {
      const letters = this.#gathered.slice(0, defaults.batchMax);
      if (this.#options.tell({ type: 'keep', letters }) !== 'accepted') return;
      this.#gathered = this.#gathered.slice(letters.length);
    }
  }
}
