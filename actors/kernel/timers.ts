import type { Alarm, Clock } from './capabilities.js';

/** Longest single wait of the host's alarm; longer timers are reached in several. */
const ALARM_MS_MAX = 2_147_483_647;

/** Something that falls due. Subclasses say what happens then. */
export abstract class Timer {
  /** Monotonic due time; ties ring in the order in which they were set. */
  dueMs = 0;
  sequence = 0;
  /** Position in the heap, -1 when not set. */
  position = -1;

  abstract ring(): void;

  get isSet(): boolean {
    return this.position >= 0;
  }
}

/** A timer that only calls back. */
export class Callback extends Timer {
  constructor(readonly ring: () => void) {
    super();
  }
}

/** Told before timers ring, and of one whose ringing threw, which must not silence the others. */
export interface TimersOwner {
  touch(): void;
  ringFailed(error: unknown): void;
}

/**
 * All timers of a system in one indexed heap over one host alarm: setting and cancelling cost O(log n), and a
 * cancelled timer leaves nothing behind.
 */
export class Timers {
  readonly #clock: Clock;
  readonly #alarm: Alarm;
  readonly #owner: TimersOwner;
  readonly #heap: Timer[] = [];
  #sequence = 0;
  #alarmToken: unknown = undefined;
  #alarmAtMs = Infinity;

  constructor(clock: Clock, alarm: Alarm, owner: TimersOwner) {
    this.#clock = clock;
    this.#alarm = alarm;
    this.#owner = owner;
  }

  get count(): number {
    return this.#heap.length;
  }

  set(timer: Timer, delayMs: number): void {
    this.setAt(timer, this.#clock.nowMs() + delayMs);
  }

  setAt(timer: Timer, dueMs: number): void {
    // One that is no number would never be due, and nothing behind it either.
    if (!(dueMs < Infinity)) throw new RangeError(`timer: expected a time, got ${dueMs}`);
    if (timer.position >= 0) this.cancel(timer);
    timer.dueMs = dueMs;
    timer.sequence = this.#sequence++;
    this.#heap.push(timer);
    this.#rise(timer, this.#heap.length - 1);
    if (timer.position === 0) this.#arm();
  }

  /** @returns false when the timer had rung already or was never set. */
  cancel(timer: Timer): boolean {
    const position = timer.position;
    if (position < 0) return false;
    timer.position = -1;
    const last = this.#heap.pop();
    if (last !== undefined && last !== timer) {
      if (!this.#rise(last, position)) this.#sink(last, position);
    }
    return true;
  }

  close(): void {
    for (const timer of this.#heap) timer.position = -1;
    this.#heap.length = 0;
    this.#alarm.clear(this.#alarmToken);
    // What is set from now on arms nothing.
    this.#alarmAtMs = -Infinity;
  }

  readonly #wake = (): void => {
    this.#alarmAtMs = Infinity;
    this.#owner.touch();
    const nowMs = this.#clock.nowMs();
    for (let first = this.#heap[0]; first !== undefined && first.dueMs <= nowMs; first = this.#heap[0]) {
      this.cancel(first);
      try {
        first.ring();
      } catch (error) {
        this.#owner.ringFailed(error);
      }
    }
    this.#arm();
  };

  /** An alarm that is too early only finds nothing due, so it is moved forwards but never back. */
  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || first.dueMs >= this.#alarmAtMs) return;
    if (this.#alarmAtMs !== Infinity) this.#alarm.clear(this.#alarmToken);
    const waitMs = Math.min(Math.max(0, Math.ceil(first.dueMs - this.#clock.nowMs())), ALARM_MS_MAX);
    this.#alarmAtMs = first.dueMs;
    this.#alarmToken = this.#alarm.set(waitMs, this.#wake);
  }

  #rise(timer: Timer, from: number): boolean {
    const heap = this.#heap;
    let position = from;
    while (position > 0) {
      const parentAt = (position - 1) >> 1;
      const parent = heap[parentAt];
      if (parent === undefined || !before(timer, parent)) break;
      heap[position] = parent;
      parent.position = position;
      position = parentAt;
    }
    heap[position] = timer;
    timer.position = position;
    return position !== from;
  }

  #sink(timer: Timer, from: number): void {
    const heap = this.#heap;
    let position = from;
    for (;;) {
      const left = 2 * position + 1;
      let child = heap[left];
      let childAt = left;
      const right = heap[left + 1];
      if (child !== undefined && right !== undefined && before(right, child)) {
        child = right;
        childAt = left + 1;
      }
      if (child === undefined || !before(child, timer)) break;
      heap[position] = child;
      child.position = position;
      position = childAt;
    }
    heap[position] = timer;
    timer.position = position;
  }
}

const before = (a: Timer, b: Timer): boolean =>
  a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence);
