import type { ExitReason } from '../../protocols/exit-reason.js';
import type { AskFailure, AskOutcome } from './behavior.js';
import type { Kernel } from './kernel.js';
import { Entry } from './entry.js';
import type { Process } from './process.js';
import type { Recipient } from './recipient.js';
import { Timer } from './timers.js';

/**
 * One request that waits for its answer: settled once, by the reply, its deadline, or the death of its target.
 * It sits in the list of its target, so that a death settles all of them without searching.
 */
export abstract class PendingAsk extends Timer {
  settled = false;
  /** The target died first: a request still in its mailbox must not be handled by the next incarnation. */
  failedWithTarget = false;
  before: PendingAsk | undefined = undefined;
  behind: PendingAsk | undefined = undefined;

  constructor(
    readonly kernel: Kernel,
    readonly target: Process,
  ) {
    super();
  }

  /** @param deadlineMs above 0 and finite, checked by the caller */
  open(deadlineMs: number): void {
    const { target } = this;
    this.behind = target.asks;
    if (target.asks !== undefined) target.asks.before = this;
    target.asks = this;
    this.kernel.asksPending++;
    this.kernel.timers.setAt(this, this.kernel.nowMs + deadlineMs);
  }

  reply(value: unknown): void {
    if (this.settled) this.kernel.counts.lateReplies++;
    else this.#settle({ ok: true, value });
  }

  fail(reason: AskFailure): void {
    if (!this.settled) this.#settle({ ok: false, reason });
  }

  targetDied(reason: ExitReason): void {
    this.failedWithTarget = true;
    this.fail({ type: 'exit', reason });
  }

  ring(): void {
    this.fail({ type: 'timeout' });
  }

  protected abstract deliver(outcome: AskOutcome<unknown>): void;

  #settle(outcome: AskOutcome<unknown>): void {
    this.settled = true;
    this.kernel.asksPending--;
    this.kernel.timers.cancel(this);
    if (this.before === undefined) this.target.asks = this.behind;
    else this.before.behind = this.behind;
    if (this.behind !== undefined) this.behind.before = this.before;
    this.before = this.behind = undefined;
    this.deliver(outcome);
  }
}

/** An ask from outside the tree: its outcome resolves a promise. */
export class OutsideAsk extends PendingAsk {
  readonly #resolve: (outcome: AskOutcome<never>) => void;
  #forgetSignal: (() => void) | undefined = undefined;

  constructor(kernel: Kernel, target: Process, resolve: (outcome: AskOutcome<never>) => void) {
    super(kernel, target);
    this.#resolve = resolve;
  }

  /** A signal may outlive many asks, so each takes its listener along when it is settled. */
  cancelOn(signal: AbortSignal): void {
    const cancel = (): void => this.fail({ type: 'cancelled' });
    signal.addEventListener('abort', cancel);
    this.#forgetSignal = () => signal.removeEventListener('abort', cancel);
  }

  protected deliver(outcome: AskOutcome<unknown>): void {
    this.#forgetSignal?.();
    this.#resolve(outcome as AskOutcome<never>);
  }
}

/** An ask of an actor: its outcome is a message to the incarnation that asked. */
export class ActorAsk extends PendingAsk {
  constructor(
    readonly asker: Recipient,
    readonly incarnation: number,
    target: Process,
    readonly toMessage: (outcome: AskOutcome<never>) => unknown,
  ) {
    super(asker.kernel, target);
  }

  protected deliver(outcome: AskOutcome<unknown>): void {
    const { asker } = this;
    if (asker.incarnation !== this.incarnation) return;
    asker.inbox.asksOut--;
    if (asker.alive) asker.deliverControl(outcome, new OutcomeEntry(this.toMessage));
  }
}

/** Carries an outcome to its asker; turned into a message only there, so that a failing `toMessage` is the asker's crash. */
export class OutcomeEntry extends Entry {
  constructor(readonly toMessage: (outcome: AskOutcome<never>) => unknown) {
    super(true);
  }
}

/** @throws RangeError for a deadline that could not come, or would come at once */
export function checkDeadline(deadlineMs: number, option = 'deadlineMs'): void {
  if (!(deadlineMs > 0 && deadlineMs < Infinity))
    throw new RangeError(`${option}: expected a finite number of ms above 0, got ${deadlineMs}`);
}
