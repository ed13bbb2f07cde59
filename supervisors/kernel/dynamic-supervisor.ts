import type { ChildSpec } from '../../actors/kernel/child-spec.js';
import { ProcessHandle } from '../../actors/kernel/process.js';
import type { Process, ProcessSeat } from '../../actors/kernel/process.js';
import { isNormalLike, shutdown } from '../../protocols/exit-reason.js';
import { failed } from '../../protocols/exit-reason.js';
import type { ExitReason } from '../../protocols/exit-reason.js';
import type { ChildCounts, StartChildAnswer, SupervisorMsg, TerminateChildAnswer } from './messages.js';
import { until } from './procedure.js';
import type { Procedure } from './procedure.js';
import { Slot } from './slot.js';
import { SupervisorProcess } from './supervisor-process.js';
import type { DynamicDefinition } from './supervisor-spec.js';

/** A supervisor of any number of children made from one template (OTP: simple_one_for_one). It keeps no down entries. */
export class DynamicSupervisor extends SupervisorProcess {
  readonly #definition: DynamicDefinition;
  readonly #byProcess = new Map<Process, Slot>();
  /** Of the place, not of one life: no two children ever have the same id. */
  #nextId = 1;

  constructor(seat: ProcessSeat, definition: DynamicDefinition) {
    super(seat, definition);
    this.#definition = definition;
  }

  get slots(): readonly Slot[] {
    return [...this.#byProcess.values()];
  }

  protected slotOf(child: Process): Slot | undefined {
    return this.#byProcess.get(child);
  }

  protected *startChildren(): Procedure<undefined> {
    for (const slot of this.slots) this.#remove(slot);
    return undefined;
  }

  /** All are asked at once, each with the shutdown time of the template. */
  protected *stopChildren(): Procedure {
    const { slots } = this;
    if (slots.length === 0) return;
    let left = slots.length;
    yield* until((resume: (value: undefined) => void) => {
      for (const { process } of slots)
        this.kernel.stopWithin(process, shutdown, () => {
          if (--left === 0) resume(undefined);
        });
    });
    for (const slot of slots) this.#remove(slot);
  }

  #remove(slot: Slot): void {
    slot.state = 'down';
    slot.process.leave();
    this.#byProcess.delete(slot.process);
  }

  protected *onExit(slot: Slot, reason: ExitReason): Procedure {
    const { restart } = slot.spec;
    if (restart === 'temporary' || (restart === 'transient' && isNormalLike(reason))) {
      yield* this.remains(slot);
      this.#remove(slot);
    } else yield* this.restart(slot, reason);
  }

  protected *bringDown(): Procedure {
    // Children of a dynamic supervisor share no fate.
  }

  protected *bringUp(slot: Slot): Procedure {
    const reason = yield* this.startSlot(slot);
    if (reason !== undefined) this.retry(slot);
    else if (slot.state === 'down') this.#remove(slot);
  }

  protected *onCall(message: SupervisorMsg<unknown>): Procedure<unknown> {
    switch (message.type) {
      case 'start_dynamic_child':
        return yield* this.#startChild(message.args);
      case 'start_child':
        return {
          ok: false,
          error: 'invalid_spec',
          problem: 'start_child: this supervisor starts from a template',
        };
      case 'terminate_child':
        return yield* this.#terminateChild(message.child);
      case 'restart_child':
      case 'delete_child':
        return { ok: false, error: 'simple_one_for_one' };
      case 'which_children':
        return this.slots.map((slot) => ({ ...slot.info(), id: slot.process.id }));
      case 'count_children':
        return this.#count();
    }
  }

  *#startChild(args: unknown): Procedure<StartChildAnswer> {
    let spec: ChildSpec;
    try {
      spec = this.#definition.template(args as never);
    } catch (error) {
      return { ok: false, error: 'failed', reason: failed(error) };
    }
    const problem = this.#definition.childProblem(spec);
    if (problem !== undefined) return { ok: false, error: 'invalid_spec', problem };
    const id = `~${this.#nextId++}`;
    const process = spec.create({ kernel: this.kernel, parent: this, place: this.place, id });
    const slot = new Slot(spec, process);
    this.#byProcess.set(process, slot);
    const reason = yield* this.startSlot(slot);
    if (slot.state === 'running') return { ok: true, handle: process.handle };
    this.#remove(slot);
    return reason === undefined ? { ok: true, handle: undefined } : { ok: false, error: 'failed', reason };
  }

  *#terminateChild(child: unknown): Procedure<TerminateChildAnswer> {
    if (!(child instanceof ProcessHandle)) return { ok: false, error: 'simple_one_for_one' };
    const slot = this.#byProcess.get(child.process);
    // A child that is restarting is meant by the handle of its last life.
    if (slot === undefined || slot.lastLife !== child.incarnation)
      return child.alive ? { ok: false, error: 'not_found' } : { ok: true };
    yield* this.stopSlot(slot, 'discard');
    this.#remove(slot);
    return { ok: true };
  }

  #count(): ChildCounts {
    const { slots } = this;
    const active = slots.filter((slot) => slot.state === 'running' && slot.process.alive).length;
    const supervisors = slots.filter((slot) => slot.spec.type === 'supervisor').length;
    return { specs: 1, active, supervisors, workers: slots.length - supervisors };
  }
}
