import { child } from '../../actors/kernel/actor-spec.js';
import type { AskOutcome, Ctx, ReplyTo } from '../../actors/kernel/behavior.js';
import type { ChildSpec } from '../../actors/kernel/child-spec.js';
import { describeReason } from '../../protocols/exit-reason.js';
import type { WorkerAnswer } from '../../protocols/workers.js';
import { failureAnswer, identify } from './engine-pool-identity.js';
import { poolNames, type DeskMsg } from './engine-pool-messages.js';

/**
 * Hands requests to the engines and answers each exactly once: with the engine's answer, or with a coded failure when its
 * thread ended or took too long. A request is in hand until its answer has left, so that one limit bounds what waits for
 * an engine, what is computed and what waits for the socket.
 */
export type Msg =
  | DeskMsg
  | {
      readonly type: 'worked';
      readonly work: Work;
      readonly outcome: AskOutcome<WorkerAnswer<Uint8Array>>;
    };

interface Work {
  readonly id: number;
  readonly bytes: Uint8Array;
}

export interface DeskArgs {
  readonly inHandMax: number;
  /** Longest answer; a receiver would drop a longer one without a word. */
  readonly answerBytesMax: number;
}

export interface State extends DeskArgs {
  readonly lastId: number;
  readonly inHand: number;
  readonly reader: ReplyTo<'room'> | null;
  readonly drainers: readonly ReplyTo<'idle'>[];
}

export const init = (args: DeskArgs): State => ({
  ...args,
  lastId: 0,
  inHand: 0,
  reader: null,
  drainers: [],
});

export function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'room':
      return grant({ ...state, reader: ctx.deferReply(message) }, ctx);
    case 'request': {
      const taken = take(state);
      begin({ id: taken.lastId, bytes: message.bytes }, ctx);
      return taken;
    }
    case 'refused': {
      const taken = take(state);
      return answer(taken, taken.lastId, message.answer, ctx);
    }
    case 'worked':
      return settle(state, message, ctx);
    case 'answer_left':
      return grant({ ...state, inHand: state.inHand - 1 }, ctx);
    case 'idle':
      return grant({ ...state, drainers: [...state.drainers, ctx.deferReply(message)] }, ctx);
  }
}

const take = (state: State): State => ({ ...state, lastId: state.lastId + 1, inHand: state.inHand + 1 });

/** The engines answer in any case, at the latest by the limit of a request; this is longer than all of those. */
const askMs = 2_147_483_647;

function begin(work: Work, ctx: Ctx<Msg>): void {
  // Copied: the socket's memory is not ours to hand over to a thread, and the request is still needed if that dies.
  const request = new Uint8Array(work.bytes);
  const asked = { type: 'work', request, transfer: [request.buffer] } as const;
  ctx.ask(poolNames.engines, asked, { deadlineMs: askMs }, (outcome) => ({ type: 'worked', work, outcome }));
}

function settle(state: State, { work, outcome }: Msg & { type: 'worked' }, ctx: Ctx<Msg>): State {
  if (!outcome.ok || !outcome.value.ok) {
    const { code, message } = failureOf(outcome);
    return answer(state, work.id, failureAnswer(identify(work.bytes), code, message), ctx);
  }
  const bytes = outcome.value.value;
  if (bytes.byteLength <= state.answerBytesMax) return answer(state, work.id, bytes, ctx);
  const message = `the answer has ${bytes.byteLength} bytes, at most ${state.answerBytesMax} can be sent`;
  return answer(state, work.id, failureAnswer(identify(work.bytes), 'answer_too_large', message), ctx);
}

/** Both are weather: the same request may be asked again. */
function failureOf(outcome: AskOutcome<WorkerAnswer<Uint8Array>>): { code: string; message: string } {
  if (outcome.ok && !outcome.value.ok) {
    const { code, message } = outcome.value;
    return { code: code === 'timeout' ? 'engine_timeout' : 'worker_died', message };
  }
  const reason = outcome.ok ? undefined : outcome.reason;
  const why = reason?.type === 'exit' ? describeReason(reason.reason) : (reason?.type ?? 'unknown');
  return { code: 'worker_died', message: `the engines ended: ${why}` };
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
