import type { Actor } from './actor.js';
import { Entry } from './entry.js';
import { Timer } from './timers.js';

type Repeat = 'once' | 'rate' | 'delay';

/** A timer of one incarnation. Its tick waits in the mailbox as this entry and is void once `key` means another. */
class ActorTimer extends Timer {
  readonly tick = new TickEntry(this);
  tickWaits = false;

  constructor(
    readonly actor: Actor,
    readonly key: string,
    readonly periodMs: number,
    readonly message: unknown,
    readonly repeat: Repeat,
  ) {
    super();
  }

  ring(): void {
    if (!this.tickWaits) {
      this.tickWaits = true;
      this.actor.deliverControl(this.message, this.tick);
    }
    // Counted from the due time, so that the rate does not drift; a system that slept catches up with one tick.
    if (this.repeat === 'rate') {
      const nowMs = this.actor.kernel.host.clock.nowMs();
      const missed = Math.floor((nowMs - this.dueMs) / this.periodMs);
      this.actor.kernel.timers.setAt(this, this.dueMs + (missed + 1) * this.periodMs);
    }
  }
}

export class TickEntry extends Entry {
  constructor(readonly timer: ActorTimer) {
    super(true);
  }
}

/** The timers of one actor by key. All of them end with the incarnation. */
export class ActorTimers {
  readonly #actor: Actor;
  #byKey: Map<string, ActorTimer> | undefined = undefined;

  constructor(actor: Actor) {
    this.#actor = actor;
  }

  get keys(): readonly string[] {
    return [...(this.#byKey?.keys() ?? [])];
  }

  set(key: string, delayMs: number, message: unknown, repeat: Repeat): void {
    this.cancel(key);
    const timer = new ActorTimer(this.#actor, key, delayMs, message, repeat);
    (this.#byKey ??= new Map()).set(key, timer);
    this.#actor.kernel.timers.set(timer, delayMs);
  }

  /** A tick that waits in the mailbox already will not be delivered either. */
  cancel(key: string): boolean {
    const timer = this.#byKey?.get(key);
    if (timer === undefined) return false;
    this.#byKey?.delete(key);
    this.#actor.kernel.timers.cancel(timer);
    return true;
  }

  cancelAll(): void {
    if (this.#byKey === undefined) return;
    for (const timer of this.#byKey.values()) this.#actor.kernel.timers.cancel(timer);
    this.#byKey = undefined;
  }

  /** @returns false when the tick is void: cancelled, replaced, or of an earlier incarnation */
  take(timer: ActorTimer): boolean {
    timer.tickWaits = false;
    if (this.#byKey?.get(timer.key) !== timer) return false;
    if (timer.repeat === 'once') this.#byKey.delete(timer.key);
    return true;
  }

  /** After the handling: a fixed delay counts from here. */
  handled(timer: ActorTimer): void {
    if (timer.repeat === 'delay' && this.#byKey?.get(timer.key) === timer)
      this.#actor.kernel.timers.set(timer, timer.periodMs);
  }
}
