import type { OfferOutcome } from './behavior.js';
import type { Recipient } from './recipient.js';
import { Timer } from './timers.js';

/** Producers that may wait at one mailbox. */
export const OFFERS_MAX = 1_024;

class Offer extends Timer {
  constructor(
    readonly message: unknown,
    readonly resolve: (outcome: OfferOutcome) => void,
    readonly expire: (offer: Offer) => void,
  ) {
    super();
  }
  ring(): void {
    this.expire(this);
  }
}

/** Producers outside the tree that wait for room in a mailbox, first come first served. */
export class OfferQueue {
  readonly #actor: Recipient;
  readonly #offers = new Set<Offer>();

  constructor(actor: Recipient) {
    this.#actor = actor;
  }

  get waiting(): boolean {
    return this.#offers.size > 0;
  }

  /** Past the limit a producer is told at once. */
  wait(message: unknown, deadlineMs: number | undefined): Promise<OfferOutcome> {
    if (this.#offers.size >= OFFERS_MAX) return Promise.resolve('full');
    return new Promise((resolve) => {
      const offer = new Offer(message, resolve, (expired) => {
        this.#offers.delete(expired);
        expired.resolve('timeout');
      });
      this.#offers.add(offer);
      if (deadlineMs !== undefined) this.#actor.kernel.timers.set(offer, deadlineMs);
    });
  }

  /** Lets in as many as there is room for. */
  admit(): void {
    for (const offer of this.#offers) {
      const told = this.#actor.deliver(offer.message, undefined);
      if (told === 'full') {
        this.#actor.inbox.refused--;
        return;
      }
      this.#settle(offer, told);
    }
  }

  close(): void {
    for (const offer of this.#offers) this.#settle(offer, 'stopped');
  }

  #settle(offer: Offer, outcome: OfferOutcome): void {
    this.#offers.delete(offer);
    this.#actor.kernel.timers.cancel(offer);
    offer.resolve(outcome);
  }
}
