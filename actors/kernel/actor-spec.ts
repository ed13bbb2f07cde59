import type { Name } from '../../protocols/name.js';
import type { Behavior } from './behavior.js';
import { Actor } from './actor.js';
import { commonProblem } from './child-spec.js';
import type { ActorSpec, Backoff, ChildSpec, Restart, Shutdown } from './child-spec.js';
import type { Overflow } from './mailbox-spec.js';
import type { Process, ProcessSeat } from './process.js';

const CAPACITY_MAX = 2 ** 24;

const overflows: ReadonlySet<unknown> = new Set<Overflow>([
  'reject',
  'drop_oldest',
  'drop_newest',
  'conflate',
]);
const restartMail: ReadonlySet<unknown> = new Set(['keep', 'dead_letter']);
const noKey = (): string => '';

/** An actor's spec with its defaults filled in, and its types forgotten: what the kernel runs. */
export class ActorDefinition implements ChildSpec {
  readonly id: string;
  readonly type = 'worker';
  readonly restart: Restart;
  readonly shutdown: Shutdown;
  readonly significant: boolean;
  readonly backoff: Backoff | undefined;
  readonly name: Name<never> | undefined;
  readonly behavior: Behavior<unknown, unknown, unknown>;
  readonly args: unknown;
  readonly capacity: number;
  readonly overflow: Overflow;
  readonly key: (message: unknown) => string;
  readonly expiryMs: number | undefined;
  readonly startMs: number;
  readonly onRestart: 'keep' | 'dead_letter';
  readonly attempts: number;
  readonly keyed: boolean;

  constructor(given: ActorSpec<unknown, unknown, unknown>) {
    this.id = given.id;
    this.restart = given.restart ?? 'permanent';
    this.shutdown = given.shutdownMs ?? 5_000;
    this.significant = given.significant ?? false;
    this.backoff = given.backoff;
    this.name = given.name;
    this.behavior = given.behavior;
    this.args = given.args;
    this.capacity = given.mailbox.capacity;
    this.overflow = given.mailbox.overflow ?? 'reject';
    this.keyed = given.mailbox.key !== undefined;
    this.key = (given.mailbox.key as ((message: unknown) => string) | undefined) ?? noKey;
    this.expiryMs = given.mailbox.expiryMs;
    this.startMs = given.startMs ?? 60_000;
    this.onRestart = given.onRestart ?? 'keep';
    this.attempts = given.attempts ?? 1;
  }

  problem(): string | undefined {
    const common = commonProblem(this);
    if (common !== undefined) return common;
    const { capacity, overflow, startMs, attempts } = this;
    if (!Number.isInteger(capacity) || capacity < 1 || capacity > CAPACITY_MAX)
      return `mailbox.capacity: expected a whole number from 1 to 2^24, got ${capacity}`;
    if (!overflows.has(overflow))
      return `mailbox.overflow: expected reject, drop_oldest, drop_newest or conflate, got ${JSON.stringify(overflow)}`;
    if ((overflow === 'conflate') !== this.keyed)
      return 'mailbox.key: needed with overflow conflate, and only with it';
    if (this.expiryMs !== undefined && !(this.expiryMs > 0 && this.expiryMs < Infinity))
      return `mailbox.expiryMs: expected a finite number of ms above 0, got ${this.expiryMs}`;
    if (!(startMs > 0 && startMs < 2 ** 31)) return `startMs: expected 1 to 2^31 - 1 ms, got ${startMs}`;
    if (!Number.isInteger(attempts) || attempts < 1)
      return `attempts: expected a whole number from 1, got ${attempts}`;
    if (!restartMail.has(this.onRestart))
      return `onRestart: expected keep or dead_letter, got ${JSON.stringify(this.onRestart)}`;
    if (typeof this.behavior.init !== 'function' || typeof this.behavior.handle !== 'function')
      return 'behavior: expected init(args, ctx) and handle(state, message, ctx)';
    return undefined;
  }

  create(seat: ProcessSeat): Process {
    return new Actor(seat, this);
  }
}

/**
 * Says how an actor is supervised. Nothing starts yet, and nothing is checked until a supervisor is about to start.
 */
export function child<State, Msg, Args>(spec: ActorSpec<State, Msg, Args>): ChildSpec<Msg> {
  return new ActorDefinition(spec as ActorSpec<unknown, unknown, unknown>) as ChildSpec as ChildSpec<Msg>;
}
