import type { Name } from '../../protocols/name.js';
import type { Behavior } from './behavior.js';
import type { MailboxSpec } from './mailbox-spec.js';
import type { Process, ProcessSeat } from './process.js';

/** permanent: always restarted; transient: after an abnormal end only; temporary: never. */
export type Restart = 'permanent' | 'transient' | 'temporary';

/** How long a child may take to stop: ms, `infinity`, or `brutal_kill` for none at all. */
export type Shutdown = number | 'infinity' | 'brutal_kill';

/**
 * Waiting between automatic restarts: a fixed list whose last delay repeats, or exponential with a cap.
 * Jitter is the share of each delay, 0 to 1, that is added at random. The count starts again once the child has
 * stayed up for `resetAfterMs` (default: the longest delay, times two).
 */
export type Backoff = (
  | { readonly delaysMs: readonly number[] }
  | { readonly initialMs: number; readonly factor: number; readonly maxMs: number }
) & { readonly jitter?: number; readonly resetAfterMs?: number; readonly alertAfter?: number };

/** Everything a supervisor keeps about one child. Made by `child`, `supervisor` or `dynamicSupervisor`. */
export interface ChildSpec<Msg = never> {
  readonly id: string;
  readonly type: 'worker' | 'supervisor';
  readonly restart: Restart;
  readonly shutdown: Shutdown;
  readonly significant: boolean;
  readonly backoff: Backoff | undefined;
  /** Address of the place, kept while the spec is kept: messages reach whichever incarnation runs. */
  readonly name: Name<Msg> | undefined;
  /** Why the spec cannot be started, or undefined. Asked before any child of a supervisor starts. */
  problem(): string | undefined;
  create(seat: ProcessSeat): Process;
}

/** What `child` needs to know of an actor. */
export interface ActorSpec<State, Msg, Args> {
  /** 1 to 200 characters without `/`, control characters or a leading `~`; unique under its parent. */
  readonly id: string;
  readonly behavior: Behavior<State, Msg, Args>;
  readonly args: Args;
  readonly mailbox: MailboxSpec<Msg>;
  /** @defaultValue 'permanent' */
  readonly restart?: Restart;
  /** @defaultValue 5000 */
  readonly shutdownMs?: Shutdown;
  /** A start that takes longer has failed. @defaultValue 60000 */
  readonly startMs?: number;
  readonly significant?: boolean;
  readonly name?: Name<Msg>;
  /** What becomes of the mail behind a crash when the child is restarted. @defaultValue 'keep' */
  readonly onRestart?: 'keep' | 'dead_letter';
  /** How often one message may be tried before it is a dead letter. More than 1 needs a handler that is idempotent. @defaultValue 1 */
  readonly attempts?: number;
  readonly backoff?: Backoff;
}

/** @returns what is wrong with an id, or undefined */
export function idProblem(id: unknown): string | undefined {
  if (typeof id !== 'string' || id.length === 0 || id.length > 200)
    return 'expected an id of 1 to 200 characters';
  if (id.startsWith('~')) return 'an id must not start with "~", the mark of generated ids';
  if (/[/\p{Cc}]/u.test(id)) return 'an id must not hold "/" or control characters';
  return undefined;
}

const restarts: ReadonlySet<unknown> = new Set<Restart>(['permanent', 'transient', 'temporary']);
const patience: ReadonlySet<unknown> = new Set<Shutdown>(['infinity', 'brutal_kill']);

/** @returns what is wrong with the parts that all specs share, or undefined */
export function commonProblem(spec: ChildSpec): string | undefined {
  const id = idProblem(spec.id);
  if (id !== undefined) return `${id}, got ${JSON.stringify(spec.id)}`;
  if (!restarts.has(spec.restart))
    return `restart: expected permanent, transient or temporary, got ${JSON.stringify(spec.restart)}`;
  const { shutdown } = spec;
  if (typeof shutdown === 'number' ? !(shutdown >= 0 && shutdown < 2 ** 31) : !patience.has(shutdown))
    return `shutdownMs: expected 0 to 2^31 - 1 ms, infinity or brutal_kill, got ${JSON.stringify(shutdown)}`;
  if (spec.significant && spec.restart === 'permanent')
    return 'significant: a permanent child cannot be significant, because it never ends for good';
  return backoffProblem(spec.backoff);
}

function backoffProblem(backoff: Backoff | undefined): string | undefined {
  if (backoff === undefined) return undefined;
  const delays = 'delaysMs' in backoff ? backoff.delaysMs : [backoff.initialMs, backoff.maxMs];
  if (delays.length === 0 || !delays.every((delay) => delay >= 0 && delay < 2 ** 31))
    return `backoff: expected delays of 0 to 2^31 - 1 ms, got ${JSON.stringify(delays)}`;
  if ('factor' in backoff && !(backoff.factor >= 1))
    return `backoff: expected a factor of at least 1, got ${backoff.factor}`;
  const { jitter = 0, resetAfterMs = 0, alertAfter = 1 } = backoff;
  if (!(resetAfterMs >= 0)) return `backoff: expected resetAfterMs of at least 0, got ${resetAfterMs}`;
  if (!Number.isInteger(alertAfter) || alertAfter < 1)
    return `backoff: expected alertAfter as a whole number from 1, got ${alertAfter}`;
  if (!(jitter >= 0 && jitter <= 1)) return `backoff: expected jitter of 0 to 1, got ${jitter}`;
  return undefined;
}

/** A spec that must not be started, found before anything was. */
export class InvalidSpec extends Error {
  override readonly name = 'InvalidSpec';
  readonly code = 'invalid_spec';
}
