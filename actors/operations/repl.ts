import type { Ctx, Settled } from '../kernel/behavior.js';
import { child } from '../kernel/actor-spec.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import { describeError } from '../../protocols/exit-reason.js';

/** A socket that is being listened on. */
export interface ReplListening {
  /** Resolves when it has ended without being asked to. */
  readonly failed: Promise<Error>;
  close(): Promise<void>;
}

export interface ReplArgs {
  /** @throws while the socket cannot be bound */
  readonly listen: () => Promise<ReplListening>;
  /** Why it is not served now. */
  readonly log: (problem: string) => void;
}

/**
 * Owns the socket of the REPL. A socket that cannot be bound is weather: nobody can attach then, and everything else
 * goes on; it is tried again with growing pauses.
 */
type Msg =
  | { readonly type: 'listen' }
  | { readonly type: 'listened'; readonly settled: Settled<ReplListening> }
  | { readonly type: 'ended'; readonly listening: ReplListening; readonly error: unknown };

interface State {
  readonly args: ReplArgs;
  readonly listening: ReplListening | undefined;
  readonly failures: number;
}

const pauses = { leastMs: 1_000, mostMs: 60_000 } as const;

export function init(args: ReplArgs, ctx: Ctx<Msg>): State {
  ctx.trapExits(true);
  attempt(args, ctx);
  return { args, listening: undefined, failures: 0 };
}

const attempt = ({ listen }: ReplArgs, ctx: Ctx<Msg>): void =>
  ctx.pipeToSelf(
    Promise.resolve().then(() => listen()),
    (settled) => ({ type: 'listened', settled }),
  );

export function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'listen':
      attempt(state.args, ctx);
      return state;
    case 'listened': {
      if (!message.settled.ok) return again(state, message.settled.error, ctx);
      const listening = message.settled.value;
      ctx.pipeToSelf(
        listening.failed,
        (settled) => ({ type: 'ended', listening, error: settled.ok ? settled.value : settled.error }),
        { mayNeverEnd: true },
      );
      return { ...state, listening, failures: 0 };
    }
    case 'ended':
      return message.listening === state.listening ? again(state, message.error, ctx) : state;
  }
}

function again(state: State, error: unknown, ctx: Ctx<Msg>): State {
  state.args.log(describeError(error).split('\n')[0] ?? '');
  ctx.timer('listen', Math.min(pauses.mostMs, pauses.leastMs * 2 ** state.failures), { type: 'listen' });
  return { ...state, listening: undefined, failures: Math.min(10, state.failures + 1) };
}

export const repl = (args: ReplArgs): ChildSpec =>
  child<State, Msg, ReplArgs>({
    id: 'repl',
    behavior: { init, handle, terminate: (state) => state.listening?.close() },
    args,
    restart: 'permanent',
    shutdownMs: 2_000,
    mailbox: { capacity: 16 },
  });
