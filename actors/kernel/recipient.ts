import type { ExitReason } from '../../protocols/exit-reason.js';
import { isNormalLike } from '../../protocols/exit-reason.js';
import type { ActorDefinition } from './actor-spec.js';
import { ActorAsk, checkDeadline, OutcomeEntry } from './asks.js';
import type { AskOutcome, OfferOptions, OfferOutcome, TellOptions, Told } from './behavior.js';
import { isControl } from './entry.js';
import type { Entry } from './entry.js';
import { Inbox } from './inbox.js';
import { Letter } from './letter.js';
import { TICK_MASK } from './mailbox.js';
import type { Mailbox } from './mailbox.js';
import { Process } from './process.js';
import type { ProcessSeat } from './process.js';

/** A process with mail: what it accepts, what it sends, and what becomes of a message that is not handled. */
export abstract class Recipient extends Process {
  readonly definition: ActorDefinition;
  /** Made with the first message: most actors of a large tree have none. */
  protected mail: Inbox | undefined = undefined;

  constructor(seat: ProcessSeat, definition: ActorDefinition) {
    super(seat, definition);
    this.definition = definition;
  }

  /** Puts the process on the run queue if it can take a turn. */
  protected abstract wake(): void;

  get inbox(): Inbox {
    return (this.mail ??= new Inbox(this));
  }

  /** Undefined while there was never a message. */
  get mailbox(): Mailbox | undefined {
    return this.mail?.mailbox;
  }

  protected get keepsMail(): boolean {
    return this.definition.onRestart === 'keep' && this.spec.restart !== 'temporary';
  }

  /** Mail may wait: for a process that lives, or for the next incarnation of one whose restart is being decided. */
  get #accepts(): boolean {
    return this.alive || (this.status === 'exited' && this.keepsMail);
  }

  deliver(message: unknown, companion: unknown): Told {
    if (this.status !== 'running' && !this.#accepts) return 'stopped';
    const told = (this.mail ?? this.inbox).accept(message, companion);
    if (!this.queued) this.wake();
    return told;
  }

  deliverControl(message: unknown, companion: Entry): void {
    if (!this.alive) return;
    companion.incarnation = this.incarnation;
    this.inbox.mailbox.push(message, companion, this.kernel.tick);
    if (!this.queued) this.wake();
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

  async offer(message: unknown, options: OfferOptions | undefined): Promise<OfferOutcome> {
    if (options?.deadlineMs !== undefined) checkDeadline(options.deadlineMs);
    if (this.mail?.offersWait !== true) {
      const told = this.tellFromOutside(message, undefined);
      if (told !== 'full') return told;
      this.inbox.refused--;
    }
    return this.inbox.wait(message, options);
  }

  /** Delivers for this actor at the end of its turn; a refusal becomes a dead letter. */
  send(target: Process, message: unknown, companion: unknown = this, met = true): void {
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
    const isMet = target !== undefined && (incarnation === undefined || incarnation === target.incarnation);
    const type = target === this ? 'calling_self' : isMet ? this.#askRefusal : 'noproc';
    if (type !== undefined || target === undefined) {
      this.deliverControl({ ok: false, reason: { type } }, new OutcomeEntry(toMessage));
      return;
    }
    this.inbox.asksOut++;
    this.kernel.openAsk(new ActorAsk(this, this.incarnation, target, toMessage), this, request, deadlineMs);
  }

  /** Outcomes are outside the mailbox's bound, so the asks that bring them have the same bound of their own. */
  get #askRefusal(): 'too_many_asks' | undefined {
    return this.inbox.asksOut >= this.definition.capacity ? 'too_many_asks' : undefined;
  }

  discardMail(): void {
    this.mail?.discard();
  }

  protected hasExpired(tick: number): boolean {
    const { expiryMs } = this.definition;
    return expiryMs !== undefined && ((this.kernel.tick - tick) & TICK_MASK) > expiryMs;
  }

  protected drop(reason: 'expired' | 'ask_failed', message: unknown, companion: unknown): void {
    this.inbox.lost++;
    this.kernel.deadLetter(reason, this, message, companion);
  }

  /** The message that crashed us is tried again in front of all others, or is a dead letter with all its errors. */
  protected disposeOfPoison(
    message: unknown,
    companion: unknown,
    error: unknown,
    reason: 'crashed' | 'stopped' = 'crashed',
  ): void {
    const letter =
      companion instanceof Letter
        ? companion
        : new Letter(companion instanceof Process ? companion : undefined, undefined, undefined);
    const { attempts } = letter.tried(error);
    if (!isControl(companion)) {
      const mayWait = this.keepsMail && this.#accepts;
      if (attempts < this.definition.attempts && letter.ask === undefined && mayWait) {
        this.inbox.putBack(message, letter);
        return;
      }
      this.inbox.lost++;
    }
    this.kernel.deadLetter(reason, this, message, letter);
  }

  /** A message whose incarnation ended before its turn did is as if it had crashed: it was tried, and left no trace. */
  protected disposeOfFenced(message: unknown, companion: unknown, ended: ExitReason): void {
    if (!isControl(companion))
      this.disposeOfPoison(message, companion, ended, isNormalLike(ended) ? 'stopped' : 'crashed');
  }
}
