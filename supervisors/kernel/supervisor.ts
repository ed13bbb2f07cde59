import { ignore } from '../../actors/kernel/behavior.js';
import type { ChildSpec } from '../../actors/kernel/child-spec.js';
import { InvalidSpec } from '../../actors/kernel/child-spec.js';
import { ProcessHandle } from '../../actors/kernel/process.js';
import type { Process, ProcessSeat } from '../../actors/kernel/process.js';
import { failed, isNormalLike, shutdown, shutdownWith } from '../../protocols/exit-reason.js';
import type { ExitReason } from '../../protocols/exit-reason.js';
import type {
  ChildCounts,
  DeleteChildAnswer,
  RestartChildAnswer,
  StartChildAnswer,
  SupervisorMsg,
  TerminateChildAnswer,
} from './messages.js';
import type { Procedure } from './procedure.js';
import { Slot } from './slot.js';
import { affected } from './strategy.js';
import { SupervisorProcess } from './supervisor-process.js';
import type { StaticDefinition } from './supervisor-spec.js';

/** The reason a supervisor's start fails with: which child, and why. */
export interface FailedToStartChild {
  readonly failedToStartChild: { readonly id: string; readonly reason: ExitReason };
}

/** A supervisor with an ordered list of children: one_for_one, one_for_all or rest_for_one. */
export class StaticSupervisor extends SupervisorProcess {
  readonly #definition: StaticDefinition;
  #slots: Slot[] = [];
  readonly #byProcess = new Map<Process, Slot>();

  constructor(seat: ProcessSeat, definition: StaticDefinition) {
    super(seat, definition);
    this.#definition = definition;
  }

  get slots(): readonly Slot[] {
    return this.#slots;
  }

  protected slotOf(child: Process): Slot | undefined {
    return this.#byProcess.get(child);
  }

  // Start

  protected *startChildren(): Procedure<ExitReason | 'ignored' | undefined> {
    const children = this.#children();
    if (children === ignore) return 'ignored';
    if (children instanceof Error) return failed(children);
    this.#layOut(children);
    for (const slot of [...this.#slots]) {
      const reason = yield* this.startSlot(slot);
      if (reason !== undefined) {
        slot.process.rest();
        yield* this.stopChildren();
        const cause: FailedToStartChild = { failedToStartChild: { id: slot.id, reason } };
        return shutdownWith(cause);
      }
      if (slot.state === 'down' && slot.spec.restart === 'temporary') this.#remove(slot);
    }
    return undefined;
  }

  #children(): readonly ChildSpec[] | typeof ignore | Error {
    const { children } = this.#definition;
    if (typeof children !== 'function') return children;
    try {
      const made = children();
      if (made === ignore) return ignore;
      const problem = this.#definition.childrenProblem(made);
      return problem === undefined ? made : new InvalidSpec(`${this.path}: ${problem}`);
    } catch (error) {
      return error instanceof Error ? error : new Error('children() threw', { cause: error });
    }
  }

  /** A child whose spec is the same keeps its place, and so its ref, over restarts of its supervisor. */
  #layOut(children: readonly ChildSpec[]): void {
    const kept = new Map(this.#slots.map((slot) => [slot.spec, slot.process]));
    for (const slot of this.#slots) if (!children.includes(slot.spec)) slot.process.leave();
    this.#byProcess.clear();
    this.#slots = children.map((spec) => this.#newSlot(spec, kept.get(spec)));
  }

  #newSlot(spec: ChildSpec, kept?: Process): Slot {
    const process = kept ?? spec.create({ kernel: this.kernel, parent: this, place: this.place });
    const slot = new Slot(spec, process);
    this.#byProcess.set(process, slot);
    return slot;
  }

  #remove(slot: Slot): void {
    slot.state = 'down';
    slot.process.leave();
    this.#byProcess.delete(slot.process);
    this.#slots = this.#slots.filter((other) => other !== slot);
  }

  protected *stopChildren(): Procedure {
    for (const slot of [...this.#slots].reverse()) {
      yield* this.stopSlot(slot, 'discard');
      if (slot.spec.restart === 'temporary') this.#remove(slot);
    }
  }

  // Exits

  protected *onExit(slot: Slot, reason: ExitReason): Procedure {
    const { restart, significant } = slot.spec;
    if (restart === 'temporary') {
      yield* this.remains(slot);
      this.#remove(slot);
    } else if (restart === 'transient' && isNormalLike(reason)) {
      slot.state = 'down';
      slot.process.rest();
    } else {
      yield* this.restart(slot, reason);
      return;
    }
    if (significant && this.#shutsDown()) yield* this.end(shutdown);
  }

  #shutsDown(): boolean {
    const { autoShutdown } = this.#definition;
    if (autoShutdown === 'never') return false;
    return (
      autoShutdown === 'any_significant' ||
      !this.#slots.some((slot) => slot.spec.significant && slot.state !== 'down')
    );
  }

  /** Temporary siblings in the range are stopped and forgotten. */
  protected *bringDown(failed: Slot): Procedure {
    const { from, to } = affected(this.#definition.strategy, this.#slots.indexOf(failed), this.#slots.length);
    for (const slot of this.#slots.slice(from, to).reverse()) {
      if (slot === failed) continue;
      yield* this.stopSlot(slot, 'keep');
      if (slot.spec.restart === 'temporary') this.#remove(slot);
    }
  }

  /** Every kept spec of the range is started, also those that were down before. */
  protected *bringUp(failed: Slot): Procedure {
    yield* this.bringDown(failed);
    failed.state = 'down';
    const { from, to } = affected(this.#definition.strategy, this.#slots.indexOf(failed), this.#slots.length);
    for (const slot of this.#slots.slice(from, to)) {
      const reason = yield* this.startSlot(slot);
      if (reason !== undefined) {
        this.retry(slot);
        return;
      }
    }
  }

  // Administration

  protected *onCall(message: SupervisorMsg<unknown>): Procedure<unknown> {
    switch (message.type) {
      case 'start_child':
        return yield* this.#startChild(message.spec);
      case 'start_dynamic_child':
        return {
          ok: false,
          error: 'invalid_spec',
          problem: 'start_dynamic_child: this supervisor has no template',
        };
      case 'terminate_child':
        return yield* this.#terminateChild(this.#find(message.child));
      case 'restart_child':
        return yield* this.#restartChild(this.#find(message.id));
      case 'delete_child':
        return this.#deleteChild(this.#find(message.id));
      case 'which_children':
        return this.#slots.map((slot) => slot.info());
      case 'count_children':
        return count(this.#slots);
    }
  }

  #find(child: unknown): Slot | undefined {
    if (child instanceof ProcessHandle) {
      const slot = this.#byProcess.get(child.process);
      return slot?.process.incarnation === child.incarnation ? slot : undefined;
    }
    return this.#slots.find((slot) => slot.id === child);
  }

  *#startChild(spec: ChildSpec): Procedure<StartChildAnswer> {
    const problem = this.#definition.childProblem(spec);
    if (problem !== undefined) return { ok: false, error: 'invalid_spec', problem };
    const present = this.#find(spec.id);
    if (present?.state === 'running')
      return { ok: false, error: 'already_started', handle: present.process.handle };
    if (present !== undefined) return { ok: false, error: 'already_present' };
    const slot = this.#newSlot(spec);
    this.#slots.push(slot);
    const reason = yield* this.startSlot(slot);
    if (reason !== undefined) {
      this.#remove(slot);
      return { ok: false, error: 'failed', reason };
    }
    if (slot.state === 'running') return { ok: true, handle: slot.process.handle };
    if (spec.restart === 'temporary') this.#remove(slot);
    return { ok: true, handle: undefined };
  }

  *#terminateChild(slot: Slot | undefined): Procedure<TerminateChildAnswer> {
    if (slot === undefined) return { ok: false, error: 'not_found' };
    const waited = slot.state === 'restarting';
    yield* this.stopSlot(slot, 'discard');
    // Siblings that were stopped for its sake waited for the restart that is off now: nobody would ever read their mail.
    if (waited) for (const other of this.#slots) if (other.state === 'down') other.process.rest();
    if (slot.spec.restart === 'temporary') this.#remove(slot);
    return { ok: true };
  }

  *#restartChild(slot: Slot | undefined): Procedure<RestartChildAnswer> {
    if (slot === undefined) return { ok: false, error: 'not_found' };
    if (slot.state !== 'down') return { ok: false, error: slot.state };
    const reason = yield* this.startSlot(slot);
    if (reason !== undefined) {
      slot.process.rest();
      return { ok: false, error: 'failed', reason };
    }
    return { ok: true, handle: slot.info().handle };
  }

  #deleteChild(slot: Slot | undefined): DeleteChildAnswer {
    if (slot === undefined) return { ok: false, error: 'not_found' };
    if (slot.state !== 'down') return { ok: false, error: slot.state };
    this.#remove(slot);
    return { ok: true };
  }
}

function count(slots: readonly Slot[]): ChildCounts {
  return {
    specs: slots.length,
    active: slots.filter((slot) => slot.state === 'running' && slot.process.alive).length,
    supervisors: slots.filter((slot) => slot.spec.type === 'supervisor').length,
    workers: slots.filter((slot) => slot.spec.type === 'worker').length,
  };
}
