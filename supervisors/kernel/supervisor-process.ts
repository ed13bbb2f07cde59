import { failed, killed, shutdown } from '../../protocols/exit-reason.js';
import type { ExitReason } from '../../protocols/exit-reason.js';
import type { OfferOptions, OfferOutcome, TellOptions, Told } from '../../actors/kernel/behavior.js';
import type { PendingAsk } from '../../actors/kernel/asks.js';
import { Letter } from '../../actors/kernel/letter.js';
import { Process } from '../../actors/kernel/process.js';
import type { ProcessSeat, StartOutcome } from '../../actors/kernel/process.js';
import { Callback } from '../../actors/kernel/timers.js';
import { handCells } from '../../actors/kernel/turn-times.js';
import { delayMsOf, longestMs } from './backoff.js';
import type { SupervisorMsg } from './messages.js';
import { advance, until } from './procedure.js';
import type { Procedure } from './procedure.js';
import { RestartIntensity } from './restart-intensity.js';
import type { Slot } from './slot.js';
import type { SupervisorDefinition } from './supervisor-spec.js';

/** Calls that may wait at one supervisor; more are refused. */
const CALLS_MAX = 10_000;
/** Failed restarts of one child in a row that raise an alert. */
const ALERT_AFTER = 4;

/** What a supervisor has to deal with, in order of arrival. */
type Order =
  | {
      readonly type: 'exit';
      readonly child: Process;
      readonly incarnation: number;
      readonly reason: ExitReason;
    }
  | { readonly type: 'retry'; readonly slot: Slot; readonly retry: number; readonly counted: boolean }
  | { readonly type: 'call'; readonly message: SupervisorMsg<unknown>; readonly ask: PendingAsk }
  | { readonly type: 'stop'; readonly reason: ExitReason };

/**
 * What static and dynamic supervisors share: one order at a time, each a procedure that may wait for children; restart
 * intensity, backoff and giving up; and what happens to a subtree when its supervisor is killed.
 */
export abstract class SupervisorProcess extends Process {
  protected readonly definition: SupervisorDefinition;
  #orders: Order[] = [];
  #calls = 0;
  #procedure: Procedure | undefined = undefined;
  #resumed: { readonly value: unknown } | undefined = undefined;
  #intensity: RestartIntensity;
  #childrenStopping = 0;

  constructor(seat: ProcessSeat, definition: SupervisorDefinition) {
    super(seat, definition);
    this.definition = definition;
    this.#intensity = new RestartIntensity(definition.intensity, definition.periodMs);
  }

  /** Every child with a slot, in start order. */
  abstract get slots(): readonly Slot[];
  protected abstract startChildren(): Procedure<ExitReason | 'ignored' | undefined>;
  protected abstract stopChildren(): Procedure;
  protected abstract onExit(slot: Slot, reason: ExitReason): Procedure;
  /** Starts the slot, and what shares its fate, after intensity allowed it. */
  protected abstract bringUp(slot: Slot): Procedure;
  /** Stops what shares the slot's fate, before a delay. */
  protected abstract bringDown(slot: Slot): Procedure;
  protected abstract onCall(message: SupervisorMsg<unknown>): Procedure<unknown>;
  protected abstract slotOf(child: Process): Slot | undefined;

  get offspring(): readonly Process[] {
    return this.slots.map((slot) => slot.process);
  }

  get lingering(): boolean {
    return this.#childrenStopping > 0;
  }

  get restartsRecently(): number {
    return this.#intensity.recent(this.kernel.host.clock.nowMs());
  }

  // What arrives

  deliver(message: unknown, companion: unknown): Told {
    if (!this.alive) return 'stopped';
    if (!(companion instanceof Letter) || companion.ask === undefined) {
      this.kernel.deadLetter('not_understood', this, message, companion);
      return 'accepted';
    }
    if (this.#calls >= CALLS_MAX) return 'full';
    this.#calls++;
    this.#order({ type: 'call', message: message as SupervisorMsg<unknown>, ask: companion.ask });
    return 'accepted';
  }

  deliverControl(): void {
    // A supervisor monitors and asks nobody.
  }

  tellFromOutside(message: unknown, _options: TellOptions | undefined): Told {
    const told = this.deliver(message, undefined);
    if (told === 'stopped') this.kernel.deadLetter('stopped', this, message, undefined);
    return told;
  }

  offer(message: unknown, _options: OfferOptions | undefined): Promise<OfferOutcome> {
    const told = this.tellFromOutside(message, undefined);
    return Promise.resolve(told === 'stopped' ? 'stopped' : 'accepted');
  }

  /** Only the parent can ask a supervisor to stop; from others nothing but `kill` has an effect. */
  exitSignal(_from: Process | undefined, reason: ExitReason, mode: 'signal' | 'link' | 'parent'): void {
    if (reason.kind === 'kill' && mode !== 'link') this.kill();
    else if (mode === 'parent') this.#order({ type: 'stop', reason });
  }

  childExited(child: Process, reason: ExitReason): void {
    this.#order({ type: 'exit', child, incarnation: child.incarnation, reason });
  }

  #order(order: Order): void {
    this.#orders.push(order);
    if (!this.queued && this.#procedure === undefined && this.status === 'running') this.kernel.ready(this);
  }

  // One order at a time

  run(limit: number): number {
    let handled = 0;
    const resumed = this.#resumed;
    if (resumed !== undefined) {
      this.#resumed = undefined;
      handled++;
      this.#advance(resumed.value);
    }
    while (handled < limit && this.#procedure === undefined && this.status === 'running') {
      const order = this.#orders.shift();
      if (order === undefined) return handled;
      handled++;
      this.#begin(this.#carryOut(order));
      const { kernel } = this;
      if (kernel.cells[handCells.tick] !== kernel.tickSeen) kernel.turnSpanned(this, order);
    }
    if (this.#orders.length > 0 && this.#procedure === undefined && !this.queued && this.status === 'running')
      this.kernel.ready(this);
    return handled;
  }

  #begin(procedure: Procedure): void {
    this.#procedure = procedure;
    this.#advance(undefined);
  }

  #advance(value: unknown): void {
    const procedure = this.#procedure;
    if (procedure === undefined) return;
    let ended = true;
    try {
      ended = advance(procedure, value, (answer) => {
        // A wait of a life that has ended meanwhile.
        if (this.#procedure !== procedure) return;
        this.#resumed = { value: answer };
        if (!this.queued) this.kernel.ready(this);
      });
    } catch (error) {
      // Only a spec of foreign make throws here; a supervisor in the middle of an order would be deaf.
      this.kernel.events.emit({ type: 'kernel_error', path: this.path, error });
      this.die(failed(error));
    }
    if (ended && this.#procedure === procedure) {
      this.#procedure = undefined;
      if (this.#orders.length > 0 && !this.queued && this.status === 'running') this.kernel.ready(this);
    }
  }

  *#carryOut(order: Order): Procedure {
    switch (order.type) {
      case 'exit': {
        const slot = this.slotOf(order.child);
        // Handled already when it was found dead while being stopped for another's sake.
        if (slot?.state !== 'running' || order.child.incarnation !== order.incarnation) return;
        if (order.child.alive) return;
        yield* this.onExit(slot, order.reason);
        return;
      }
      case 'retry':
        if (order.slot.retry !== order.retry || this.slotOf(order.slot.process) !== order.slot) return;
        if (order.counted) yield* this.bringUp(order.slot);
        else yield* this.restart(order.slot, { kind: 'noproc' });
        return;
      case 'call': {
        this.#calls--;
        const answer = yield* this.onCall(order.message);
        order.ask.reply(answer);
        return;
      }
      case 'stop':
        yield* this.end(order.reason);
    }
  }

  // Starting and ending

  protected initialise(): void {
    this.#orders = [];
    this.#calls = 0;
    this.#resumed = undefined;
    this.#intensity = new RestartIntensity(this.definition.intensity, this.definition.periodMs);
    this.#begin(this.#startUp());
  }

  *#startUp(): Procedure {
    const outcome = yield* this.startChildren();
    if (outcome === undefined) this.startSucceeded();
    else if (outcome === 'ignored') this.startIgnored();
    else this.startFailed(outcome);
  }

  /** Children are always told `shutdown`; the supervisor ends with the reason it was given. */
  protected *end(reason: ExitReason): Procedure {
    yield* this.stopChildren();
    this.die(reason);
  }

  protected abandon(): void {
    // Its children have their own limits.
  }

  protected dissolve(): void {
    this.#procedure = undefined;
    this.#orders = [];
    this.#resumed = undefined;
    // A killed supervisor runs no code: its children are hit by its death, in no defined order.
    const orphaned = this.slots.filter((slot) => slot.process.alive || slot.process.lingering);
    for (const slot of this.slots) this.#takeDown(slot, slot.process.alive ? 'keep' : 'discard');
    this.#childrenStopping += orphaned.length;
    for (const { process } of orphaned) {
      process.forgetParentsWait();
      this.kernel.stopWithin(process, killed, () => {
        this.#childrenStopping--;
        process.rest();
        this.settled();
      });
    }
  }

  discardMail(): void {
    // Calls were failed when the supervisor died.
  }

  override rest(): void {
    super.rest();
    // One still on its way down has the order to stop among its mail, and rests when it is dead.
    for (const { process } of this.slots) if (!process.alive) process.rest();
  }

  override leave(): void {
    for (const slot of [...this.slots].reverse()) slot.process.leave();
    super.leave();
  }

  // Children, one slot at a time

  /** @returns undefined when it runs or was ignored, else why it failed */
  protected *startSlot(slot: Slot): Procedure<ExitReason | undefined> {
    const outcome = yield* until((resume: (value: StartOutcome) => void) => {
      slot.process.start(resume);
    });
    if (outcome.type === 'failed') {
      yield* this.remains(slot);
      return outcome.reason;
    }
    if (outcome.type === 'started') {
      slot.state = 'running';
      slot.lastLife = slot.process.incarnation;
      slot.upSinceMs = this.kernel.host.clock.nowMs();
    } else this.#takeDown(slot);
    return undefined;
  }

  /** Stops whatever runs in the slot and takes the news of its death for handled. A retry that waits is off. */
  protected *stopSlot(slot: Slot, mail: 'keep' | 'discard'): Procedure {
    yield* until((resume: (value: undefined) => void) => {
      this.kernel.stopWithin(slot.process, shutdown, () => resume(undefined));
    });
    this.#takeDown(slot, mail);
  }

  #takeDown(slot: Slot, mail: 'keep' | 'discard' = 'discard'): void {
    slot.state = 'down';
    slot.retry++;
    if (slot.delay !== undefined) this.kernel.timers.cancel(slot.delay);
    slot.delay = undefined;
    if (mail === 'discard') slot.process.rest();
  }

  /** Waits, before its place is given up, for what a dead child started itself and may still be on its way down. */
  protected *remains(slot: Slot): Procedure {
    yield* until((resume: (value: undefined) => void) => {
      slot.process.whenSettled(() => resume(undefined));
    });
  }

  // Restarting

  /** Counts the restart first, then waits if the child has a backoff, then brings the child up again. */
  protected *restart(slot: Slot, reason: ExitReason): Procedure {
    slot.state = 'restarting';
    const nowMs = this.kernel.host.clock.nowMs();
    if (!this.#intensity.allow(nowMs)) {
      yield* this.#giveUp(slot, reason);
      return;
    }
    slot.process.restarts++;
    const delayMs = this.#delayMs(slot, nowMs);
    if (this.kernel.events.watched)
      this.kernel.events.emit({
        type: 'restarting',
        path: slot.process.path,
        supervisor: this.path,
        delayMs,
      });
    if (delayMs === 0) {
      yield* this.bringUp(slot);
      return;
    }
    yield* this.bringDown(slot);
    slot.state = 'restarting';
    const retry = ++slot.retry;
    slot.delay = new Callback(() => {
      slot.delay = undefined;
      this.#order({ type: 'retry', slot, retry, counted: true });
    });
    this.kernel.timers.set(slot.delay, delayMs);
  }

  /** Through the mailbox, so that a child that never starts cannot starve calls or make us unstoppable. */
  protected retry(slot: Slot): void {
    slot.state = 'restarting';
    this.#order({ type: 'retry', slot, retry: ++slot.retry, counted: false });
  }

  #delayMs(slot: Slot, nowMs: number): number {
    const { backoff } = slot.spec;
    const resetAfterMs =
      backoff?.resetAfterMs ?? (backoff === undefined ? this.definition.periodMs : 2 * longestMs(backoff));
    if (slot.upSinceMs !== undefined && nowMs - slot.upSinceMs > resetAfterMs) slot.failures = 0;
    slot.upSinceMs = undefined;
    const attempt = slot.failures++;
    if (slot.failures === (backoff?.alertAfter ?? ALERT_AFTER))
      this.kernel.events.emit({
        type: 'restart_alert',
        path: slot.process.path,
        supervisor: this.path,
        failures: slot.failures,
      });
    if (backoff === undefined) return 0;
    return delayMsOf(backoff, attempt) * (1 + (backoff.jitter ?? 0) * this.kernel.host.random());
  }

  *#giveUp(slot: Slot, reason: ExitReason): Procedure {
    const { intensity, periodMs } = this.definition;
    this.kernel.events.emit({
      type: 'gave_up',
      path: this.path,
      child: slot.id,
      intensity,
      periodMs,
      reason,
    });
    this.#takeDown(slot);
    yield* this.end(shutdown);
  }
}
