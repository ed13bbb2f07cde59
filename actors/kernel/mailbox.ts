/**
 * What happens to a message that finds its mailbox full.
 *
 * - `reject`: the sender is told; nothing is lost.
 * - `drop_oldest`, `drop_newest`: the oldest or the arriving message becomes a dead letter.
 * - `conflate`: a message replaces the waiting one with the same key at any depth, in the place of the older; what it
 *   replaced becomes a dead letter. A message with a new key is rejected when the mailbox is full.
 */
export type Overflow = 'reject' | 'drop_oldest' | 'drop_newest' | 'conflate';

export interface MailboxSpec<Msg = never> {
  /** Messages that may wait, 1 to 2^24. Control entries do not count against it. */
  readonly capacity: number;
  /** @defaultValue 'reject' */
  readonly overflow?: Overflow;
  /** Needed with, and only with, `conflate`. */
  readonly key?: (message: Msg) => string;
  /** A message that waited longer than this becomes a dead letter instead of being handled. Default: no limit. */
  readonly expiryMs?: number;
}

/**
 * What travels beside a message: nothing, the sender, or an `Entry`.
 * Most messages need no more than their sender, and a ring of three plain columns holds those without allocating.
 */
export class Entry {
  /** Outside the bound: timers, Downs, exits, outcomes of asks, stop requests. */
  readonly control: boolean;
  constructor(control: boolean) {
    this.control = control;
  }
}

const WIDTH = 3;
const SLOTS_FIRST = 8;
/** A drained ring larger than this gives its memory back. */
const SLOTS_KEPT = 1_024;

/** Ticks are whole ms that wrap at 2^30, so that they stay small integers. */
export const TICK_MASK = 0x3fffffff;

/**
 * First in, first out; a growing ring of (message, companion, tick) made on first use.
 * It holds and counts; what to refuse or drop is decided by its owner.
 */
export class Mailbox {
  #ring: unknown[] | undefined = undefined;
  #head = 0;
  #size = 0;
  #mask = 0;
  /** Messages inside the bound. */
  depth = 0;
  /** The most messages that ever waited. */
  highWater = 0;
  /** Set by `shift` and `evictOldest`, beside the message that they return. */
  companion: unknown = undefined;
  tick = 0;

  /** Messages and control entries. */
  get size(): number {
    return this.#size;
  }

  push(message: unknown, companion: unknown, tick: number): void {
    const ring = this.#size > this.#mask || this.#ring === undefined ? this.#grow() : this.#ring;
    const at = ((this.#head + this.#size++) & this.#mask) * WIDTH;
    ring[at] = message;
    ring[at + 1] = companion;
    ring[at + 2] = tick;
    this.#countIn(companion);
  }

  /** Puts a message back in front: the one that crashed its actor and has attempts left. */
  unshift(message: unknown, companion: unknown, tick: number): void {
    const ring = this.#size > this.#mask || this.#ring === undefined ? this.#grow() : this.#ring;
    this.#head = (this.#head - 1) & this.#mask;
    this.#size++;
    const at = this.#head * WIDTH;
    ring[at] = message;
    ring[at + 1] = companion;
    ring[at + 2] = tick;
    this.#countIn(companion);
  }

  /** Takes the first entry; `companion` and `tick` tell the rest. Only when `size > 0`. */
  shift(): unknown {
    const ring = this.#ring;
    if (ring === undefined || this.#size === 0) return undefined;
    const at = this.#head * WIDTH;
    const message = ring[at];
    const companion = ring[at + 1];
    this.companion = companion;
    this.tick = ring[at + 2] as number;
    ring[at] = undefined;
    ring[at + 1] = undefined;
    this.#head = (this.#head + 1) & this.#mask;
    this.#size--;
    if (!(companion instanceof Entry && companion.control)) this.depth--;
    if (this.#size === 0 && this.#mask >= SLOTS_KEPT) this.#release();
    return message;
  }

  /** Takes the oldest message inside the bound; control entries keep their places. Only when `depth > 0`. */
  evictOldest(): unknown {
    const ring = this.#ring;
    if (ring === undefined || this.depth === 0) return undefined;
    let index = 0;
    while (isControl(ring[((this.#head + index) & this.#mask) * WIDTH + 1])) index++;
    const at = ((this.#head + index) & this.#mask) * WIDTH;
    const message = ring[at];
    const companion = ring[at + 1];
    const tick = ring[at + 2] as number;
    for (; index > 0; index--) {
      const to = ((this.#head + index) & this.#mask) * WIDTH;
      const from = ((this.#head + index - 1) & this.#mask) * WIDTH;
      ring[to] = ring[from];
      ring[to + 1] = ring[from + 1];
      ring[to + 2] = ring[from + 2];
    }
    this.shift();
    // The shift above took a control entry's old place when there was one; the counts are those of the evicted.
    if (isControl(this.companion)) this.depth--;
    this.companion = companion;
    this.tick = tick;
    return message;
  }

  /** The arrival tick of the first entry, or undefined when empty. */
  headTick(): number | undefined {
    return this.#size === 0 ? undefined : (this.#ring?.[this.#head * WIDTH + 2] as number | undefined);
  }

  /** The entries in order, for inspection; at most `limit`. */
  peek(limit: number): { readonly message: unknown; readonly companion: unknown }[] {
    const entries = [];
    for (let index = 0; index < Math.min(limit, this.#size); index++) {
      const at = ((this.#head + index) & this.#mask) * WIDTH;
      entries.push({ message: this.#ring?.[at], companion: this.#ring?.[at + 1] });
    }
    return entries;
  }

  #countIn(companion: unknown): void {
    if (companion instanceof Entry && companion.control) return;
    if (++this.depth > this.highWater) this.highWater = this.depth;
  }

  #grow(): unknown[] {
    const old = this.#ring;
    const slots = old === undefined ? SLOTS_FIRST : (this.#mask + 1) * 2;
    const ring = new Array<unknown>(slots * WIDTH).fill(undefined);
    if (old !== undefined) {
      for (let index = 0; index < this.#size; index++) {
        const from = ((this.#head + index) & this.#mask) * WIDTH;
        ring[index * WIDTH] = old[from];
        ring[index * WIDTH + 1] = old[from + 1];
        ring[index * WIDTH + 2] = old[from + 2];
      }
    }
    this.#ring = ring;
    this.#head = 0;
    this.#mask = slots - 1;
    return ring;
  }

  #release(): void {
    this.#ring = undefined;
    this.#head = 0;
    this.#mask = 0;
  }
}

const isControl = (companion: unknown): boolean => companion instanceof Entry && companion.control;
