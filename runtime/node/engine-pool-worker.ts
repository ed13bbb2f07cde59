import { child } from '../../actors/kernel/actor-spec.js';
import type { Behavior, Ctx, ReplyTo, Settled } from '../../actors/kernel/behavior.js';
import type { ChildSpec } from '../../actors/kernel/child-spec.js';
import { describeError, failed } from '../../protocols/exit-reason.js';
import { poolNames, type Worked, type WorkerMsg } from './engine-pool-messages.js';
import type { EngineThread } from './engine-pool-thread.js';

/** Owns one engine thread. The thread's death, and a request that takes too long, are its own end: see `crew`. */
type Msg =
  | WorkerMsg
  | { readonly type: 'ran'; readonly settled: Settled<Uint8Array> }
  | { readonly type: 'thread_ended'; readonly reason: string }
  | { readonly type: 'limit_passed' };

export interface WorkerArgs {
  readonly startThread: () => Promise<Pick<EngineThread, 'run' | 'ended' | 'terminate'>>;
  /** What one request may take before its thread is ended. */
  readonly requestLimitMs: number;
  /** Waits before the next thread, one after the other; the last one repeats. */
  readonly restartDelaysMs: readonly number[];
}

interface State extends WorkerArgs {
  readonly thread: Pick<EngineThread, 'run' | 'ended' | 'terminate'>;
  readonly asker: ReplyTo<Worked> | null;
}

async function init(args: WorkerArgs, ctx: Ctx<Msg>): Promise<State> {
  const thread = await args.startThread();
  ctx.trapExits(true);
  ctx.pipeToSelf(
    thread.ended,
    (ended) => ({ type: 'thread_ended', reason: ended.ok ? ended.value : describeError(ended.error) }),
    { mayNeverEnd: true },
  );
  ctx.tell(poolNames.desk, { type: 'worker_up', worker: ctx.handle });
  return { ...args, thread, asker: null };
}

function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'run':
      if (state.asker !== null) throw new Error('a second request came while one was running');
      ctx.timer('limit', state.requestLimitMs, { type: 'limit_passed' });
      ctx.pipeToSelf(state.thread.run(message.bytes), (settled) => ({ type: 'ran', settled }));
      return { ...state, asker: ctx.deferReply(message) };
    case 'ran':
      ctx.cancelTimer('limit');
      if (!message.settled.ok) return giveUp(state, 'worker_died', describeError(message.settled.error), ctx);
      answer(state, { ok: true, bytes: message.settled.value }, ctx);
      return { ...state, asker: null };
    case 'thread_ended':
      return giveUp(state, 'worker_died', message.reason, ctx);
    case 'limit_passed':
      return giveUp(state, 'engine_timeout', `no answer within ${state.requestLimitMs} ms`, ctx);
  }
}

/** Answers what is in hand first: an effect of this turn, which completes before the actor ends. */
function giveUp(state: State, code: 'worker_died' | 'engine_timeout', why: string, ctx: Ctx<Msg>): State {
  const message = code === 'worker_died' ? `the engine thread ended: ${why}` : why;
  answer(state, { ok: false, code, message }, ctx);
  ctx.stop(failed(new Error(`${code}: ${message}`)));
  return { ...state, asker: null };
}

function answer({ asker }: State, worked: Worked, ctx: Ctx<Msg>): void {
  if (asker !== null) ctx.replyTo(asker, worked);
}

const terminate = ({ thread }: State): Promise<void> => thread.terminate();

const behavior: Behavior<State, Msg, WorkerArgs> = { init, handle, terminate };

export const engineWorker = (number: number, args: WorkerArgs): ChildSpec =>
  child({
    id: `worker-${number}`,
    behavior,
    args,
    restart: 'permanent',
    shutdownMs: 5_000,
    mailbox: { capacity: 4, overflow: 'reject' },
    backoff: { delaysMs: args.restartDelaysMs },
  });
