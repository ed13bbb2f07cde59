import { failed, killed, noproc, normal } from '../../protocols/exit-reason.js';
import type { ExitReason } from '../../protocols/exit-reason.js';
import type { PendingAsk } from './asks.js';
import { NameTaken } from './behavior.js';
import type { Handle, OfferOptions, OfferOutcome, Ref, StartFailure, TellOptions, Told } from './behavior.js';
import type { ChildSpec } from './child-spec.js';
import type { Entry } from './entry.js';
import type { Place, Resident } from './host.js';
import { PLACE_COST } from './kernel.js';
import type { Kernel } from './kernel.js';
import type { Monitor } from './monitors.js';
import { shown } from './shown.js';
import { Callback } from './timers.js';
import type { TurnTimes } from './turn-times.js';

/**
 * - `down`: no process; a kept spec, or not started yet.
 * - `starting`: init runs. - `running`. - `terminating`: its terminate hook runs.
 * - `exited`: dead, and its supervisor has not yet decided what follows.
 * - `gone`: its place is given up for good.
 */
export type Status = 'down' | 'starting' | 'running' | 'terminating' | 'exited' | 'gone';

export type StartOutcome =
  | { readonly type: 'started' }
  | { readonly type: 'ignored' }
  | { readonly type: 'failed'; readonly reason: ExitReason };

const started: StartOutcome = Object.freeze({ type: 'started' });

/** Told once, when a process that was asked to stop is dead. */
export interface GoneListener {
  gone(): void;
  /** Who waited is dead itself: `gone` will not be called. */
  forgotten(): void;
}

/** Where a new process is put. */
export interface ProcessSeat {
  readonly kernel: Kernel;
  readonly parent: Process | undefined;
  readonly place: Place | undefined;
  /** For children that share one template; otherwise the spec's own. */
  readonly id?: string;
}

/**
 * A place in the tree and the process that lives in it: identity, life and death, links, monitors and names.
 *
 * The place outlives the incarnation, so a `Ref` stays good across restarts; everything that must not cross from one
 * incarnation to the next is dropped at death. Subclasses decide how turns are taken.
 */
export abstract class Process implements Resident {
  readonly kernel: Kernel;
  readonly id: string;
  readonly parent: Process | undefined;
  readonly spec: ChildSpec;
  readonly place: Place;
  /** A number of its own within the system, by which a thread that watches can be told of it. */
  readonly serial: number;

  status: Status = 'down';
  incarnation = 0;
  restarts = 0;
  lastError: unknown = undefined;
  /** On the run queue. */
  queued = false;
  /** Undefined until a turn was timed. */
  turns: TurnTimes | undefined = undefined;
  /** When its parent asked it to stop, monotonic ms. */
  askedToStopMs: number | undefined = undefined;

  links: Set<Process> | undefined = undefined;
  /** Monitors on this process, and monitors that it holds on others. */
  watchers: Set<Monitor> | undefined = undefined;
  watching: Set<Monitor> | undefined = undefined;
  names: Set<string> | undefined = undefined;
  /** Head of the list of asks that wait for an answer from this process. */
  asks: PendingAsk | undefined = undefined;

  #ref: ProcessRef | undefined = undefined;
  #handle: ProcessHandle | undefined = undefined;
  #onStarted: ((outcome: StartOutcome, process: Process) => void) | undefined = undefined;
  #onGone: GoneListener | undefined = undefined;
  #whenSettled: (() => void)[] | undefined = undefined;
  /** Runs out when what lingers has had its time. */
  #patience: Callback | undefined = undefined;

  constructor(seat: ProcessSeat, spec: ChildSpec) {
    this.kernel = seat.kernel;
    this.serial = seat.kernel.nextSerial();
    this.parent = seat.parent;
    this.spec = spec;
    this.id = seat.id ?? spec.id;
    this.place = seat.kernel.host.occupy(seat.place, this.id, this);
    this.kernel.places++;
    if (spec.name !== undefined) this.kernel.registry.assign(spec.name.name, this);
  }

  /** Ids from the root down, with `/` between them. Made when it is asked for: most places are never named. */
  get path(): string {
    return this.parent === undefined ? this.id : `${this.parent.path}/${this.id}`;
  }

  get alive(): boolean {
    return this.status === 'running' || this.status === 'starting' || this.status === 'terminating';
  }

  get ref(): ProcessRef {
    return (this.#ref ??= new ProcessRef(this));
  }

  get handle(): ProcessHandle {
    if (this.#handle?.incarnation !== this.incarnation)
      this.#handle = new ProcessHandle(this, this.incarnation);
    return this.#handle;
  }

  /** Takes turns until `limit` entries were handled or there is nothing to do; returns how many were handled. */
  abstract run(limit: number): number;
  abstract deliver(message: unknown, companion: unknown): Told;
  /** Answers Downs, trapped exits and outcomes of asks; never refused while alive. */
  abstract deliverControl(message: unknown, companion: Entry): void;
  abstract exitSignal(
    from: Process | undefined,
    reason: ExitReason,
    mode: 'signal' | 'link' | 'parent',
  ): void;
  /** Those directly below, in start order. */
  abstract get offspring(): readonly Process[];
  abstract childExited(child: Process, reason: ExitReason): void;
  abstract tellFromOutside(message: unknown, options: TellOptions | undefined): Told;
  abstract offer(message: unknown, options: OfferOptions | undefined): Promise<OfferOutcome>;
  /** Called once for each incarnation, with status `starting`; ends in `startSucceeded`, `startIgnored` or `startFailed`. */
  protected abstract initialise(): void;
  /** Drops what belongs to the incarnation that has just died. */
  protected abstract dissolve(reason: ExitReason): void;
  /** True while something of a dead incarnation still runs and is waited for. */
  abstract get lingering(): boolean;
  /** Waits no longer for a handler that has not settled. */
  protected abstract abandon(): void;
  /** Mail that will not be handled becomes dead letters. */
  abstract discardMail(): void;

  deliverForeign(message: unknown): void {
    this.tellFromOutside(message, undefined);
  }

  // Starting

  /** Starts a new incarnation once nothing of the last one lingers. */
  start(onStarted: (outcome: StartOutcome, process: Process) => void): void {
    this.#onStarted = onStarted;
    if (this.lingering) {
      this.whenSettled(() => {
        // Unless its parent has died meanwhile.
        if (this.#onStarted === onStarted) this.#begin();
      });
    } else this.#begin();
  }

  #begin(): void {
    this.incarnation++;
    this.askedToStopMs = undefined;
    this.status = 'starting';
    this.kernel.starting++;
    const { name } = this.spec;
    const holder = name === undefined ? undefined : this.kernel.registry.assign(name.name, this);
    if (name === undefined || holder === undefined) this.initialise();
    else this.startFailed(failed(new NameTaken(name.name, holder.handle)));
  }

  protected startSucceeded(): void {
    this.status = 'running';
    if (this.kernel.events.watched)
      this.kernel.events.emit({ type: 'started', path: this.path, id: this.id, handle: this.handle });
    this.#started(started);
  }

  protected startIgnored(): void {
    const { path, id, incarnation } = this;
    this.kernel.events.emit({ type: 'start_ignored', path, id, incarnation });
    this.#release(noproc, 'down');
    this.#started({ type: 'ignored' });
  }

  protected startFailed(reason: ExitReason): void {
    this.#release(reason, 'exited', 'start_failed');
    this.#started({ type: 'failed', reason });
  }

  #started(outcome: StartOutcome): void {
    this.kernel.starting--;
    const onStarted = this.#onStarted;
    this.#onStarted = undefined;
    onStarted?.(outcome, this);
    // Asked to stop while it started: a start that came to nothing has done that too.
    if (outcome.type !== 'started') this.#takeOnGone()?.gone();
  }

  // Ending

  /** Ends this incarnation at once. Names are free before anyone learns of it; notices are read in later turns. */
  die(reason: ExitReason): void {
    if (!this.alive) return;
    if (this.status === 'starting') {
      this.startFailed(reason);
      return;
    }
    this.#release(reason, 'exited', 'exited');
    const onGone = this.#takeOnGone();
    if (onGone !== undefined) onGone.gone();
    else this.parent?.childExited(this, reason);
    if (this.parent === undefined) {
      this.rest();
      this.kernel.rootExited(reason);
    }
  }

  #takeOnGone(): GoneListener | undefined {
    const onGone = this.#onGone;
    this.#onGone = undefined;
    return onGone;
  }

  #release(reason: ExitReason, status: Status, ending?: 'exited' | 'start_failed'): void {
    this.status = status;
    this.kernel.registry.releaseAll(this);
    // Told before the children, links and askers that it takes along.
    if (ending !== undefined && this.kernel.events.watched) {
      const { path, id, incarnation, handle } = this;
      this.kernel.events.emit({ type: ending, path, id, incarnation, handle, reason });
    }
    this.dissolve(reason);
    for (let ask = this.asks; ask !== undefined; ask = this.asks) ask.targetDied(reason);
    if (this.links !== undefined) {
      const { links } = this;
      this.links = undefined;
      for (const other of links) {
        other.links?.delete(this);
        this.kernel.signal(other, this, reason, 'link');
      }
    }
    if (this.watching !== undefined) {
      for (const monitor of this.watching) monitor.cancel();
      this.watching = undefined;
    }
    if (this.watchers !== undefined) {
      const { handle, watchers } = this;
      this.watchers = undefined;
      for (const monitor of watchers) monitor.down(handle, reason);
    }
  }

  /** Asks the process to end for its parent; `onGone` replaces the notice that the parent would get. */
  stopForParent(reason: ExitReason, onGone: GoneListener): void {
    if (!this.alive) {
      onGone.gone();
      return;
    }
    this.#takeOnGone()?.forgotten();
    this.#onGone = onGone;
    this.askedToStopMs = this.kernel.host.clock.nowMs();
    this.exitSignal(this.parent, reason, 'parent');
  }

  /** A parent that is itself dead no longer waits. */
  forgetParentsWait(): void {
    this.#takeOnGone()?.forgotten();
    this.#onStarted = undefined;
  }

  /**
   * Calls back when nothing of a dead incarnation is left to wait for: its handler has settled or its shutdown time has
   * passed, and its children, which have times of their own, are gone.
   */
  whenSettled(callback: () => void): void {
    if (!this.lingering) {
      callback();
      return;
    }
    const { shutdown: limit } = this.spec;
    (this.#whenSettled ??= []).push(callback);
    if (this.#patience !== undefined || limit === 'infinity') return;
    this.#patience = new Callback(() => {
      this.abandon();
      this.settled();
    });
    this.kernel.timers.set(this.#patience, limit === 'brutal_kill' ? 0 : limit);
  }

  /** To be called whenever `lingering` may have become false. */
  protected settled(): void {
    if (this.lingering) return;
    if (this.#patience !== undefined) this.kernel.timers.cancel(this.#patience);
    this.#patience = undefined;
    const waiting = this.#whenSettled;
    if (waiting === undefined) return;
    this.#whenSettled = undefined;
    for (const callback of waiting) callback();
  }

  /** Its supervisor keeps the spec but starts nothing for now: what waited will not be handled. */
  rest(): void {
    if (this.status === 'exited') this.status = 'down';
    this.discardMail();
  }

  /** Gives the place up: no incarnation will follow. */
  leave(): void {
    if (this.status === 'gone') return;
    this.discardMail();
    this.status = 'gone';
    this.kernel.registry.unassign(this.spec.name?.name, this);
    this.kernel.places--;
    this.kernel.spend(PLACE_COST);
    this.kernel.host.vacate(this.place);
  }

  /** Reason `kill` as a signal: nothing traps it, and others see `killed`. */
  kill(): void {
    this.die(killed);
  }

  /** At the end of a stop that may take no longer: what has not settled is an orphan at once. */
  cutOff(): void {
    this.kill();
    this.abandon();
    this.settled();
  }

  /** @param incarnation the life that is meant; another one is as good as dead */
  linkTo(other: Process, incarnation: number): void {
    if (other === this) return;
    if (!other.alive || other.incarnation !== incarnation) {
      this.kernel.signal(this, other, noproc, 'link');
      return;
    }
    (this.links ??= new Set()).add(other);
    (other.links ??= new Set()).add(this);
  }

  unlinkFrom(other: Process, incarnation: number): void {
    if (other.incarnation !== incarnation) return;
    this.links?.delete(other);
    other.links?.delete(this);
  }

  /** For reports of failed starts. */
  startFailure(reason: ExitReason): StartFailure {
    return { id: this.id, reason };
  }
}

/** See `Ref`. One for each place. */
export class ProcessRef implements Ref<never> {
  constructor(readonly process: Process) {}
  get path(): string {
    return this.process.path;
  }
  get alive(): boolean {
    return this.process.alive;
  }
  tell(message: never, options?: TellOptions): Told {
    return this.process.tellFromOutside(message, options);
  }
  offer(message: never, options?: OfferOptions): Promise<OfferOutcome> {
    return this.process.offer(message, options);
  }
  toJSON(): object {
    return { path: this.path };
  }
  [shown](): string {
    return `Ref(${this.path})`;
  }
}

/** See `Handle`. One for each incarnation. */
export class ProcessHandle implements Handle {
  constructor(
    readonly process: Process,
    readonly incarnation: number,
  ) {}
  get path(): string {
    return this.process.path;
  }
  get ref(): Ref<never> {
    return this.process.ref;
  }
  get alive(): boolean {
    return this.process.incarnation === this.incarnation && this.process.alive;
  }
  toJSON(): object {
    return { path: this.path, incarnation: this.incarnation };
  }
  [shown](): string {
    return `Handle(${this.path}#${this.incarnation})`;
  }
}

/** A signal `normal` from another process does no harm; from itself it ends the process. */
export const isHarmless = (reason: ExitReason, from: Process | undefined, to: Process): boolean =>
  reason.kind === normal.kind && from !== to;
