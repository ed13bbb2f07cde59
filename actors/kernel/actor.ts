import { failed, isNormalLike, killed } from '../../protocols/exit-reason.js';
import type { ExitReason } from '../../protocols/exit-reason.js';
import { ActorTimers, TickEntry } from './actor-timers.js';
import { OutcomeEntry } from './asks.js';
import type { PendingAsk } from './asks.js';
import { ignore } from './behavior.js';
import type { AskOutcome, Signal } from './behavior.js';
import type { Inbox } from './inbox.js';
import { KeyedEntry } from './keyed-entry.js';
import { Letter } from './letter.js';
import { Entry, ExitEntry, isControl, StopEntry } from './entry.js';
import { typeOf } from './message-type.js';
import { DownEntry } from './monitors.js';
import { OwnChildren } from './own-children.js';
import { isHarmless } from './process.js';
import type { Process } from './process.js';
import { Recipient } from './recipient.js';
import { Callback } from './timers.js';
import { TurnContext } from './turn.js';
import type { TurnLog } from './turn.js';
import { handCells } from './turn-times.js';

/** What a turn is about, for reports and for what follows it. */
type Occasion = 'init' | 'handle' | 'signal' | 'terminate';

/** What follows when a step of ours ends, at once or later; `threw` tells an error from a value. */
type Continuation = (log: TurnLog, value: unknown, threw: boolean) => void;

/** A process that runs a behaviour: one turn at a time from a bounded mailbox, each atomic. */
export class Actor extends Recipient {
  trapsExits = false;
  suspended = false;
  /** The verbs of the living incarnation; another, or none, once it is dead. */
  context: TurnContext | undefined = undefined;
  state: unknown = undefined;

  crashes = 0;

  #timers: ActorTimers | undefined = undefined;
  #children: OwnChildren | undefined = undefined;
  /** When an async init or terminate has to be done. */
  #deadline: Callback | undefined = undefined;
  /** The handler in flight of this incarnation has not settled: no other turn starts. */
  #busy = false;
  /** The message of that handler. */
  #inFlight: { readonly message: unknown; readonly companion: unknown } | undefined = undefined;
  /** The handler of the last incarnation has not settled, and is waited for. */
  #unsettled = false;

  get timers(): ActorTimers {
    return (this.#timers ??= new ActorTimers(this));
  }

  get children(): OwnChildren {
    return (this.#children ??= new OwnChildren(this));
  }

  get offspring(): readonly Process[] {
    return this.#children?.list ?? [];
  }

  get busy(): boolean {
    return this.#busy;
  }

  get lingering(): boolean {
    return this.#unsettled || this.#children?.stopping === true;
  }

  // Turns

  protected wake(): void {
    if (this.status === 'running' && !this.#busy && !this.suspended) this.kernel.ready(this);
  }

  protected wakeIfMail(): void {
    if (!this.queued && (this.mail?.mailbox.size ?? 0) > 0) this.wake();
  }

  setSuspended(on: boolean): void {
    this.suspended = on;
    if (!on) this.wakeIfMail();
  }

  run(limit: number): number {
    const inbox = this.mail;
    if (inbox === undefined) return 0;
    const { mailbox } = inbox;
    const { kernel } = this;
    inbox.sampleDwell();
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
      if (companion instanceof Entry) this.#handleEntry(inbox, message, companion);
      else if (this.hasExpired(mailbox.tick)) this.drop('expired', message, companion);
      else this.#handleMessage(message, companion, undefined);
      if (inbox.offersWait) inbox.admitOffers();
      if (kernel.cells[handCells.tick] !== kernel.tickSeen)
        kernel.turnSpanned(this, companion instanceof KeyedEntry ? companion.message : message);
    }
    this.wakeIfMail();
    return handled;
  }

  #handleEntry(inbox: Inbox, waited: unknown, entry: Entry): void {
    if (entry instanceof KeyedEntry) {
      const { message, companion, tick } = inbox.open(entry);
      if (companion instanceof Letter) this.#handleLetter(message, companion, tick);
      else if (this.hasExpired(tick)) this.drop('expired', message, companion);
      else this.#handleMessage(message, companion, undefined);
    } else if (entry instanceof Letter) this.#handleLetter(waited, entry, inbox.mailbox.tick);
    else if (entry.incarnation === this.incarnation) this.#handleControl(waited, entry);
  }

  #handleLetter(message: unknown, letter: Letter, tick: number): void {
    const { expiresAtMs, ask } = letter;
    // Written so that a time that is no number has passed.
    const isLate = expiresAtMs !== undefined && !(this.kernel.host.clock.nowMs() < expiresAtMs);
    if (isLate || this.hasExpired(tick)) {
      this.drop('expired', message, letter);
      ask?.fail({ type: 'timeout' });
    } else if (ask?.failedWithTarget === true) this.drop('ask_failed', message, letter);
    else this.#handleMessage(message, letter, ask);
  }

  #handleControl(waited: unknown, entry: Entry): void {
    if (entry instanceof TickEntry) {
      if (this.timers.take(entry.timer)) this.#handleMessage(waited, entry, undefined);
    } else if (entry instanceof OutcomeEntry) {
      this.#turn('handle', waited, entry, (ctx) =>
        this.definition.behavior.handle(this.state, entry.toMessage(waited as AskOutcome<never>), ctx),
      );
    } else if (entry instanceof StopEntry) {
      this.#terminate(entry.reason);
    } else if (entry instanceof DownEntry) {
      if (entry.monitor.take()) this.#handleSignal(waited as Signal, entry);
    } else this.#handleSignal(waited as Signal, entry);
  }

  #handleSignal(signal: Signal, entry: Entry): void {
    const { behavior } = this.definition;
    if (behavior.signal !== undefined)
      this.#turn('signal', signal, entry, (ctx) => behavior.signal?.(this.state, signal, ctx));
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
      next = this.definition.behavior.handle(this.state, message, ctx);
    } catch (error) {
      this.#crashed(log, 'handle', error, message, companion);
      return;
    }
    if (isThenable(next)) {
      if (this.context === ctx) this.#inFlight = { message, companion };
      else this.disposeOfFenced(message, companion, killed);
      this.#await(ctx, log, next, (late, value, threw) => {
        if (threw) this.#crashed(late, 'handle', value, message, companion);
        else this.#completed(late, value, message, companion);
      });
    } else this.#completed(log, next, message, companion);
  }

  #turn(occasion: Occasion, message: unknown, companion: unknown, body: (ctx: TurnContext) => unknown): void {
    this.#step(body, (log, value, threw) => {
      if (threw) this.#crashed(log, occasion, value, message, companion);
      else this.#completed(log, value, message, companion);
    });
  }

  /** Runs a piece of the behaviour with an open log, and then what follows it, unless the incarnation is dead by then. */
  #step(body: (ctx: TurnContext) => unknown, next: Continuation): void {
    const ctx = this.context;
    if (ctx === undefined) return;
    const log = this.kernel.takeLog();
    ctx.log = log;
    ctx.currentAsk = undefined;
    let value: unknown;
    try {
      value = body(ctx);
    } catch (error) {
      next(log, error, true);
      return;
    }
    if (isThenable(value)) this.#await(ctx, log, value, next);
    else next(log, value, false);
  }

  /** Of a handler that outlives its incarnation nothing is left but that it has settled. */
  #await(ctx: TurnContext, log: TurnLog, promise: PromiseLike<unknown>, next: Continuation): void {
    const { kernel, incarnation } = this;
    // It may have died of what it did before it came to wait.
    if (this.context === ctx) this.#busy = true;
    else this.#unsettled = true;
    kernel.asyncTurns++;
    const settle = (value: unknown, threw: boolean): void => {
      kernel.guard(this, () => {
        kernel.touch();
        if (this.context === ctx) {
          kernel.asyncTurns--;
          this.#busy = false;
          this.#inFlight = undefined;
          next(log, value, threw);
          this.wakeIfMail();
          return;
        }
        log.discard();
        if (this.#unsettled && this.incarnation === incarnation) {
          kernel.asyncTurns--;
          this.#unsettled = false;
          this.settled();
        } else kernel.orphanSettled(this);
      });
    };
    promise.then(
      (value) => settle(value, false),
      (error: unknown) => settle(error, true),
    );
  }

  /** @returns false when the incarnation died within its own turn, which then leaves no trace */
  #close(log: TurnLog): boolean {
    const ctx = this.context;
    if (ctx?.log === log) {
      ctx.log = undefined;
      ctx.currentAsk = undefined;
      return true;
    }
    log.discard();
    this.kernel.returnLog(log);
    return false;
  }

  /** The turn in which its incarnation died has ended at last: the next one may begin. */
  #comeToRest(): void {
    this.#unsettled = false;
    this.settled();
  }

  #completed(log: TurnLog, next: unknown, message: unknown, companion: unknown): void {
    if (!this.#close(log)) {
      this.disposeOfFenced(message, companion, killed);
      this.#comeToRest();
      return;
    }
    const ctx = this.context;
    this.state = next;
    if (!isControl(companion)) this.inbox.handled++;
    const { stopReason } = log;
    if (!log.isEmpty) log.commit(this);
    this.kernel.returnLog(log);
    if (this.context !== ctx) return;
    if (companion instanceof TickEntry) this.timers.handled(companion.timer);
    if (stopReason !== undefined) this.#terminate(stopReason);
  }

  #crashed(log: TurnLog, occasion: Occasion, error: unknown, message: unknown, companion: unknown): void {
    if (!this.#close(log)) {
      this.disposeOfFenced(message, companion, killed);
      this.#comeToRest();
      return;
    }
    log.discard();
    this.kernel.returnLog(log);
    this.#report(occasion, error, message);
    this.disposeOfPoison(message, companion, error);
    this.#terminate(failed(error));
  }

  #report(during: Occasion, error: unknown, message: unknown): void {
    this.crashes++;
    this.lastError = error;
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

  // Life and death

  protected initialise(): void {
    const outer = this.kernel.enterInit(this);
    this.#initialise();
    this.kernel.leaveInit(this, outer);
  }

  #initialise(): void {
    this.context = new TurnContext(this);
    if (this.mail !== undefined) this.mail.asksOut = 0;
    this.#busy = false;
    const { behavior, args, startMs } = this.definition;
    this.#step(
      (ctx) => behavior.init(args, ctx),
      (log, value, threw) => {
        this.#endDeadline();
        if (!this.#close(log)) {
          this.#comeToRest();
          return;
        }
        if (threw) {
          log.discard();
          this.kernel.returnLog(log);
          this.#initFailed(failed(value));
        } else this.#initialised(log, value);
      },
    );
    if (this.#awaits('starting'))
      this.#setDeadline(startMs, () =>
        this.#initFailed(failed(new Error(`init did not finish within ${startMs} ms`))),
      );
  }

  #initialised(log: TurnLog, state: unknown): void {
    const ctx = this.context;
    const { stopReason } = log;
    if (state === ignore || stopReason !== undefined) {
      log.discard();
      this.kernel.returnLog(log);
      if (stopReason === undefined) this.startIgnored();
      else this.#initFailed(stopReason);
      return;
    }
    this.state = state;
    this.startSucceeded();
    if (this.context === ctx) log.commit(this);
    else log.discard();
    this.kernel.returnLog(log);
    this.wakeIfMail();
  }

  #initFailed(reason: ExitReason): void {
    if (reason.kind === 'error') this.#report('init', reason.error, undefined);
    this.startFailed(reason);
  }

  exitSignal(from: Process | undefined, reason: ExitReason, mode: 'signal' | 'link' | 'parent'): void {
    if (!this.alive) return;
    if (reason.kind === 'kill' && mode !== 'link') this.kill();
    else if (mode === 'parent') {
      if (this.trapsExits && this.status === 'running') this.#stopInTurn(new StopEntry(reason));
      else if (this.status !== 'terminating') this.die(reason);
    } else if (this.trapsExits) {
      const signal: Signal = { type: 'exit', from: from?.handle, reason };
      this.deliverControl(signal, new ExitEntry(true));
    } else if (!isHarmless(reason, from, this)) this.die(reason);
  }

  /** Behind the mail that came before, which a suspended actor does not handle: it stops next. */
  #stopInTurn(order: StopEntry): void {
    if (!this.suspended) {
      this.deliverControl(undefined, order);
      return;
    }
    order.incarnation = this.incarnation;
    this.inbox.mailbox.unshift(undefined, order, this.kernel.tick);
    this.setSuspended(false);
  }

  /** Ends the actor by its own doing: the hook runs, and then it is dead. */
  #terminate(reason: ExitReason): void {
    // A subscriber that was told of the crash may have ended it already.
    if (!this.alive) return;
    const { behavior, shutdown } = this.definition;
    if (behavior.terminate === undefined) {
      this.die(reason);
      return;
    }
    this.status = 'terminating';
    this.#step(
      (ctx) => behavior.terminate?.(this.state, reason, ctx),
      (log, value, threw) => {
        this.#endDeadline();
        if (!this.#close(log)) {
          this.#comeToRest();
          return;
        }
        if (threw) {
          log.discard();
          this.#report('terminate', value, undefined);
        } else log.commit(this);
        this.kernel.returnLog(log);
        this.die(threw && isNormalLike(reason) ? failed(value) : reason);
      },
    );
    if (this.#awaits('terminating') && shutdown !== 'infinity')
      this.#setDeadline(shutdown === 'brutal_kill' ? 0 : shutdown, () => this.kill());
  }

  #setDeadline(ms: number, passed: () => void): void {
    this.#deadline = new Callback(passed);
    this.kernel.timers.set(this.#deadline, ms);
  }

  #endDeadline(): void {
    if (this.#deadline !== undefined) this.kernel.timers.cancel(this.#deadline);
    this.#deadline = undefined;
  }

  /** The step just begun has not ended. */
  #awaits(status: 'starting' | 'terminating'): boolean {
    return this.#busy && this.status === status;
  }

  protected abandon(): void {
    if (this.#unsettled) this.kernel.orphaned(this);
    this.#unsettled = false;
  }

  protected dissolve(reason: ExitReason): void {
    this.#timers?.cancelAll();
    this.#endDeadline();
    // A turn is open, and either it goes on after an await or it is what we die of: no other life begins inside of it.
    if (this.context?.log !== undefined) this.#unsettled = true;
    // What the handler in flight still asks for is dropped and counted.
    if (this.context !== undefined) this.context.log = undefined;
    if (this.#busy) {
      this.#busy = false;
      const inFlight = this.#inFlight;
      this.#inFlight = undefined;
      if (inFlight !== undefined) this.disposeOfFenced(inFlight.message, inFlight.companion, reason);
    }
    this.context = undefined;
    this.state = undefined;
    this.trapsExits = false;
    this.suspended = false;
    this.#children?.stopAll(() => this.settled());
    if (!this.keepsMail) this.discardMail();
  }

  childExited(child: Process): void {
    this.#children?.forget(child);
  }

  requireSignalHandler(verb: string): void {
    if (this.definition.behavior.signal === undefined)
      throw new TypeError(`${this.path}: ctx.${verb} needs a behaviour with signal(state, signal, ctx)`);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}
