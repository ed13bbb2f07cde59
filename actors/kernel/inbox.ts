import type { OfferOptions, OfferOutcome, Told } from './behavior.js';
import type { Recipient } from './recipient.js';
import type { DeadLetterReason } from './dead-letters.js';
import { Letter } from './letter.js';
import { isControl } from './entry.js';
import { KeyedEntry } from './keyed-entry.js';
import { Mailbox, TICK_MASK } from './mailbox.js';
import { OfferQueue } from './offers.js';

/** A backlog of this depth, and then each doubling of it, is told once. */
const BACKLOG_MIN = 128;

/** One actor's mail: the bound and what to do beyond it, conflation by key, and producers that wait for room. */
export class Inbox {
  readonly mailbox = new Mailbox();
  accepted = 0;
  handled = 0;
  refused = 0;
  lost = 0;
  /** Asks of this actor that have no outcome yet. */
  asksOut = 0;
  /** How long messages waited, ms, sampled at the first of each burst. */
  dwellMsSum = 0;
  dwellMsMax = 0;
  dwellSamples = 0;
  readonly #actor: Recipient;
  /** Conflating only: the place of each key that waits. */
  readonly #byKey: Map<string, KeyedEntry> | undefined;
  #offers: OfferQueue | undefined = undefined;
  #warnAt = BACKLOG_MIN;

  constructor(actor: Recipient) {
    this.#actor = actor;
    if (actor.definition.overflow === 'conflate') this.#byKey = new Map();
  }

  /** The first of a burst has waited longest of those handled in it, and one sample a burst costs next to nothing. */
  sampleDwell(): void {
    const since = this.mailbox.headTick();
    if (since === undefined) return;
    const waitedMs = (this.#actor.kernel.tick - since) & TICK_MASK;
    this.dwellSamples++;
    this.dwellMsSum += waitedMs;
    if (waitedMs > this.dwellMsMax) this.dwellMsMax = waitedMs;
  }

  accept(message: unknown, companion: unknown): Told {
    const { mailbox } = this;
    const actor = this.#actor;
    if (this.#byKey !== undefined) return this.#acceptByKey(this.#byKey, message, companion);
    if (mailbox.depth >= actor.definition.capacity) {
      const { overflow } = actor.definition;
      if (overflow === 'reject') {
        this.refused++;
        return 'full';
      }
      if (overflow === 'drop_newest') {
        this.accepted++;
        this.#shed('dropped_newest', message, companion);
        return 'accepted';
      }
      const oldest = mailbox.evictOldest();
      this.#shed('dropped_oldest', oldest, mailbox.companion);
    }
    this.#push(message, companion);
    return 'accepted';
  }

  #push(message: unknown, companion: unknown): void {
    const { mailbox } = this;
    this.accepted++;
    mailbox.push(message, companion, this.#actor.kernel.tick);
    if (mailbox.depth >= this.#warnAt) this.#warn();
  }

  #acceptByKey(byKey: Map<string, KeyedEntry>, message: unknown, companion: unknown): Told {
    const actor = this.#actor;
    const key = this.#keyOf(message);
    if (key === undefined) {
      this.accepted++;
      this.#shed('not_understood', message, companion);
      return 'accepted';
    }
    const waiting = byKey.get(key);
    if (waiting !== undefined) {
      this.accepted++;
      this.#shed('conflated', waiting.message, waiting.companion);
      waiting.message = message;
      waiting.companion = companion;
      waiting.tick = actor.kernel.tick;
      return 'accepted';
    }
    if (this.mailbox.depth >= actor.definition.capacity) {
      this.refused++;
      return 'full';
    }
    const entry = new KeyedEntry(key, message, companion, actor.kernel.tick);
    byKey.set(key, entry);
    this.#push(undefined, entry);
    return 'accepted';
  }

  /** A key function that throws costs its own message, never the sender's turn. */
  #keyOf(message: unknown): string | undefined {
    const actor = this.#actor;
    try {
      return actor.definition.key(message);
    } catch (error) {
      actor.kernel.events.emit({ type: 'kernel_error', path: actor.path, error });
      return undefined;
    }
  }

  /** The next message with this key waits for itself again. */
  open(entry: KeyedEntry): KeyedEntry {
    this.#byKey?.delete(entry.key);
    return entry;
  }

  /** In front of all others, to be tried again; one more than the bound may wait then. */
  putBack(message: unknown, letter: Letter): void {
    const { tick } = this.#actor.kernel;
    const key = this.#byKey === undefined ? undefined : this.#keyOf(message);
    if (key === undefined || this.#byKey?.has(key) === true) {
      this.mailbox.unshift(message, letter, tick);
      return;
    }
    const entry = new KeyedEntry(key, message, letter, tick);
    this.#byKey?.set(key, entry);
    this.mailbox.unshift(undefined, entry, tick);
  }

  /** Everything that waits becomes a dead letter; producers that wait are told. */
  discard(): void {
    const { mailbox } = this;
    while (mailbox.size > 0) {
      const waited = mailbox.shift();
      const { companion } = mailbox;
      if (companion instanceof KeyedEntry) {
        const { message, companion: sender } = this.open(companion);
        this.#lose('stopped', message, sender);
      } else if (!isControl(companion)) this.#lose('stopped', waited, companion);
    }
    this.#offers?.close();
    this.#offers = undefined;
    this.#warnAt = BACKLOG_MIN;
  }

  // Producers outside the tree

  get offersWait(): boolean {
    return this.#offers !== undefined;
  }

  wait(message: unknown, options: OfferOptions | undefined): Promise<OfferOutcome> {
    return (this.#offers ??= new OfferQueue(this.#actor)).wait(message, options?.deadlineMs);
  }

  admitOffers(): void {
    this.#offers?.admit();
    if (this.#offers?.waiting === false) this.#offers = undefined;
  }

  /** What the bound took; who asked with it need not wait for an answer. */
  #shed(reason: DeadLetterReason, message: unknown, companion: unknown): void {
    this.#lose(reason, message, companion);
    if (companion instanceof Letter) companion.ask?.fail({ type: 'mailbox_full' });
  }

  #lose(reason: DeadLetterReason, message: unknown, companion: unknown): void {
    this.lost++;
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
