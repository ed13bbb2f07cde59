import type { PendingAsk } from './asks.js';
import { Entry } from './mailbox.js';
import type { Process } from './process.js';

/** What travels beside a message that is more than told: an ask, an expiry, or failed attempts. */
export class Letter extends Entry {
  attempts = 0;
  errors: readonly unknown[] = [];
  /** In a conflating mailbox: what this letter carries now; the ring holds only the letter's place. */
  message: unknown = undefined;
  key: string | undefined = undefined;

  constructor(
    readonly sender: Process | undefined,
    readonly ask: PendingAsk | undefined,
    readonly expiresAtMs: number | undefined,
  ) {
    super(false);
  }
}
