/**
 * A supervision tree as OTP's statements describe it, with nothing asynchronous: what a static supervisor does, in the
 * order of its mailbox. Lines are those of the harness.
 */
import type { AutoShutdown, Restart, Strategy } from '../../../runtime/index.js';

export type Start = 'ok' | 'ignore' | 'fail';
export interface WorkerPlan {
  readonly kind: 'worker';
  readonly id: string;
  readonly restart: Restart;
  readonly significant: boolean;
  /** One for each start; the last one repeats. */
  readonly starts: readonly Start[];
}
export interface SupervisorPlan {
  readonly kind: 'supervisor';
  readonly id: string;
  readonly restart: Restart;
  readonly significant: boolean;
  readonly strategy: Strategy;
  readonly intensity: number;
  readonly periodMs: number;
  readonly autoShutdown: AutoShutdown;
  readonly children: readonly Plan[];
}
export type Plan = WorkerPlan | SupervisorPlan;

export type Call =
  | { readonly type: 'start_child'; readonly plan: WorkerPlan }
  | { readonly type: 'terminate_child'; readonly id: string }
  | { readonly type: 'restart_child'; readonly id: string }
  | { readonly type: 'delete_child'; readonly id: string }
  | { readonly type: 'which_children' }
  | { readonly type: 'count_children' };

interface World {
  nowMs: number;
  readonly lines: string[];
  /** How often each plan was started: a script belongs to the plan, not to the place. */
  readonly starts: Map<Plan, number>;
}

type Mail =
  | {
      readonly type: 'exit';
      readonly child: ModelChild;
      readonly incarnation: number;
      readonly reason: string;
    }
  | { readonly type: 'retry'; readonly slot: ModelSlot }
  | { readonly type: 'call'; readonly call: Call; readonly answer: (text: string) => void };

interface ModelSlot {
  readonly plan: Plan;
  readonly child: ModelChild;
  state: 'running' | 'down' | 'restarting';
}

const isNormalLike = (reason: string): boolean => reason === 'normal' || reason.startsWith('shutdown');

abstract class ModelChild {
  incarnation = 0;
  alive = false;
  constructor(
    readonly plan: Plan,
    readonly world: World,
    readonly parent: ModelSupervisor | undefined,
  ) {}

  abstract start(): Start;
  /** For the parent: dead when it returns. */
  abstract stop(): void;
  /** By a signal from outside, for a child that does not trap exits. */
  abstract hit(reason: string): void;

  protected line(what: string, rest = ''): void {
    this.world.lines.push(`${what} ${this.plan.id}#${this.incarnation}${rest}`);
  }

  protected gone(reason: string): void {
    this.parent?.mail.push({ type: 'exit', child: this, incarnation: this.incarnation, reason });
  }
}

class ModelWorker extends ModelChild {
  constructor(
    override readonly plan: WorkerPlan,
    world: World,
    parent: ModelSupervisor,
  ) {
    super(plan, world, parent);
  }

  start(): Start {
    this.incarnation++;
    const { starts } = this.plan;
    const before = this.world.starts.get(this.plan) ?? 0;
    this.world.starts.set(this.plan, before + 1);
    const outcome = starts[Math.min(before, starts.length - 1)] ?? 'ok';
    this.alive = outcome === 'ok';
    this.line(outcome === 'ok' ? 'start' : outcome);
    return outcome;
  }

  stop(): void {
    if (!this.alive) return;
    this.alive = false;
    this.line('exit', ' shutdown');
  }

  hit(reason: string): void {
    if (!this.alive) return;
    this.alive = false;
    this.line('exit', ` ${reason}`);
    this.gone(reason);
  }
}

export class ModelSupervisor extends ModelChild {
  slots: ModelSlot[] = [];
  mail: Mail[] = [];
  #history: number[] = [];

  constructor(
    override readonly plan: SupervisorPlan,
    world: World,
    parent: ModelSupervisor | undefined,
  ) {
    super(plan, world, parent);
  }

  start(): Start {
    this.incarnation++;
    this.#history = [];
    this.mail = [];
    const kept = new Map(this.slots.map((slot) => [slot.plan, slot.child]));
    this.slots = this.plan.children.map((plan) => this.#slot(plan, kept.get(plan)));
    for (const slot of [...this.slots]) {
      if (this.#startSlot(slot) === 'fail') {
        this.#stopAll();
        this.line('fail');
        return 'fail';
      }
      if (slot.state === 'down' && slot.plan.restart === 'temporary') this.#remove(slot);
    }
    this.alive = true;
    this.line('start');
    return 'ok';
  }

  stop(): void {
    if (!this.alive) return;
    this.#stopAll();
    this.#die('shutdown');
  }

  /** B10, B11: nothing but kill has an effect, and the children go with it. */
  hit(reason: string): void {
    if (!this.alive || reason !== 'killed') return;
    this.#die('killed');
    for (const { child } of this.slots) child.hit('killed');
    for (const slot of this.slots) slot.state = 'down';
    this.mail = [];
    this.gone('killed');
  }

  /** Deals with everything that waits. */
  run(): void {
    for (const slot of this.slots) if (slot.child instanceof ModelSupervisor) slot.child.run();
    for (let mail = this.mail.shift(); mail !== undefined && this.alive; mail = this.mail.shift()) {
      if (mail.type === 'exit') this.#onExit(mail.child, mail.incarnation, mail.reason);
      else if (mail.type === 'retry') this.#onRetry(mail.slot);
      else {
        const answer = this.#onCall(mail.call);
        mail.answer(answer);
      }
    }
  }

  call(call: Call, answer: (text: string) => void): void {
    if (this.alive) this.mail.push({ type: 'call', call, answer });
    else answer('noproc');
  }

  #slot(plan: Plan, kept?: ModelChild): ModelSlot {
    const made = (): ModelChild =>
      plan.kind === 'worker'
        ? new ModelWorker(plan, this.world, this)
        : new ModelSupervisor(plan, this.world, this);
    return { plan, child: kept ?? made(), state: 'down' };
  }

  #startSlot(slot: ModelSlot): Start {
    const outcome = slot.child.start();
    if (outcome !== 'fail') slot.state = outcome === 'ok' ? 'running' : 'down';
    return outcome;
  }

  #stopSlot(slot: ModelSlot): void {
    slot.child.stop();
    slot.state = 'down';
    if (slot.plan.restart === 'temporary') this.#remove(slot);
  }

  #remove(slot: ModelSlot): void {
    this.slots = this.slots.filter((other) => other !== slot);
  }

  #stopAll(): void {
    for (const slot of [...this.slots].reverse()) this.#stopSlot(slot);
  }

  #die(reason: string): void {
    this.alive = false;
    this.line('exit', ` ${reason}`);
    for (const mail of this.mail) if (mail.type === 'call') mail.answer('exit');
    this.mail = [];
  }

  #end(): void {
    this.#stopAll();
    this.#die('shutdown');
    this.gone('shutdown');
  }

  #onExit(child: ModelChild, incarnation: number, reason: string): void {
    const slot = this.slots.find((other) => other.child === child);
    if (slot?.state !== 'running' || child.incarnation !== incarnation) return;
    const { restart, significant } = slot.plan;
    if (restart === 'temporary') this.#remove(slot);
    else if (restart === 'transient' && isNormalLike(reason)) slot.state = 'down';
    else {
      this.#restart(slot);
      return;
    }
    const { autoShutdown } = this.plan;
    const others = this.slots.some((other) => other.plan.significant && other.state !== 'down');
    if (
      significant &&
      (autoShutdown === 'any_significant' || (autoShutdown === 'all_significant' && !others))
    )
      this.#end();
  }

  #onRetry(slot: ModelSlot): void {
    if (slot.state === 'restarting' && this.slots.includes(slot)) this.#restart(slot);
  }

  #restart(slot: ModelSlot): void {
    const { nowMs } = this.world;
    const { intensity, periodMs, strategy } = this.plan;
    this.#history = [...this.#history, nowMs].filter((time) => nowMs - time <= periodMs);
    slot.state = 'down';
    if (this.#history.length > intensity) {
      this.#end();
      return;
    }
    const group = (): ModelSlot[] => {
      const at = this.slots.indexOf(slot);
      if (strategy === 'one_for_all') return this.slots;
      return strategy === 'rest_for_one' ? this.slots.slice(at) : [slot];
    };
    for (const other of [...group()].reverse()) if (other !== slot) this.#stopSlot(other);
    for (const other of group())
      if (this.#startSlot(other) === 'fail') {
        other.state = 'restarting';
        this.mail.push({ type: 'retry', slot: other });
        return;
      }
  }

  #onCall(call: Call): string {
    if (call.type === 'which_children')
      return this.slots.map(({ plan, state }) => `${plan.id} ${state}`).join(', ');
    if (call.type === 'count_children') return this.#count();
    if (call.type === 'start_child') return this.#startChild(call.plan);
    const slot = this.slots.find(({ plan }) => plan.id === call.id);
    if (slot === undefined) return 'not_found';
    if (call.type === 'terminate_child') {
      this.#stopSlot(slot);
      return 'ok';
    }
    if (slot.state !== 'down') return slot.state;
    if (call.type === 'delete_child') {
      this.#remove(slot);
      return 'ok';
    }
    return answerOf(this.#startSlot(slot), slot);
  }

  #count(): string {
    const active = this.slots.filter((slot) => slot.state === 'running' && slot.child.alive).length;
    const supervisors = this.slots.filter(({ plan }) => plan.kind === 'supervisor').length;
    return `${this.slots.length} ${active} ${supervisors} ${this.slots.length - supervisors}`;
  }

  #startChild(plan: WorkerPlan): string {
    const present = this.slots.find((slot) => slot.plan.id === plan.id);
    if (present !== undefined)
      return present.state === 'running' ? `already_started#${present.child.incarnation}` : 'already_present';
    const slot = this.#slot(plan);
    this.slots = [...this.slots, slot];
    const outcome = this.#startSlot(slot);
    if (outcome === 'fail' || (outcome === 'ignore' && plan.restart === 'temporary')) this.#remove(slot);
    return answerOf(outcome, slot);
  }
}

const answerOf = (outcome: Start, slot: ModelSlot): string =>
  outcome === 'fail' ? 'failed' : outcome === 'ok' ? `ok#${slot.child.incarnation}` : 'ok';
