import type { OfferOptions, Told } from './behavior.js';
import type { Actor } from './actor.js';
import type { DeadLetterReason } from './dead-letters.js';
import { Letter } from './letter.js';
import { isControl } from './entry.js';
import { Mailbox } from './mailbox.js';
import { OfferQueue } from './offers.js';
import type { Process } from './process.js';

/** A backlog of this depth, and then each doubling of it, is told once. */
const BACKLOG_MIN = 128;

/** One actor's mail: the bound and what to do beyond it, conflation by key, and producers that wait for room. */
export class Inbox {
  readonly mailbox = new Mailbox();
  readonly #actor: Actor;
  /** Conflating only: the letter that holds the place of each key. */
  readonly #byKey: Map<string, Letter> | undefined;
  #offers: OfferQueue | undefined = undefined;
  #warnAt = BACKLOG_MIN;

  constructor(actor: Actor) {
    this.#actor = actor;
    if (actor.definition.overflow === 'conflate') this.#byKey = new Map();
  }

  accept(message: unknown, companion: unknown): Told {
    const { mailbox } = this;
    const actor = this.#actor;
    if (this.#byKey !== undefined) return this.#acceptByKey(this.#byKey, message, companion);
    if (mailbox.depth >= actor.definition.capacity) {
      const { overflow } = actor.definition;
      if (overflow === 'reject') {
        actor.refused++;
        return 'full';
      }
      if (overflow === 'drop_newest') {
        actor.accepted++;
        this.#lose('dropped_newest', message, companion);
        return 'accepted';
      }
      const oldest = mailbox.evictOldest();
      this.#lose('dropped_oldest', oldest, mailbox.companion);
    }
    actor.accepted++;
    mailbox.push(message, companion, actor.kernel.tick);
    if (mailbox.depth >= this.#warnAt) this.#warn();
    return 'accepted';
  }

  #acceptByKey(byKey: Map<string, Letter>, message: unknown, companion: unknown): Told {
    const actor = this.#actor;
    const key = actor.definition.key(message);
    const waiting = byKey.get(key);
    if (waiting !== undefined) {
      actor.accepted++;
      this.#lose('conflated', waiting.keyed?.message, waiting);
      waiting.keyed = { key, message };
      return 'accepted';
    }
    if (this.mailbox.depth >= actor.definition.capacity) {
      actor.refused++;
      return 'full';
    }
    const letter =
      companion instanceof Letter
        ? companion
        : new Letter(companion as Process | undefined, undefined, undefined);
    letter.keyed = { key, message };
    byKey.set(key, letter);
    actor.accepted++;
    this.mailbox.push(undefined, letter, actor.kernel.tick);
    return 'accepted';
  }

  /** What a letter says now, which in a conflating mailbox may be newer than what it first said. */
  open(letter: Letter, waited: unknown): unknown {
    const { keyed } = letter;
    if (keyed === undefined) return waited;
    this.#byKey?.delete(keyed.key);
    letter.keyed = undefined;
    return keyed.message;
  }

  /** In front of all others, to be tried again. */
  putBack(message: unknown, letter: Letter): void {
    const key = this.#byKey === undefined ? undefined : this.#actor.definition.key(message);
    if (key !== undefined && this.#byKey?.has(key) === false) {
      letter.keyed = { key, message };
      this.#byKey.set(key, letter);
    }
    this.mailbox.unshift(message, letter, this.#actor.kernel.tick);
  }

  /** Everything that waits becomes a dead letter; producers that wait are told. */
  discard(reason: 'stopped' | 'restarted'): void {
    const { mailbox } = this;
    while (mailbox.size > 0) {
      const waited = mailbox.shift();
      const { companion } = mailbox;
      if (isControl(companion)) continue;
      this.#lose(reason, companion instanceof Letter ? this.open(companion, waited) : waited, companion);
    }
    this.#offers?.close();
    this.#offers = undefined;
    this.#warnAt = BACKLOG_MIN;
  }

  // Producers outside the tree

  get offersWait(): boolean {
    return this.#offers !== undefined;
  }

  wait(message: unknown, options: OfferOptions | undefined): Promise<'accepted' | 'stopped' | 'timeout'> {
    return (this.#offers ??= new OfferQueue(this.#actor)).wait(message, options?.deadlineMs);
  }

  admitOffers(): void {
    this.#offers?.admit();
    if (this.#offers?.waiting === false) this.#offers = undefined;
  }

  #lose(reason: DeadLetterReason, message: unknown, companion: unknown): void {
    this.#actor.lost++;
    // A message that had failed before is remembered for that, whatever ended its wait.
    const crashed = companion instanceof Letter && companion.trials !== undefined;
    this.#actor.kernel.deadLetter(crashed ? 'crashed' : reason, this.#actor, message, companion);
  }

  #warn(): void {
    const { depth } = this.mailbox;
    const { capacity } = this.#actor.definition;
    this.#warnAt = depth * 2;
    this.#actor.kernel.events.emit({ type: 'backlog', path: this.#actor.path, depth, capacity });
  }
}
