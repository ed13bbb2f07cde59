import { normal } from '../../protocols/exit-reason.js';
import type { ExitReason } from '../../protocols/exit-reason.js';
import type { Name } from '../../protocols/name.js';
import { NameNotFound } from './behavior.js';
import type {
  AskOutcome,
  Ctx,
  Handle,
  MonitorRef,
  Ref,
  ReplyTo,
  Settled,
  StartFailure,
  Target,
  TellOptions,
} from './behavior.js';
import type { Actor } from './actor.js';
import { checkDeadline, PendingAsk } from './asks.js';
import type { ChildSpec } from './child-spec.js';
import type { Kernel } from './kernel.js';
import { Letter } from './letter.js';
import { Monitor } from './monitors.js';
import { pipe } from './pipe.js';
import { Process, ProcessHandle, ProcessRef } from './process.js';

/** What a verb asked for: carried out by `commit`, in the order of the calls. */
type Effect = (process: Actor) => void;

/**
 * The record of one turn. Tells and replies, the common cases, take two columns without allocating; every other verb is a closure.
 * A log is reused: `commit` and `discard` leave it empty.
 */
export class TurnLog {
  readonly #targets: (Process | PendingAsk | Effect | undefined)[] = [];
  readonly #messages: unknown[] = [];
  #length = 0;
  stopReason: ExitReason | undefined = undefined;

  tell(target: Process, message: unknown): void {
    this.#targets[this.#length] = target;
    this.#messages[this.#length++] = message;
  }

  reply(ask: PendingAsk, value: unknown): void {
    this.#targets[this.#length] = ask;
    this.#messages[this.#length++] = value;
  }

  effect(effect: Effect): void {
    this.#targets[this.#length] = effect;
    this.#messages[this.#length++] = undefined;
  }

  commit(process: Actor): void {
    const length = this.#length;
    for (let index = 0; index < length; index++) {
      const target = this.#targets[index];
      const message = this.#messages[index];
      this.#targets[index] = undefined;
      this.#messages[index] = undefined;
      if (target instanceof Process) process.send(target, message);
      else if (target instanceof PendingAsk) target.reply(message);
      else if (target !== undefined) {
        target(process);
        // A link to the dead or a signal to itself has ended it; what it asked for behind that it never came to.
        if (!process.alive) {
          this.discard();
          return;
        }
      }
    }
    this.#length = 0;
  }

  discard(): void {
    this.#targets.fill(undefined, 0, this.#length);
    this.#messages.fill(undefined, 0, this.#length);
    this.#length = 0;
    this.stopReason = undefined;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }
}

/** See `Ctx`: the verbs of one incarnation. `log` is open during its turns and undefined between them. */
export class TurnContext implements Ctx<unknown> {
  readonly #actor: Actor;
  readonly #incarnation: number;
  log: TurnLog | undefined = undefined;
  /** The ask that this turn's message came with. */
  currentAsk: PendingAsk | undefined = undefined;

  constructor(actor: Actor) {
    this.#actor = actor;
    this.#incarnation = actor.incarnation;
  }

  get #kernel(): Kernel {
    return this.#actor.kernel;
  }

  get self(): Ref<unknown> {
    return this.#actor.ref;
  }

  get handle(): Handle<unknown> {
    return this.#actor.handle as Handle as Handle<unknown>;
  }

  get path(): string {
    return this.#actor.path;
  }

  nowMs(): number {
    return this.#kernel.host.clock.nowMs();
  }

  wallMs(): number {
    return this.#kernel.host.clock.wallMs();
  }

  random(): number {
    return this.#kernel.host.random();
  }

  tell(to: Target<never>, message: unknown, options?: TellOptions): void {
    const log = this.#open();
    if (to instanceof ProcessRef && options === undefined) {
      log.tell(to.process, message);
      return;
    }
    const { process, incarnation } = this.#resolve(to);
    const letter =
      options?.expiresInMs === undefined
        ? undefined
        : new Letter(this.#actor, undefined, this.nowMs() + options.expiresInMs);
    log.effect((sender) => {
      const met = incarnation === undefined || (process.incarnation === incarnation && process.alive);
      sender.send(process, message, letter, met);
    });
  }

  ask(
    to: Target<never>,
    request: unknown,
    options: { readonly deadlineMs: number },
    toMessage: (outcome: AskOutcome<never>) => unknown,
  ): void {
    checkDeadline(options.deadlineMs);
    const log = this.#open();
    const target = this.#find(to);
    log.effect((asker) =>
      asker.askOther(target.process, target.incarnation, request, options.deadlineMs, toMessage),
    );
  }

  reply(_request: object, value: unknown): void {
    const ask = this.currentAsk;
    if (ask !== undefined) this.#open().reply(ask, value);
  }

  deferReply<R>(_request: object): ReplyTo<R> {
    return this.currentAsk ?? noReply;
  }

  replyTo(to: ReplyTo<never>, value: unknown): void {
    if (to instanceof PendingAsk) this.#open().reply(to, value);
  }

  spawn<M>(spec: ChildSpec<M>, onFailure?: (failure: StartFailure) => unknown): Ref<M> {
    const log = this.#open();
    if (!this.#isCurrent) throw new Error(`${this.#actor.path}: spawn by an incarnation that has ended`);
    const child = this.#actor.children.reserve(spec);
    log.effect((parent) => parent.children.start(child, onFailure));
    return child.ref;
  }

  stopChild(child: Ref<never>): void {
    const { process } = this.#resolve(child);
    this.#open().effect((parent) => parent.children.stop(process));
  }

  link(to: Target<never>): void {
    const { process, incarnation } = this.#resolve(to);
    this.#open().effect((self) => self.linkTo(process, incarnation ?? process.incarnation));
  }

  unlink(from: Target<never>): void {
    const { process, incarnation } = this.#resolve(from);
    this.#open().effect((self) => self.unlinkFrom(process, incarnation ?? process.incarnation));
  }

  monitor(target: Target<never>): MonitorRef {
    const log = this.#open();
    this.#actor.requireSignalHandler('monitor');
    const { process, incarnation, path } = this.#find(target);
    const monitor = new Monitor(this.#kernel.nextMonitor(), this.#actor, this.#incarnation, process, path);
    log.effect(() => {
      const handle = process?.handle;
      if (monitor.open)
        monitor.watch(incarnation === undefined || incarnation === handle?.incarnation ? handle : undefined);
    });
    return monitor;
  }

  demonitor(monitor: MonitorRef): void {
    if (monitor instanceof Monitor) monitor.cancel();
  }

  exit(target: Target<never>, reason: ExitReason): void {
    const { process, incarnation } = this.#find(target);
    this.#open().effect((self) => {
      if (process !== undefined && (incarnation === undefined || process.incarnation === incarnation))
        self.kernel.signal(process, self, reason, 'signal');
    });
  }

  trapExits(on: boolean): void {
    this.#open();
    if (this.#isCurrent) this.#actor.trapsExits = on;
  }

  register(name: Name<unknown>): void {
    this.#open();
    if (this.#isCurrent) this.#kernel.registry.register(name.name, this.#actor);
  }

  unregister(name: Name<unknown>): void {
    this.#open();
    if (this.#isCurrent) this.#kernel.registry.unregister(name.name, this.#actor);
  }

  whereis<M>(name: Name<M>): Ref<M> | undefined {
    return this.#kernel.registry.find(name.name)?.ref;
  }

  timer(key: string, delayMs: number, message: unknown): void {
    this.#setTimer(key, delayMs, message, 'once');
  }

  timerAtFixedRate(key: string, periodMs: number, message: unknown): void {
    this.#setTimer(key, periodMs, message, 'rate');
  }

  timerWithFixedDelay(key: string, delayMs: number, message: unknown): void {
    this.#setTimer(key, delayMs, message, 'delay');
  }

  cancelTimer(key: string): boolean {
    this.#open();
    return this.#isCurrent && this.#actor.timers.cancel(key);
  }

  pipeToSelf<T>(
    work: Promise<T>,
    toMessage: (settled: Settled<T>) => unknown,
    options: { readonly mayNeverEnd?: boolean } = {},
  ): void {
    this.#open();
    if (this.#isCurrent)
      pipe(
        this.#actor,
        work,
        toMessage as (settled: Settled<unknown>) => unknown,
        options.mayNeverEnd === true,
      );
  }

  stop(reason: ExitReason = normal): void {
    const log = this.#open();
    log.stopReason ??= reason;
  }

  get #isCurrent(): boolean {
    return this.#actor.context === this;
  }

  #setTimer(key: string, delayMs: number, message: unknown, repeat: 'once' | 'rate' | 'delay'): void {
    const least = repeat === 'once' ? 0 : 1;
    if (!(delayMs >= least && delayMs < Infinity))
      throw new RangeError(
        `timer "${key}": expected a finite number of ms of at least ${least}, got ${delayMs}`,
      );
    this.#open();
    if (this.#isCurrent) this.#actor.timers.set(key, delayMs, message, repeat);
  }

  /**
   * The open log. What a dead incarnation still asks for is dropped and counted; a live one that speaks between its
   * turns has a bug that must be seen.
   */
  #open(): TurnLog {
    if (this.log !== undefined) return this.log;
    if (this.#isCurrent) throw new Error(`${this.#actor.path}: ctx was used outside its turn`);
    this.#kernel.counts.fencedEffects++;
    const sink = new TurnLog();
    return sink;
  }

  #find(target: Target<never>): {
    process: Process | undefined;
    incarnation: number | undefined;
    path: string;
  } {
    if (target instanceof ProcessRef)
      return { process: target.process, incarnation: undefined, path: target.path };
    if (target instanceof ProcessHandle)
      return { process: target.process, incarnation: target.incarnation, path: target.path };
    if ('name' in target) {
      const process = this.#kernel.registry.find(target.name);
      return { process, incarnation: undefined, path: process?.path ?? target.name };
    }
    throw new TypeError('expected a Ref, a Handle or a Name');
  }

  /** @throws NameNotFound: unlike a dead process, a free name is the sender's error */
  #resolve(target: Target<never>): { process: Process; incarnation: number | undefined } {
    const { process, incarnation, path } = this.#find(target);
    if (process === undefined) throw new NameNotFound(path);
    return { process, incarnation: target instanceof ProcessHandle ? incarnation : undefined };
  }
}

/** For a request that was told: nobody waits. */
const noReply = Object.freeze({});
