import { child } from '../../actors/kernel/actor-spec.js';
import type { AskOutcome, Ctx, Handle, ReplyTo } from '../../actors/kernel/behavior.js';
import type { ChildSpec } from '../../actors/kernel/child-spec.js';
import { describeReason } from '../../protocols/exit-reason.js';
import { failureAnswer, identify } from './engine-pool-identity.js';
import { poolNames, type DeskMsg, type Worked, type WorkerMsg } from './engine-pool-messages.js';

/**
 * Gives requests to free workers and answers each exactly once: with the engine's answer, or with a coded failure
 * when its worker ended or took too long. A request is in hand until its answer has left, so that one limit bounds
 * what waits for a worker, what is computed and what waits for the socket.
 */
export type Msg =
  | DeskMsg
  | {
      readonly type: 'worked';
      readonly work: Work;
      readonly worker: Handle<WorkerMsg>;
      readonly outcome: AskOutcome<Worked>;
    };

interface Work {
  readonly id: number;
  readonly bytes: Uint8Array;
}

export interface DeskArgs {
  readonly inHandMax: number;
  /** When a worker that says nothing at all is given up; longer than a worker's own limit. */
  readonly askMs: number;
  /** Longest answer; a receiver would drop a longer one without a word. */
  readonly answerBytesMax: number;
}

export interface State extends DeskArgs {
  readonly lastId: number;
  readonly inHand: number;
  /** Oldest first. */
  readonly waiting: readonly Work[];
  readonly free: readonly Handle<WorkerMsg>[];
  readonly reader: ReplyTo<'room'> | null;
  readonly drainers: readonly ReplyTo<'idle'>[];
}

export const init = (args: DeskArgs): State => ({
  ...args,
  lastId: 0,
  inHand: 0,
  waiting: [],
  free: [],
  reader: null,
  drainers: [],
});

export function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'room':
      return grant({ ...state, reader: ctx.deferReply(message) }, ctx);
    case 'request': {
      const taken = take(state);
      const work = { id: taken.lastId, bytes: message.bytes };
      return pump({ ...taken, waiting: [...taken.waiting, work] }, ctx);
    }
    case 'refused': {
      const taken = take(state);
      return answer(taken, taken.lastId, message.answer, ctx);
    }
    case 'worker_up':
      return pump({ ...state, free: [...state.free, message.worker] }, ctx);
    case 'worked':
      return pump(settle(state, message, ctx), ctx);
    case 'answer_left':
      return grant({ ...state, inHand: state.inHand - 1 }, ctx);
    case 'idle':
      return grant({ ...state, drainers: [...state.drainers, ctx.deferReply(message)] }, ctx);
  }
}

const take = (state: State): State => ({ ...state, lastId: state.lastId + 1, inHand: state.inHand + 1 });

function pump(state: State, ctx: Ctx<Msg>): State {
  const { waiting, free, askMs } = state;
  const pairs = Math.min(waiting.length, free.length);
  for (let index = 0; index < pairs; index++) {
    const [work, worker] = [waiting[index], free[index]];
    if (work === undefined || worker === undefined) break;
    ctx.ask(worker, { type: 'run', bytes: work.bytes }, { deadlineMs: askMs }, (outcome) => ({
      type: 'worked',
      work,
      worker,
      outcome,
    }));
  }
  return { ...state, waiting: waiting.slice(pairs), free: free.slice(pairs) };
}

function settle(state: State, { work, worker, outcome }: Msg & { type: 'worked' }, ctx: Ctx<Msg>): State {
  if (outcome.ok && outcome.value.ok) {
    const { bytes } = outcome.value;
    const freed = { ...state, free: [...state.free, worker] };
    if (bytes.byteLength <= state.answerBytesMax) return answer(freed, work.id, bytes, ctx);
    const message = `the answer has ${bytes.byteLength} bytes, at most ${state.answerBytesMax} can be sent`;
    return answer(freed, work.id, failureAnswer(identify(work.bytes), 'answer_too_large', message), ctx);
  }
  // The worker was gone before it saw the request, so another one may have it; it announces itself when it is back.
  if (!outcome.ok && outcome.reason.type === 'noproc') return { ...state, waiting: [work, ...state.waiting] };
  const { code, message } = outcome.ok && !outcome.value.ok ? outcome.value : silent(outcome);
  return answer(state, work.id, failureAnswer(identify(work.bytes), code, message), ctx);
}

function silent(outcome: AskOutcome<Worked>): { readonly code: string; readonly message: string } {
  const reason = outcome.ok ? undefined : outcome.reason;
  if (reason?.type === 'timeout') return { code: 'engine_timeout', message: 'the worker does not answer' };
  const why = reason?.type === 'exit' ? describeReason(reason.reason) : (reason?.type ?? 'unknown');
  return { code: 'worker_died', message: `the worker ended: ${why}` };
}

function answer(state: State, id: number, bytes: Uint8Array, ctx: Ctx<Msg>): State {
  ctx.tell(poolNames.replies, { type: 'answer', id, bytes });
  return state;
}

function grant(state: State, ctx: Ctx<Msg>): State {
  const { inHand, inHandMax, reader, drainers } = state;
  const hasRoom = reader !== null && inHand < inHandMax;
  if (hasRoom) ctx.replyTo(reader, 'room');
  const isIdle = inHand === 0;
  if (isIdle) for (const drainer of drainers) ctx.replyTo(drainer, 'idle');
  return { ...state, reader: hasRoom ? null : reader, drainers: isIdle ? [] : drainers };
}

export const desk = (args: DeskArgs): ChildSpec =>
  child({
    id: 'desk',
    name: poolNames.desk,
    behavior: { init, handle },
    args,
    restart: 'permanent',
    shutdownMs: 1_000,
    mailbox: { capacity: 1_024, overflow: 'reject' },
    // Whoever these messages were from is restarted as well, and asks anew.
    onRestart: 'dead_letter',
  });
