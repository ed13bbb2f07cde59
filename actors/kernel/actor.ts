import { failed, isNormalLike, noproc, shutdown } from '../../protocols/exit-reason.js';
import type { ExitReason } from '../../protocols/exit-reason.js';
import { ActorTimers, TickEntry } from './actor-timers.js';
import { ActorAsk, OutcomeEntry } from './asks.js';
import type { PendingAsk } from './asks.js';
import { ignore } from './behavior.js';
import type {
  AskOutcome,
  OfferOptions,
  Settled,
  Signal,
  StartFailure,
  TellOptions,
  Told,
} from './behavior.js';
import type { ActorDefinition } from './actor-spec.js';
import { InvalidSpec } from './child-spec.js';
import type { ChildSpec } from './child-spec.js';
import { Letter } from './letter.js';
import { Entry, Mailbox } from './mailbox.js';
import { DownEntry } from './monitors.js';
import { OfferQueue } from './offers.js';
import { isHarmless, Process } from './process.js';
import type { ProcessSeat } from './process.js';
import { Timer } from './timers.js';
import { TurnContext } from './turn.js';
import type { TurnLog } from './turn.js';

/** A trapping actor was asked to stop: served in its turn, behind the mail that came before. */
class StopEntry extends Entry {
  constructor(readonly reason: ExitReason) {
    super(true);
  }
}

/** An exit signal that is trapped. */
class ExitEntry extends Entry {}

class DeadlineTimer extends Timer {
  constructor(readonly ring: () => void) {
    super();
  }
}

/** What a turn is about, for reports and for what follows it. */
type Occasion = 'init' | 'handle' | 'signal' | 'terminate';

/** A process that runs a behaviour: one turn at a time from a bounded mailbox, each atomic. */
export class Actor extends Process {
  readonly #definition: ActorDefinition;
  readonly mailbox = new Mailbox();
  readonly timers = new ActorTimers(this);
  trapsExits = false;
  suspended = false;
  context: TurnContext | undefined = undefined;

  #state: unknown = undefined;
  /** The handler in flight of this incarnation has not settled: no other turn starts. */
  #busy = false;
  /** Handlers of dead incarnations that have not settled. */
  #unsettled = 0;
  #children: Map<string, Process> | undefined = undefined;
  #childrenStopping = 0;
  #nextChild = 1;
  #offers: OfferQueue | undefined = undefined;
  #byKey: Map<string, Letter> | undefined = undefined;
  #backlogWarnedAt = 0;

  handled = 0;
  accepted = 0;
  refused = 0;
  lost = 0;
  crashes = 0;

  constructor(seat: ProcessSeat, definition: ActorDefinition) {
    super(seat, definition.spec);
    this.#definition = definition;
  }

  get state(): unknown {
    return this.#state;
  }

  get busy(): boolean {
    return this.#busy;
  }

  get children(): readonly Process[] {
    return [...(this.#children?.values() ?? [])];
  }

  get lingering(): boolean {
    return this.#unsettled > 0 || this.#childrenStopping > 0;
  }

  // Mail

  /** Mail may wait: for a process that lives, or for the next incarnation of one that will be restarted. */
  get #accepts(): boolean {
    return this.alive || (this.#keepsMail && this.status === 'exited');
  }

  get #keepsMail(): boolean {
    return this.#definition.onRestart === 'keep' && this.spec.restart !== 'temporary';
  }

  deliver(message: unknown, companion: unknown): Told {
    const { status } = this;
    if (status !== 'running' && !this.#accepts) return 'stopped';
    const { mailbox } = this;
    const { capacity } = this.#definition;
    if (this.#definition.overflow === 'conflate') return this.#deliverByKey(message, companion);
    if (mailbox.depth >= capacity && !this.#makeRoom(message, companion)) {
      if (this.#definition.overflow === 'drop_newest') return 'accepted';
      this.refused++;
      return 'full';
    }
    this.accepted++;
    mailbox.push(message, companion, this.kernel.tick);
    if (mailbox.depth > this.#backlogWarnedAt && mailbox.depth >= 64) this.#warnOfBacklog();
    if (!this.queued) this.#wake();
    return 'accepted';
  }

  #makeRoom(message: unknown, companion: unknown): boolean {
    switch (this.#definition.overflow) {
      case 'drop_oldest': {
        const oldest = this.mailbox.evictOldest();
        this.lost++;
        this.#deadLetter('dropped_oldest', oldest, this.mailbox.companion);
        return true;
      }
      case 'drop_newest':
        this.accepted++;
        this.lost++;
        this.#deadLetter('dropped_newest', message, companion);
        return false;
      default:
        return false;
    }
  }

  #deliverByKey(message: unknown, companion: unknown): Told {
    const key = this.#definition.key(message);
    const waiting = this.#byKey?.get(key);
    const letter =
      companion instanceof Letter
        ? companion
        : new Letter(companion as Process | undefined, undefined, undefined);
    if (waiting !== undefined) {
      this.accepted++;
      this.lost++;
      this.#deadLetter('conflated', waiting.message, waiting);
      waiting.message = message;
      return 'accepted';
    }
    if (this.mailbox.depth >= this.#definition.capacity) {
      this.refused++;
      return 'full';
    }
    letter.message = message;
    letter.key = key;
    (this.#byKey ??= new Map()).set(key, letter);
    this.accepted++;
    this.mailbox.push(undefined, letter, this.kernel.tick);
    if (!this.queued) this.#wake();
    return 'accepted';
  }

  deliverControl(message: unknown, companion: unknown): void {
    if (!this.alive) return;
    this.mailbox.push(message, companion, this.kernel.tick);
    if (!this.queued) this.#wake();
  }

  tellFromOutside(message: unknown, options: TellOptions | undefined): Told {
    this.kernel.touch();
    const { expiresInMs } = options ?? {};
    const companion =
      expiresInMs === undefined
        ? undefined
        : new Letter(undefined, undefined, this.kernel.host.clock.nowMs() + expiresInMs);
    const told = this.deliver(message, companion);
    if (told === 'stopped') this.kernel.deadLetter('stopped', this, message, companion);
    return told;
  }

  offer(message: unknown, options: OfferOptions | undefined): Promise<'accepted' | 'stopped' | 'timeout'> {
    const waits = this.#offers?.waiting === true;
    if (!waits) {
      const told = this.tellFromOutside(message, undefined);
      if (told !== 'full') return Promise.resolve(told);
      this.refused--;
    }
    return (this.#offers ??= new OfferQueue(this)).wait(message, options?.deadlineMs);
  }

  /** Delivers for another actor at the end of its turn; a refusal becomes a dead letter. */
  send(target: Process, message: unknown, letter?: Letter, met = true): void {
    const companion = letter ?? this;
    const told = met ? target.deliver(message, companion) : 'stopped';
    if (told !== 'accepted')
      this.kernel.deadLetter(told === 'full' ? 'mailbox_full' : 'stopped', target, message, companion);
  }

  askOther(
    target: Process | undefined,
    incarnation: number | undefined,
    request: unknown,
    deadlineMs: number,
    toMessage: (outcome: AskOutcome<never>) => unknown,
  ): void {
    const noAnswer = (type: 'noproc' | 'calling_self'): void => {
      this.deliverControl({ ok: false, reason: { type } }, new OutcomeEntry(toMessage));
    };
    if (target === this) noAnswer('calling_self');
    else if (target === undefined || (incarnation !== undefined && incarnation !== target.incarnation))
      noAnswer('noproc');
    else
      this.kernel.openAsk(new ActorAsk(this, this.incarnation, target, toMessage), this, request, deadlineMs);
  }

  discardMail(reason: 'stopped' | 'restarted'): void {
    this.#offers?.close();
    this.#offers = undefined;
    const { mailbox } = this;
    while (mailbox.size > 0) {
      const { message, companion } = this.#take();
      if (companion instanceof Entry && companion.control) continue;
      this.lost++;
      this.#deadLetter(reason, message, companion);
    }
  }

  #take(): { message: unknown; companion: unknown } {
    let message = this.mailbox.shift();
    const { companion } = this.mailbox;
    if (companion instanceof Letter && companion.key !== undefined) {
      message = companion.message;
      this.#byKey?.delete(companion.key);
    }
    return { message, companion };
  }

  #deadLetter(
    reason: Parameters<typeof this.kernel.deadLetter>[0],
    message: unknown,
    companion: unknown,
  ): void {
    const crashed = companion instanceof Letter && companion.errors.length > 0;
    this.kernel.deadLetter(crashed ? 'crashed' : reason, this, message, companion);
  }

  /** Once a doubling, so that a growing backlog is seen without flooding the log. */
  #warnOfBacklog(): void {
    const { depth } = this.mailbox;
    this.#backlogWarnedAt = depth * 2 - 1;
    if (depth === 64) return;
    this.kernel.events.emit({ type: 'backlog', path: this.path, depth, capacity: this.#definition.capacity });
  }

  // Turns

  #wake(): void {
    if (this.status === 'running' && !this.#busy && !this.suspended) this.kernel.ready(this);
  }

  setSuspended(on: boolean): void {
    this.suspended = on;
    if (!on && this.mailbox.size > 0 && !this.queued) this.#wake();
  }

  run(limit: number): number {
    const { mailbox } = this;
    let handled = 0;
    while (
      handled < limit &&
      mailbox.size > 0 &&
      this.status === 'running' &&
      !this.#busy &&
      !this.suspended
    ) {
      handled++;
      const message = mailbox.shift();
      const { companion } = mailbox;
      if (companion instanceof Entry) this.#handleEntry(message, companion);
      else this.#handleMessage(message, companion, undefined);
      if (this.#offers !== undefined) this.#admitOffers();
    }
    if (mailbox.size > 0 && !this.queued) this.#wake();
    return handled;
  }

  #admitOffers(): void {
    this.#offers?.admit();
    if (this.#offers?.waiting === false) this.#offers = undefined;
  }

  #handleEntry(waited: unknown, entry: Entry): void {
    if (entry instanceof Letter) {
      let message = waited;
      if (entry.key !== undefined) {
        message = entry.message;
        this.#byKey?.delete(entry.key);
      }
      const expired = entry.expiresAtMs !== undefined && this.kernel.host.clock.nowMs() >= entry.expiresAtMs;
      if (expired || entry.ask?.failedWithTarget === true) {
        this.lost++;
        this.kernel.deadLetter(expired ? 'expired' : 'ask_failed', this, message, entry);
      } else this.#handleMessage(message, entry, entry.ask);
    } else if (entry instanceof TickEntry) {
      if (this.timers.take(entry.timer)) {
        this.#handleMessage(waited, entry, undefined);
      }
    } else if (entry instanceof OutcomeEntry) {
      this.#turn('handle', waited, entry, undefined, (ctx) =>
        this.#definition.behavior.handle(this.#state, entry.toMessage(waited as AskOutcome<never>), ctx),
      );
    } else if (entry instanceof StopEntry) {
      this.#terminate(entry.reason);
    } else if (entry instanceof DownEntry) {
      if (entry.monitor.open) {
        entry.monitor.taken();
        this.#handleSignal(waited as Signal, entry);
      }
    } else this.#handleSignal(waited as Signal, entry);
  }

  #handleSignal(signal: Signal, entry: Entry): void {
    const { behavior } = this.#definition;
    if (behavior.signal === undefined) return;
    this.#turn('signal', signal, entry, undefined, (ctx) => behavior.signal?.(this.#state, signal, ctx));
  }

  /** The hot path: no closure, no allocation beyond what the behaviour makes. */
  #handleMessage(message: unknown, companion: unknown, ask: PendingAsk | undefined): void {
    const ctx = this.context;
    if (ctx === undefined) return;
    const log = this.kernel.takeLog();
    ctx.log = log;
    ctx.currentAsk = ask;
    let next: unknown;
    try {
      next = this.#definition.behavior.handle(this.#state, message, ctx);
    } catch (error) {
      this.#crashed(ctx, log, 'handle', error, message, companion);
      return;
    }
    if (isThenable(next)) this.#await(ctx, log, 'handle', next, message, companion);
    else this.#completed(ctx, log, next, companion);
  }

  #turn(
    occasion: Occasion,
    message: unknown,
    companion: unknown,
    ask: PendingAsk | undefined,
    body: (ctx: TurnContext) => unknown,
  ): void {
    const ctx = this.context;
    if (ctx === undefined) return;
    const log = this.kernel.takeLog();
    ctx.log = log;
    ctx.currentAsk = ask;
    let next: unknown;
    try {
      next = body(ctx);
    } catch (error) {
      this.#crashed(ctx, log, occasion, error, message, companion);
      return;
    }
    if (isThenable(next)) this.#await(ctx, log, occasion, next, message, companion);
    else this.#completed(ctx, log, next, companion);
  }

  #await(
    ctx: TurnContext,
    log: TurnLog,
    occasion: Occasion,
    promise: PromiseLike<unknown>,
    message: unknown,
    companion: unknown,
  ): void {
    this.#busy = true;
    this.kernel.asyncTurns++;
    const finished = (): boolean => {
      this.kernel.asyncTurns--;
      if (this.context === ctx) {
        this.#busy = false;
        return true;
      }
      this.#unsettled--;
      this.kernel.settledOrphan(this);
      this.settled();
      return false;
    };
    promise.then(
      (next) => {
        this.kernel.guard(this, () => {
          if (finished()) {
            this.#completed(ctx, log, next, companion);
            if (this.mailbox.size > 0 && !this.queued) this.#wake();
          } else log.discard();
        });
      },
      (error: unknown) => {
        this.kernel.guard(this, () => {
          if (finished()) this.#crashed(ctx, log, occasion, error, message, companion);
          else log.discard();
        });
      },
    );
  }

  #completed(ctx: TurnContext, log: TurnLog, next: unknown, companion: unknown): void {
    ctx.log = undefined;
    ctx.currentAsk = undefined;
    if (this.context !== ctx) {
      // Killed from within its own handler: the turn leaves no trace.
      log.discard();
      this.kernel.returnLog(log);
      return;
    }
    this.#state = next;
    if (!(companion instanceof Entry && companion.control)) this.handled++;
    const { stopReason } = log;
    if (!log.isEmpty) log.commit(this);
    if (companion instanceof TickEntry && this.context === ctx) this.timers.handled(companion.timer);
    if (stopReason !== undefined) {
      log.stopReason = undefined;
      if (this.context === ctx) this.#terminate(stopReason);
    }
    this.kernel.returnLog(log);
  }

  #crashed(
    ctx: TurnContext,
    log: TurnLog,
    occasion: Occasion,
    error: unknown,
    message: unknown,
    companion: unknown,
  ): void {
    ctx.log = undefined;
    ctx.currentAsk = undefined;
    log.discard();
    this.kernel.returnLog(log);
    if (this.context !== ctx) return;
    this.crashes++;
    this.lastError = error;
    this.#report(occasion, error, message);
    if (occasion === 'handle' || occasion === 'signal') this.#disposeOfPoison(message, companion, error);
    this.#terminate(failed(error));
  }

  #report(during: Occasion, error: unknown, message: unknown): void {
    this.kernel.events.emit({
      type: 'crashed',
      path: this.path,
      supervisor: this.parent?.path,
      incarnation: this.incarnation,
      during,
      messageType: typeOf(message),
      error,
    });
  }

  /** The message that crashed us is tried again in front of all others, or is a dead letter with all its errors. */
  #disposeOfPoison(message: unknown, companion: unknown, error: unknown): void {
    if (companion instanceof Entry && companion.control) {
      const letter = new Letter(undefined, undefined, undefined);
      letter.attempts = 1;
      letter.errors = [error];
      this.kernel.deadLetter('crashed', this, message, letter);
      return;
    }
    const letter =
      companion instanceof Letter
        ? companion
        : new Letter(companion as Process | undefined, undefined, undefined);
    letter.attempts++;
    letter.errors = [...letter.errors, error];
    const again = letter.attempts < this.#definition.attempts && letter.ask === undefined && this.#keepsMail;
    if (again) {
      if (letter.key !== undefined) {
        letter.message = message;
        this.#byKey?.set(letter.key, letter);
      }
      this.mailbox.unshift(letter.key === undefined ? message : undefined, letter, this.kernel.tick);
      return;
    }
    this.lost++;
    this.kernel.deadLetter('crashed', this, message, letter);
  }

  // Life and death

  protected initialise(): void {
    const ctx = new TurnContext(this);
    this.context = ctx;
    this.trapsExits = false;
    this.#busy = false;
    const log = this.kernel.takeLog();
    ctx.log = log;
    let state: unknown;
    try {
      state = this.#definition.behavior.init(this.#definition.args, ctx);
    } catch (error) {
      this.#initFailed(ctx, log, failed(error));
      return;
    }
    if (isThenable(state)) this.#awaitInit(ctx, log, state);
    else this.#initialised(ctx, log, state);
  }

  #awaitInit(ctx: TurnContext, log: TurnLog, promise: PromiseLike<unknown>): void {
    this.#busy = true;
    this.kernel.asyncTurns++;
    const { startMs } = this.#definition;
    const deadline = new DeadlineTimer(() => {
      this.#initFailed(ctx, undefined, failed(new Error(`init did not finish within ${startMs} ms`)));
    });
    this.kernel.timers.set(deadline, startMs);
    const finished = (): boolean => {
      this.kernel.asyncTurns--;
      this.kernel.timers.cancel(deadline);
      if (this.context === ctx) {
        this.#busy = false;
        return true;
      }
      this.#unsettled--;
      this.kernel.settledOrphan(this);
      this.settled();
      return false;
    };
    promise.then(
      (state) => {
        this.kernel.guard(this, () => {
          if (finished()) this.#initialised(ctx, log, state);
          else log.discard();
        });
      },
      (error: unknown) => {
        this.kernel.guard(this, () => {
          if (finished()) this.#initFailed(ctx, log, failed(error));
          else log.discard();
        });
      },
    );
  }

  #initialised(ctx: TurnContext, log: TurnLog, state: unknown): void {
    ctx.log = undefined;
    const { stopReason } = log;
    if (state === ignore) {
      log.discard();
      this.kernel.returnLog(log);
      this.startIgnored();
      return;
    }
    if (stopReason !== undefined) {
      this.#initFailed(ctx, log, stopReason);
      return;
    }
    this.#state = state;
    this.startSucceeded();
    if (this.context === ctx) log.commit(this);
    else log.discard();
    this.kernel.returnLog(log);
    if (this.mailbox.size > 0 && !this.queued) this.#wake();
  }

  #initFailed(ctx: TurnContext, log: TurnLog | undefined, reason: ExitReason): void {
    ctx.log = undefined;
    log?.discard();
    if (log !== undefined) this.kernel.returnLog(log);
    if (this.context !== ctx) return;
    if (reason.kind === 'error') {
      this.crashes++;
      this.lastError = reason.error;
      this.#report('init', reason.error, undefined);
    }
    this.startFailed(reason);
  }

  exitSignal(from: Process | undefined, reason: ExitReason, mode: 'signal' | 'link' | 'parent'): void {
    if (!this.alive) return;
    if (mode === 'signal' && reason.kind === 'kill') {
      this.kill();
    } else if (mode === 'parent') {
      if (reason.kind === 'kill') this.kill();
      else if (this.trapsExits && this.status === 'running')
        this.deliverControl(undefined, new StopEntry(reason));
      else if (this.status !== 'terminating') this.die(reason);
    } else if (this.trapsExits) {
      const signal: Signal = { type: 'exit', from: from?.handle, reason };
      this.deliverControl(signal, new ExitEntry(true));
    } else if (!isHarmless(reason, from, this)) {
      this.die(reason);
    }
  }

  /** Ends the actor by its own doing: the hook runs, then it is dead. */
  #terminate(reason: ExitReason): void {
    const { behavior, shutdownMs } = this.#definition;
    const ctx = this.context;
    if (behavior.terminate === undefined || ctx === undefined) {
      this.die(reason);
      return;
    }
    this.status = 'terminating';
    const log = this.kernel.takeLog();
    ctx.log = log;
    let end: unknown;
    try {
      end = behavior.terminate(this.#state, reason, ctx);
    } catch (error) {
      this.#terminated(ctx, log, reason, error, true);
      return;
    }
    if (!isThenable(end)) {
      this.#terminated(ctx, log, reason, undefined, false);
      return;
    }
    this.#busy = true;
    this.kernel.asyncTurns++;
    const deadline = new DeadlineTimer(() => this.kill());
    if (typeof shutdownMs === 'number') this.kernel.timers.set(deadline, shutdownMs);
    const finish = (error: unknown, threw: boolean): void => {
      this.kernel.guard(this, () => {
        this.kernel.asyncTurns--;
        this.kernel.timers.cancel(deadline);
        if (this.context === ctx) {
          this.#busy = false;
          this.#terminated(ctx, log, reason, error, threw);
          return;
        }
        log.discard();
        this.#unsettled--;
        this.kernel.settledOrphan(this);
        this.settled();
      });
    };
    end.then(
      () => finish(undefined, false),
      (error: unknown) => finish(error, true),
    );
  }

  #terminated(ctx: TurnContext, log: TurnLog, reason: ExitReason, error: unknown, threw: boolean): void {
    ctx.log = undefined;
    if (threw) {
      log.discard();
      this.#report('terminate', error, undefined);
    } else if (this.context === ctx) log.commit(this);
    this.kernel.returnLog(log);
    if (this.context === ctx) this.die(threw && isNormalLike(reason) ? failed(error) : reason);
  }

  protected dissolve(): void {
    this.timers.cancelAll();
    if (this.#busy) {
      this.#busy = false;
      this.#unsettled++;
    }
    this.context = undefined;
    this.#state = undefined;
    this.trapsExits = false;
    this.#backlogWarnedAt = 0;
    if (this.#children !== undefined) this.#stopChildren();
    if (!this.#keepsMail) this.discardMail('stopped');
  }

  /** A driver's work ends as a message of the incarnation that began it; what comes too late is counted. */
  pipe(work: Promise<unknown>, incarnation: number, toMessage: (settled: Settled<unknown>) => unknown): void {
    const { kernel } = this;
    kernel.pipes++;
    const settle = (settled: Settled<unknown>): void => {
      kernel.guard(this, () => {
        kernel.pipes--;
        kernel.touch();
        if (this.incarnation !== incarnation || !this.alive) kernel.counts.fencedEffects++;
        else this.deliverControl(undefined, new OutcomeEntry(() => toMessage(settled)));
      });
    };
    work.then(
      (value) => settle({ ok: true, value }),
      (error: unknown) => settle({ ok: false, error }),
    );
  }

  // Children of an actor: temporary, stopped with it

  reserveChild(spec: ChildSpec<never>): Process {
    const problem = spec.problem();
    if (problem !== undefined) throw new InvalidSpec(`${this.path}/${spec.id}: ${problem}`);
    if (this.#children?.has(spec.id) === true)
      throw new InvalidSpec(`${this.path}: a child "${spec.id}" exists already`);
    const child = spec.create({ kernel: this.kernel, parent: this, place: this.place });
    (this.#children ??= new Map()).set(spec.id, child);
    return child;
  }

  /** An id that no child of this actor ever had. */
  generateChildId(): string {
    return `~${this.#nextChild++}`;
  }

  startChild(child: Process, onFailure: ((failure: StartFailure) => unknown) | undefined): void {
    const { incarnation } = this;
    child.start((outcome) => {
      if (outcome.type === 'started') return;
      this.#forget(child);
      const reason = outcome.type === 'failed' ? outcome.reason : noproc;
      if (onFailure !== undefined && this.incarnation === incarnation && this.alive)
        this.deliverControl(undefined, new OutcomeEntry(() => onFailure(child.startFailure(reason))));
    });
  }

  stopOwnChild(child: Process): void {
    if (this.#children?.get(child.id) === child) child.stopForParent(shutdown, () => this.#forget(child));
  }

  childExited(child: Process, _reason: ExitReason): void {
    this.#forget(child);
  }

  #forget(child: Process): void {
    if (this.#children?.get(child.id) === child) this.#children.delete(child.id);
    child.whenSettled(() => child.leave());
  }

  /** In reverse order, one after another, as any subtree stops. */
  #stopChildren(): void {
    const children = [...(this.#children?.values() ?? [])];
    this.#children = undefined;
    this.#childrenStopping += children.length;
    const stopNext = (): void => {
      const child = children.pop();
      if (child === undefined) {
        this.settled();
        return;
      }
      this.kernel.stopWithin(child, shutdown, () => {
        this.#childrenStopping--;
        child.leave();
        stopNext();
      });
    };
    stopNext();
  }

  requireSignalHandler(verb: string): void {
    if (this.#definition.behavior.signal === undefined)
      throw new TypeError(`${this.path}: ctx.${verb} needs a behaviour with signal(state, signal, ctx)`);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

/** For reports: the discriminant of a message, never its content. */
function typeOf(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null)
    return message === undefined ? undefined : typeof message;
  const { type } = message as { type?: unknown };
  return typeof type === 'string' ? type : 'object';
}
