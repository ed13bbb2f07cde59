import type { ExitReason } from '../../protocols/exit-reason.js';
import type { AnswerTo, Name, ReplyOf, Replies } from '../../protocols/name.js';
import type { ChildSpec } from './child-spec.js';

declare const messages: unique symbol;
declare const answers: unique symbol;

/** What became of a message told from outside a turn. `full`: it stays the caller's; `stopped`: it is a dead letter. */
export type Told = 'accepted' | 'full' | 'stopped';

/** What became of an offer. `full`: 1,024 producers wait already. */
export type OfferOutcome = 'accepted' | 'stopped' | 'timeout' | 'full';

/** A place in the tree that can be sent to. It stays the same across restarts of its actor. */
export interface Ref<Msg> {
  readonly path: string;
  /** Whether a process lives there at this moment; a restart may be under way when not. */
  readonly alive: boolean;
  /** Never throws. Takes effect at once, so inside a turn use `ctx.tell`. */
  tell(message: Msg, options?: TellOptions): Told;
  /** Waits for room, in order of arrival: back-pressure for producers outside the tree. */
  offer(message: Msg, options?: OfferOptions): Promise<OfferOutcome>;
  readonly [messages]?: (message: Msg) => void;
}

/** One incarnation of an actor. Equal handles are the same object. */
export interface Handle<Msg = never> {
  readonly path: string;
  readonly incarnation: number;
  readonly ref: Ref<Msg>;
  readonly alive: boolean;
}

export type Target<Msg> = Ref<Msg> | Handle<Msg> | Name<Msg>;

export interface TellOptions {
  /** After this time unhandled the message becomes a dead letter, reason `expired`. */
  readonly expiresInMs?: number;
}

export interface OfferOptions {
  /** @defaultValue no limit */
  readonly deadlineMs?: number;
}

/** Why an ask has no answer. `exit`: the target died first, with this reason. */
export type AskFailure =
  | { readonly type: 'timeout' | 'noproc' | 'mailbox_full' | 'calling_self' | 'cancelled' | 'too_many_asks' }
  | { readonly type: 'exit'; readonly reason: ExitReason };

export type AskOutcome<R> =
  { readonly ok: true; readonly value: R } | { readonly ok: false; readonly reason: AskFailure };

/** How a promise ended. */
export type Settled<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** The right to answer one request later, from another turn. */
export interface ReplyTo<R> {
  readonly [answers]?: (answer: R) => void;
}

export interface MonitorRef {
  readonly monitor: number;
}

/** What arrives beside messages; handled by `Behavior.signal`, so that no message can imitate it. */
export type Signal =
  | {
      readonly type: 'down';
      readonly monitor: MonitorRef;
      readonly path: string;
      readonly handle: Handle | undefined;
      readonly reason: ExitReason;
    }
  | {
      readonly type: 'exit';
      readonly from: Handle | undefined;
      readonly reason: ExitReason;
    };

/** An actor's `init` that answers this starts nothing: the child is kept as down. */
export const ignore: unique symbol = Symbol('ignore');

export interface StartFailure {
  readonly id: string;
  readonly reason: ExitReason;
}

/**
 * The verbs of a turn. They record; the kernel carries them out when the turn completes, and a turn that crashes
 * leaves nothing of them. A `ctx` belongs to one incarnation and works only during its turns.
 */
export interface Ctx<Msg> {
  readonly self: Ref<Msg>;
  readonly handle: Handle<Msg>;
  readonly path: string;
  /** Monotonic ms, from the system's clock. */
  nowMs(): number;
  wallMs(): number;
  random(): number;

  /** A refusal at the end of the turn becomes a dead letter. @throws NameNotFound for a free name */
  tell<M>(to: Target<M>, message: M, options?: TellOptions): void;
  /** The outcome comes back as a message of our own, outside the mailbox's bound. */
  ask<M, const Request extends NoInfer<M>>(
    to: Target<M>,
    request: Request,
    options: { readonly deadlineMs: number },
    toMessage: (outcome: AskOutcome<AnswerTo<M, Request>>) => Msg,
  ): void;
  /** Answers the request of this turn; nothing happens when it was told, not asked. */
  reply<Request extends Replies<unknown>>(request: Request, value: ReplyOf<Request>): void;
  /** Keeps the right to answer the request of this turn for a later one. */
  deferReply<Request extends Replies<unknown>>(request: Request): ReplyTo<ReplyOf<Request>>;
  replyTo<R>(to: ReplyTo<R>, value: R): void;

  /** Reserves id and ref at once; init runs at the end of the turn. The child is temporary and stops with us. */
  spawn<M>(spec: ChildSpec<M>, onFailure?: (failure: StartFailure) => Msg): Ref<M>;
  /** Stops a child of ours by its shutdown rule. */
  stopChild(child: Ref<never>): void;
  link(to: Target<never>): void;
  unlink(from: Target<never>): void;
  /** One Down, also for a target already gone. Needs `Behavior.signal`. */
  monitor(target: Target<never>): MonitorRef;
  /** Nothing of this monitor arrives any more, also when it is queued already. */
  demonitor(monitor: MonitorRef): void;
  /** Sends an exit signal; `kill` cannot be trapped. */
  exit(target: Target<never>, reason: ExitReason): void;
  trapExits(on: boolean): void;
  /** @throws NameTaken with the holder */
  register(name: Name<Msg>): void;
  unregister(name: Name<Msg>): void;
  /** Looks a name up; undefined when it is free. */
  whereis<M>(name: Name<M>): Ref<M> | undefined;

  /** Once, after `delayMs`. A timer with the same key is replaced. */
  timer(key: string, delayMs: number, message: Msg): void;
  /** Every `periodMs` counted from now, however long the handling takes; a tick still waiting swallows the next. */
  timerAtFixedRate(key: string, periodMs: number, message: Msg): void;
  /** `delayMs` after the end of each handling. */
  timerWithFixedDelay(key: string, delayMs: number, message: Msg): void;
  /** False when no such timer was set, or its message is being handled already. */
  cancelTimer(key: string): boolean;

  /**
   * For drivers: brings the end of work on their resource back as a message, outside the mailbox's bound, while other
   * turns go on. How much is in flight is for the driver to limit. Nothing arrives at a later incarnation.
   *
   * @param options `mayNeverEnd`: what is waited for may not come (a receive, the death of a child process), so a
   *   system is at rest all the same. @defaultValue false
   */
  pipeToSelf<T>(
    work: Promise<T>,
    toMessage: (settled: Settled<T>) => Msg,
    options?: { readonly mayNeverEnd?: boolean },
  ): void;

  /** Ends this actor when the turn completes. @defaultValue normal */
  stop(reason?: ExitReason): void;
}

/**
 * What an actor does. `handle` is pure in effect: state and message in, next state out, everything else through `ctx`.
 */
export interface Behavior<State, Msg, Args> {
  init(args: Args, ctx: Ctx<Msg>): State | typeof ignore | Promise<State | typeof ignore>;
  handle(state: State, message: Msg, ctx: Ctx<Msg>): State | Promise<State>;
  /** Downs, and exits while trapping. Without it exits that are trapped are dropped. */
  signal?(state: State, signal: Signal, ctx: Ctx<Msg>): State | Promise<State>;
  /** Runs when the actor ends by itself or is asked to stop while trapping exits; not when it is killed. */
  terminate?(state: State, reason: ExitReason, ctx: Ctx<Msg>): void | Promise<void>;
}

/** A name that nobody holds was sent to. */
export class NameNotFound extends Error {
  override readonly name = 'NameNotFound';
  constructor(readonly wanted: string) {
    super(`no actor is registered as "${wanted}"`);
  }
}

/** A name is held by another actor. */
export class NameTaken extends Error {
  override readonly name = 'NameTaken';
  readonly code = 'already_started';
  constructor(
    readonly wanted: string,
    readonly holder: Handle,
  ) {
    super(`"${wanted}" is held by ${holder.path}`);
  }
}
