/**
 * Owns the child process that computes backtests when nothing else is configured. Its readiness and its end are told to
 * the link; the child's death is this actor's own, and its supervisor starts both anew.
 */
import { child } from '../kernel/actor-spec.js';
import type { AskOutcome, Behavior, Ctx, Settled } from '../kernel/behavior.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import { names } from '../../protocols/backtest-dispatch.js';
import { describeError, failed, isNormalLike, type ExitReason } from '../../protocols/exit-reason.js';
import type { BackendExit, BackendProcess, BackendProcesses, BackendReady } from './ports.js';

export const backend = 'embedded';

export const defaults = {
  /** From the start of the child to its ready line: it loads, binds and starts its threads in some 200 ms. */
  readyMs: 20_000,
  /** Longer than the child has from being asked to end to being killed. */
  shutdownMs: 10_000,
} as const;

export interface EmbeddedBackendArgs {
  readonly processes: BackendProcesses;
  /** A new id for each life of the child, never used before. */
  readonly newSession: () => string;
  readonly readyMs: number;
}

type Msg =
  | { readonly type: 'results_at'; readonly outcome: AskOutcome<string> }
  | { readonly type: 'ready'; readonly settled: Settled<BackendReady> }
  | { readonly type: 'exited'; readonly settled: Settled<BackendExit> }
  | { readonly type: 'ready_overdue' };

interface State {
  readonly args: EmbeddedBackendArgs;
  readonly session: string;
  readonly process: BackendProcess | null;
  /** Whether the link was told of this session. */
  readonly announced: boolean;
}

/** The receiver is up before us, and answers from memory. */
const receiverMs = 10_000;

function init(args: EmbeddedBackendArgs, ctx: Ctx<Msg>): State {
  ctx.trapExits(true);
  ctx.ask(names.resultReceiver, { type: 'results_endpoint' }, { deadlineMs: receiverMs }, (outcome) => ({
    type: 'results_at',
    outcome,
  }));
  return { args, session: args.newSession(), process: null, announced: false };
}

function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'results_at':
      if (!message.outcome.ok)
        throw new Error(`the results receiver did not say where it is: ${message.outcome.reason.type}`);
      return launch(state, message.outcome.value, ctx);
    case 'ready':
      ctx.cancelTimer('ready');
      return message.settled.ok
        ? announce(state, message.settled.value, ctx)
        : end(state, describeError(message.settled.error), true, ctx);
    case 'ready_overdue':
      return end(state, `it was not ready within ${state.args.readyMs} ms`, true, ctx);
    case 'exited':
      return end(state, describeEnd(state, message.settled), !wasKilled(message.settled), ctx);
  }
}

function launch(state: State, resultsEndpoint: string, ctx: Ctx<Msg>): State {
  const process = state.args.processes.start({ resultsEndpoint });
  ctx.pipeToSelf(process.ready, (settled) => ({ type: 'ready', settled }));
  ctx.pipeToSelf(process.exited, (settled) => ({ type: 'exited', settled }), { mayNeverEnd: true });
  ctx.timer('ready', state.args.readyMs, { type: 'ready_overdue' });
  return { ...state, process };
}

function announce(state: State, { requestsEndpoint, workers }: BackendReady, ctx: Ctx<Msg>): State {
  const { session } = state;
  ctx.tell(names.backendLink, { type: 'backend_up', backend, session, requestsEndpoint, workers });
  return { ...state, announced: true };
}

/** What the session held is gone, and its holder must hear it before the next one is up. */
function end(state: State, why: string, crash: boolean, ctx: Ctx<Msg>): State {
  withdraw(state, why, crash, ctx);
  ctx.stop(failed(new Error(`the embedded backend failed: ${why}`)));
  return { ...state, announced: false };
}

function withdraw({ announced, session }: State, reason: string, crash: boolean, ctx: Ctx<Msg>): void {
  if (announced) ctx.tell(names.backendLink, { type: 'backend_down', backend, session, reason, crash });
}

/**
 * Nobody kills himself: it was a person, a program, or the kernel for want of memory. That says nothing of the requests that
 * were out, so it is not counted against them, however often it happens.
 */
const wasKilled = (settled: Settled<BackendExit>): boolean =>
  settled.ok && settled.value.signal === 'SIGKILL';

function describeEnd({ announced }: State, settled: Settled<BackendExit>): string {
  const { code, signal } = settled.ok ? settled.value : { code: null, signal: null };
  const how = signal ?? `exit code ${code ?? 'unknown'}`;
  return announced ? how : `it ended before it was ready: ${how}`;
}

/** Returns when the child is gone: its successor must not meet it. */
async function terminate(state: State, reason: ExitReason, ctx: Ctx<Msg>): Promise<void> {
  withdraw(state, 'it was told to end', false, ctx);
  const { process } = state;
  if (process === null) return;
  if (isNormalLike(reason)) process.stop();
  else process.kill();
  await process.exited;
}

const behavior: Behavior<State, Msg, EmbeddedBackendArgs> = { init, handle, terminate };

export const embeddedBackend = (
  args: Omit<EmbeddedBackendArgs, 'readyMs'> & { readonly readyMs?: number },
): ChildSpec =>
  child({
    id: 'embedded-backend',
    behavior,
    args: { readyMs: defaults.readyMs, ...args },
    restart: 'permanent',
    shutdownMs: defaults.shutdownMs,
    mailbox: { capacity: 16, overflow: 'reject' },
    backoff: { delaysMs: [100, 1_000, 5_000], jitter: 0.2 },
  });
