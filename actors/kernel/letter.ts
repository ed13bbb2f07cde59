import type { PendingAsk } from './asks.js';
import type { DeadLetter } from './dead-letters.js';
import { Entry } from './entry.js';
import type { Process } from './process.js';

/** What a message went through before: how often it was tried, and what each try threw. */
export interface Trials {
  readonly attempts: number;
  readonly errors: readonly unknown[];
}

/** What travels beside a message that is more than told: an ask, an expiry, or failed attempts. */
export class Letter extends Entry {
  trials: Trials | undefined = undefined;
  /** The dead letter that this is on its way again. */
  again: DeadLetter | undefined = undefined;

  constructor(
    readonly sender: Process | undefined,
    readonly ask: PendingAsk | undefined,
    readonly expiresAtMs: number | undefined,
  ) {
    super(false);
  }

  static redriven(letter: DeadLetter): Letter {
    const redriven = new Letter(undefined, undefined, undefined);
    redriven.again = letter;
    if (letter.attempts > 0) redriven.trials = letter;
    return redriven;
  }

  tried(error: unknown): Trials {
    return (this.trials = {
      attempts: (this.trials?.attempts ?? 0) + 1,
      errors: [...(this.trials?.errors ?? []), error],
    });
  }
}
