import { Entry, isControl } from './entry.js';

const WIDTH = 3;
const CELLS_FIRST = 8 * WIDTH;
const CELLS_MAX = 2_048 * WIDTH;
/** A drained mailbox gives back any block longer than this. */
const CELLS_KEPT = 256 * WIDTH;

/** Ticks are whole ms that wrap at 2^30, so that they stay small integers. */
export const TICK_MASK = 0x3fffffff;

interface Block {
  readonly cells: unknown[];
  next: Block | undefined;
}

const makeBlock = (cells: number): Block => ({
  cells: new Array<unknown>(cells).fill(undefined),
  next: undefined,
});

/**
 * First in, first out, of (message, companion, tick); it holds and counts, and its owner decides what to refuse.
 *
 * A chain of blocks, each twice as long as the one before up to a limit: taking from a queue of a million costs what
 * taking from ten costs, growing copies nothing, and a drained queue keeps one short block.
 */
export class Mailbox {
  #head: Block;
  #tail: Block;
  /** Cell indexes: the first entry in `#head`, and the first free cell in `#tail`. */
  #first = 0;
  #free = 0;
  #size = 0;
  /** Messages inside the bound. */
  depth = 0;
  /** The most messages that ever waited. */
  highWater = 0;
  /** Set by `shift` and `evictOldest`, beside the message that they return. */
  companion: unknown = undefined;
  tick = 0;

  constructor() {
    this.#head = this.#tail = makeBlock(CELLS_FIRST);
  }

  /** Messages and control entries. */
  get size(): number {
    return this.#size;
  }

  push(message: unknown, companion: unknown, tick: number): void {
    let { cells } = this.#tail;
    if (this.#free === cells.length) {
      const block = makeBlock(Math.min(cells.length * 2, CELLS_MAX));
      this.#tail = this.#tail.next = block;
      this.#free = 0;
      cells = block.cells;
    }
    const at = this.#free;
    cells[at] = message;
    cells[at + 1] = companion;
    cells[at + 2] = tick;
    this.#free = at + WIDTH;
    this.#size++;
    this.#countIn(companion);
  }

  /** Puts a message in front of all others: the one that crashed its actor and has attempts left. */
  unshift(message: unknown, companion: unknown, tick: number): void {
    if (this.#size === 0) {
      this.push(message, companion, tick);
      return;
    }
    if (this.#first === 0) {
      const block = makeBlock(CELLS_FIRST);
      block.next = this.#head;
      this.#head = block;
      this.#first = CELLS_FIRST;
    }
    const at = (this.#first -= WIDTH);
    const { cells } = this.#head;
    cells[at] = message;
    cells[at + 1] = companion;
    cells[at + 2] = tick;
    this.#size++;
    this.#countIn(companion);
  }

  /** Takes the first entry; `companion` and `tick` tell the rest. Only when `size > 0`. */
  shift(): unknown {
    const { cells } = this.#head;
    const at = this.#first;
    const message = cells[at];
    const companion = cells[at + 1];
    this.companion = companion;
    this.tick = cells[at + 2] as number;
    cells[at] = undefined;
    cells[at + 1] = undefined;
    this.#first = at + WIDTH;
    if (!(companion instanceof Entry) || !companion.control) this.depth--;
    if (--this.#size === 0) {
      this.#first = 0;
      this.#free = 0;
      if (this.#tail.cells.length > CELLS_KEPT) this.#tail = makeBlock(CELLS_FIRST);
      this.#head = this.#tail;
    } else if (this.#first === cells.length && this.#head.next !== undefined) {
      this.#head = this.#head.next;
      this.#first = 0;
    }
    return message;
  }

  /** Takes the oldest message inside the bound; control entries keep their order in front. Only when `depth > 0`. */
  evictOldest(): unknown {
    const passed: [unknown, unknown, number][] = [];
    let message = this.shift();
    while (isControl(this.companion)) {
      passed.push([message, this.companion, this.tick]);
      message = this.shift();
    }
    const { companion, tick } = this;
    for (const [control, entry, since] of passed.reverse()) this.unshift(control, entry, since);
    this.companion = companion;
    this.tick = tick;
    return message;
  }

  /** The arrival tick of the first entry, or undefined when empty. */
  headTick(): number | undefined {
    return this.#size === 0 ? undefined : (this.#head.cells[this.#first + 2] as number);
  }

  /** The first entries in order, at most `limit`, for inspection. */
  peek(limit: number): { readonly message: unknown; readonly companion: unknown; readonly tick: number }[] {
    const entries = [];
    let block: Block | undefined = this.#head;
    let at = this.#first;
    for (let left = Math.min(limit, this.#size); left > 0 && block !== undefined; left--) {
      if (at === block.cells.length) {
        block = block.next;
        at = 0;
      }
      const [message, companion, tick] = block?.cells.slice(at, at + WIDTH) ?? [];
      entries.push({ message, companion, tick: tick as number });
      at += WIDTH;
    }
    return entries;
  }

  #countIn(companion: unknown): void {
    if (companion instanceof Entry && companion.control) return;
    if (++this.depth > this.highWater) this.highWater = this.depth;
  }
}
