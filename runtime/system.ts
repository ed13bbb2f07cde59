import { Actor } from '../actors/kernel/actor.js';
import { checkDeadline, OutsideAsk } from '../actors/kernel/asks.js';
import type { AskOutcome, Handle, Ref, Target } from '../actors/kernel/behavior.js';
import { InvalidSpec } from '../actors/kernel/child-spec.js';
import type { ChildSpec, Shutdown } from '../actors/kernel/child-spec.js';
import type { DeadLetter, DeadLetterReason } from '../actors/kernel/dead-letters.js';
import type { Subscriber } from '../actors/kernel/events.js';
import type { Host } from '../actors/kernel/host.js';
import { Kernel } from '../actors/kernel/kernel.js';
import { Letter } from '../actors/kernel/letter.js';
import { ProcessHandle, ProcessRef } from '../actors/kernel/process.js';
import type { Process, Status } from '../actors/kernel/process.js';
import type { Hand } from '../actors/kernel/turn-times.js';
import { Callback } from '../actors/kernel/timers.js';
import { describeReason, shutdown } from '../protocols/exit-reason.js';
import type { ExitReason } from '../protocols/exit-reason.js';
import type { AnswerTo, Name } from '../protocols/name.js';
import type {
  ChildCounts,
  ChildInfo,
  DeleteChildAnswer,
  RestartChildAnswer,
  StartChildAnswer,
  SupervisorMsg,
  TerminateChildAnswer,
} from '../supervisors/kernel/messages.js';
import { everyProcess, inspect, inspectTree, waitingIn } from './inspect.js';
import type { ProcessInfo, TreeInfo, WaitingMessage } from './inspect.js';

export interface SystemOptions {
  readonly host: Host;
  /** Newest dead letters kept in memory. @defaultValue 1024 */
  readonly deadLetters?: number;
  /** Told of everything from before the first start. */
  readonly subscribers?: readonly Subscriber[];
  /** Times turns from before the first start on; see `startWatchdog`. */
  readonly hand?: Hand;
  /** Whether a running tree keeps the process alive. @defaultValue true */
  readonly keepAlive?: boolean;
}

export interface AskOptions {
  readonly deadlineMs: number;
  /** Gives the ask up, reason `cancelled`. The request is handled all the same; its answer is counted as late. */
  readonly signal?: AbortSignal;
}

export interface StopOptions {
  /** How long accepted messages may still be handled before anything stops. @defaultValue 0 */
  readonly drainMs?: number;
  /** When everything left is killed, and waited for no longer. @defaultValue no limit beyond the children's own */
  readonly deadlineMs?: number;
}

export interface StopReport {
  /** True when every child stopped by its own rule and nothing of any is left. */
  readonly ok: boolean;
  /** Paths of actors whose handler had not settled when the system was down. */
  readonly orphans: readonly string[];
  /** True when no accepted message waited any more when stopping began. */
  readonly drained: boolean;
  readonly reason: ExitReason;
}

/** Who has not stopped yet, parents before their children. */
export interface Stopping {
  /** Since `stop` was called, ms; null when the root ended by itself. */
  readonly forMs: number | null;
  readonly left: readonly StillThere[];
}

export interface StillThere {
  readonly path: string;
  /** `unsettled`: dead, and a handler of it, or a child, has not ended. */
  readonly status: Status | 'unsettled';
  /** Since its parent asked it to stop, ms; null when its turn has not come. */
  readonly askedForMs: number | null;
  readonly shutdown: Shutdown;
}

/** A tree whose first start failed; everything that had started is stopped again. */
export class StartFailed extends Error {
  override readonly name = 'StartFailed';
  constructor(
    readonly path: string,
    readonly reason: ExitReason,
  ) {
    super(`${path} did not start: ${describeReason(reason)}`);
  }
}

/** Calls to a supervisor wait as long as it takes, as in OTP; this is the longest wait a timer can have. */
const CALL_MS = 2_147_483_647;

const SLOW_TURN_MS_MIN = 25;

/** A running tree. */
export class System {
  readonly #kernel: Kernel;
  readonly #root: Process;
  readonly #release: () => void;
  #stopping: Promise<StopReport> | undefined;
  #stoppingSinceMs: number | undefined;
  #ended: ExitReason | undefined;
  /** Resolves when the root has ended, for whatever reason. */
  readonly exited: Promise<ExitReason>;

  private constructor(kernel: Kernel, root: Process, options: SystemOptions) {
    this.#kernel = kernel;
    this.#root = root;
    this.#release = options.keepAlive === false ? () => undefined : kernel.host.hold();
    this.exited = new Promise((resolve) => {
      kernel.onRootExit = (reason) => {
        this.#ended = reason;
        this.#release();
        resolve(reason);
      };
    });
  }

  /** @throws InvalidSpec | StartFailed; nothing is left behind then */
  static async start(root: ChildSpec, options: SystemOptions): Promise<System> {
    const problem = root.problem();
    if (problem !== undefined) throw new InvalidSpec(`${root.id}: ${problem}`);
    const kernel = new Kernel(options.host, { deadLetters: options.deadLetters ?? 1_024 });
    if (options.hand !== undefined) kernel.watchWith(options.hand);
    for (const subscriber of options.subscribers ?? []) kernel.events.subscribe(subscriber);
    const process = root.create({ kernel, parent: undefined, place: undefined });
    const system = new System(kernel, process, options);
    const outcome = await new Promise<{ type: string; reason?: ExitReason }>((resolve) =>
      process.start(resolve),
    );
    if (outcome.type === 'started') return system;
    system.#tearDown();
    throw new StartFailed(root.id, outcome.reason ?? { kind: 'shutdown', detail: 'ignored' });
  }

  get root(): Ref<never> {
    return this.#root.ref;
  }

  /** Everything that happens, as it happens; starts and deaths are told before their consequences. */
  trace(subscriber: Subscriber): () => void {
    return this.#kernel.events.subscribe(subscriber);
  }

  /**
   * Asks and waits. Fails fast when the target is down or dies before it answers.
   * @throws RangeError for a deadline that is not a finite number of ms above 0
   */
  ask<Msg, const Request extends NoInfer<Msg>>(
    target: Target<Msg>,
    request: Request,
    options: AskOptions,
  ): Promise<AskOutcome<AnswerTo<Msg, Request>>> {
    const { deadlineMs, signal } = options;
    checkDeadline(deadlineMs);
    const process = this.#processOf(target);
    if (process === undefined) return Promise.resolve({ ok: false, reason: { type: 'noproc' } });
    if (signal?.aborted === true) return Promise.resolve({ ok: false, reason: { type: 'cancelled' } });
    return new Promise((resolve) => {
      this.#kernel.touch();
      const ask = new OutsideAsk(this.#kernel, process, resolve);
      if (signal !== undefined) ask.cancelOn(signal);
      this.#kernel.openAsk(ask, undefined, request, deadlineMs);
    });
  }

  /** The place at a path such as `root/core/db-writes`, or undefined. */
  find(path: string): Ref<never> | undefined {
    const names = path.split('/');
    let process: Process | undefined = names.shift() === this.#root.id ? this.#root : undefined;
    for (const id of names) process = process?.offspring.find((child) => child.id === id);
    return process?.ref;
  }

  /** The nact reference of a place: `dispatch` from nact reaches its bounded mailbox. Undefined on other hosts. */
  nactReference(target: Ref<never>): object | undefined {
    const process = this.#processOf(target);
    return process === undefined ? undefined : process.kernel.host.foreignReference(process.place);
  }

  whereis<Msg>(name: Name<Msg>): Ref<Msg> | undefined {
    return this.#kernel.registry.find(name.name)?.ref;
  }

  /** The incarnation that lives at a place now, or the last one. */
  handle(target: Target<never>): Handle | undefined {
    return this.#processOf(target)?.handle;
  }

  /** Sends an exit signal; `kill` cannot be trapped. */
  exit(target: Target<never>, reason: ExitReason): void {
    this.#kernel.touch();
    const process = this.#processOf(target);
    if (process !== undefined) this.#kernel.signal(process, undefined, reason, 'signal');
  }

  /** Takes no turns until it is resumed, stopped or dead. @returns false where no actor lives */
  suspend(target: Target<never>): boolean {
    return this.#setSuspended(target, true);
  }

  resume(target: Target<never>): boolean {
    return this.#setSuspended(target, false);
  }

  #setSuspended(target: Target<never>, on: boolean): boolean {
    this.#kernel.touch();
    const process = this.#processOf(target);
    if (!(process instanceof Actor) || !process.alive) return false;
    process.setSuspended(on);
    return true;
  }

  // Administration of supervisors

  startChild(supervisor: Ref<SupervisorMsg>, spec: ChildSpec): Promise<AskOutcome<StartChildAnswer>> {
    return this.ask(supervisor, { type: 'start_child', spec }, { deadlineMs: CALL_MS });
  }

  startDynamicChild<Args>(
    supervisor: Ref<SupervisorMsg<Args>>,
    args: Args,
  ): Promise<AskOutcome<StartChildAnswer>> {
    return this.ask(supervisor, { type: 'start_dynamic_child', args }, { deadlineMs: CALL_MS });
  }

  terminateChild(
    supervisor: Ref<SupervisorMsg>,
    child: string | Handle,
  ): Promise<AskOutcome<TerminateChildAnswer>> {
    return this.ask(supervisor, { type: 'terminate_child', child }, { deadlineMs: CALL_MS });
  }

  restartChild(supervisor: Ref<SupervisorMsg>, id: string): Promise<AskOutcome<RestartChildAnswer>> {
    return this.ask(supervisor, { type: 'restart_child', id }, { deadlineMs: CALL_MS });
  }

  deleteChild(supervisor: Ref<SupervisorMsg>, id: string): Promise<AskOutcome<DeleteChildAnswer>> {
    return this.ask(supervisor, { type: 'delete_child', id }, { deadlineMs: CALL_MS });
  }

  whichChildren(supervisor: Ref<SupervisorMsg>): Promise<AskOutcome<readonly ChildInfo[]>> {
    return this.ask(supervisor, { type: 'which_children' }, { deadlineMs: CALL_MS });
  }

  countChildren(supervisor: Ref<SupervisorMsg>): Promise<AskOutcome<ChildCounts>> {
    return this.ask(supervisor, { type: 'count_children' }, { deadlineMs: CALL_MS });
  }

  // Dead letters

  deadLetters(): readonly DeadLetter[] {
    return this.#kernel.deadLetters.list();
  }

  deadLetterCounts(): {
    readonly total: number;
    readonly agedOut: number;
    readonly byReason: Readonly<Partial<Record<DeadLetterReason, number>>>;
  } {
    const { total, agedOut } = this.#kernel.deadLetters;
    return { total, agedOut, byReason: this.#kernel.deadLetters.counts() };
  }

  /**
   * Sends a letter to its recipient again; it is deleted once accepted. Should it fail again, then it comes back under
   * its id, with its sender and the errors of all attempts.
   */
  redrive(id: number): 'accepted' | 'full' | 'stopped' | 'not_found' {
    const letter = this.#kernel.deadLetters.get(id);
    if (letter === undefined) return 'not_found';
    const recipient = this.find(letter.recipient);
    if (!(recipient instanceof ProcessRef)) return 'stopped';
    this.#kernel.touch();
    const told = recipient.process.deliver(letter.message, Letter.redriven(letter));
    // Unless a policy of the mailbox has made it a dead letter again.
    if (told === 'accepted' && this.#kernel.deadLetters.get(id) === letter)
      this.#kernel.deadLetters.remove(id);
    return told;
  }

  // Observation

  /** Resolves when only a timer or something from outside can bring the next turn. */
  quiescent(): Promise<void> {
    return this.#kernel.quiescent();
  }

  tree(): TreeInfo {
    return inspectTree(this.#kernel, this.#root);
  }

  inspect(target: Target<never>): ProcessInfo | undefined {
    const process = this.#processOf(target);
    return process === undefined ? undefined : inspect(this.#kernel, process);
  }

  /** Every place, parents before their children; each is looked at only when it is taken. */
  *places(): Generator<ProcessInfo> {
    for (const process of everyProcess(this.#root)) yield inspect(this.#kernel, process);
  }

  /** The first messages that wait at a place, oldest first. Undefined where no mailbox is. */
  waiting(target: Target<never>, limit: number): readonly WaitingMessage[] | undefined {
    const process = this.#processOf(target);
    return process instanceof Actor ? waitingIn(this.#kernel, process, limit) : undefined;
  }

  /** From here on turns are timed by this hand; see `startWatchdog`. @returns by what number it shows each place */
  watchTurns(hand: Hand): readonly { readonly serial: number; readonly path: string }[] {
    this.#kernel.watchWith(hand);
    return [...everyProcess(this.#root)].map(({ serial, path }) => ({ serial, path }));
  }

  /** Turns that hold the loop for as long or longer are told as `slow_turn`, ms, where turns are watched. */
  get slowTurnMs(): number {
    return this.#kernel.slowTurnMs;
  }

  /** @throws RangeError below 25 ms, twice what a watcher at rest can tell apart */
  set slowTurnMs(ms: number) {
    if (!(ms >= SLOW_TURN_MS_MIN && ms < Infinity))
      throw new RangeError(
        `slowTurnMs: expected a finite number of ms of at least ${SLOW_TURN_MS_MIN}, got ${ms}`,
      );
    this.#kernel.slowTurnMs = ms;
  }

  /** Whether `stop` was called or the root has ended, and who has not stopped yet. */
  get stopping(): Stopping | undefined {
    if (this.#stopping === undefined && this.#ended === undefined) return undefined;
    const nowMs = this.#kernel.host.clock.nowMs();
    const left: StillThere[] = [];
    for (const process of everyProcess(this.#root))
      if (process.alive || process.lingering)
        left.push({
          path: process.path,
          status: process.alive ? process.status : 'unsettled',
          askedForMs: process.askedToStopMs === undefined ? null : nowMs - process.askedToStopMs,
          shutdown: process.spec.shutdown,
        });
    const sinceMs = this.#stoppingSinceMs === undefined ? null : nowMs - this.#stoppingSinceMs;
    return { forMs: sinceMs, left };
  }

  /** Counts that return to their start when nothing leaks. */
  census(): Readonly<
    Record<
      | 'processes'
      | 'names'
      | 'timers'
      | 'asks'
      | 'asyncTurns'
      | 'pipes'
      | 'orphans'
      | 'fencedEffects'
      | 'lateReplies',
      number
    >
  > {
    const { places, registry, timers, asksPending, asyncTurns, pipes, orphans, counts } = this.#kernel;
    return {
      processes: places,
      names: registry.size,
      timers: timers.count,
      asks: asksPending,
      asyncTurns,
      pipes,
      orphans: orphans.size,
      fencedEffects: counts.fencedEffects,
      lateReplies: counts.lateReplies,
    };
  }

  // Stopping

  /**
   * Stops the tree in reverse start order. Called again it gives the same report.
   * @throws RangeError for a time that is not a finite number of ms
   */
  stop(options: StopOptions = {}): Promise<StopReport> {
    const { drainMs, deadlineMs } = options;
    if (drainMs !== undefined && drainMs !== 0) checkDeadline(drainMs, 'drainMs');
    if (deadlineMs !== undefined) checkDeadline(deadlineMs);
    return (this.#stopping ??= this.#stop(options));
  }

  async #stop({ drainMs = 0, deadlineMs }: StopOptions): Promise<StopReport> {
    this.#kernel.touch();
    this.#stoppingSinceMs = this.#kernel.host.clock.nowMs();
    const rested = drainMs > 0 ? await this.#drain(drainMs) : this.#kernel.isQuiescent;
    const drained = rested && !this.#mailWaits();
    let forced = false;
    const deadline = new Callback(() => {
      forced = true;
      for (const process of [...everyProcess(this.#root)].reverse()) process.cutOff();
    });
    if (deadlineMs !== undefined) this.#kernel.timers.set(deadline, deadlineMs);
    if (this.#ended === undefined) {
      await new Promise<void>((resolve) => this.#kernel.stopWithin(this.#root, shutdown, resolve));
      this.#ended ??= shutdown;
    } else await new Promise<void>((resolve) => this.#root.whenSettled(resolve));
    const orphans = [...this.#kernel.orphans.keys()].map(({ path }) => path);
    this.#tearDown();
    return { ok: orphans.length === 0 && !forced, orphans, drained, reason: this.#ended };
  }

  /** In a suspended actor it may, at rest. */
  #mailWaits(): boolean {
    for (const process of everyProcess(this.#root))
      if (process instanceof Actor && (process.mailbox?.depth ?? 0) > 0) return true;
    return false;
  }

  #drain(drainMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const deadline = new Callback(() => resolve(false));
      this.#kernel.timers.set(deadline, drainMs);
      void this.#kernel.quiescent().then(() => {
        this.#kernel.timers.cancel(deadline);
        resolve(true);
      });
    });
  }

  #tearDown(): void {
    this.#release();
    this.#root.leave();
    this.#kernel.timers.close();
    this.#kernel.host.close();
  }

  #processOf(target: Target<never>): Process | undefined {
    if (target instanceof ProcessRef) return target.process;
    if (target instanceof ProcessHandle) return target.alive ? target.process : undefined;
    return 'name' in target ? this.#kernel.registry.find(target.name) : undefined;
  }
}
