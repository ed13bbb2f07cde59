import { child } from '../../actors/kernel/actor-spec.js';
import type { Behavior, Ctx, Settled } from '../../actors/kernel/behavior.js';
import type { ChildSpec } from '../../actors/kernel/child-spec.js';
import { poolNames, type RepliesMsg } from './engine-pool-messages.js';
import type { PushSocket, Sent } from './zmq-push.js';

/**
 * Owns the socket that answers leave by, and is its only sender: one frame at a time, oldest first. While nobody takes
 * them they wait here; the desk's limit bounds how many there can be.
 */
type Msg =
  RepliesMsg | { readonly type: 'settled'; readonly settled: Settled<Sent> } | { readonly type: 'again' };

export interface RepliesArgs {
  readonly open: () => Promise<Pick<PushSocket, 'send' | 'close'>>;
  readonly capacity: number;
}

interface State {
  readonly socket: Pick<PushSocket, 'send' | 'close'>;
  /** Oldest first; the first one is being sent. */
  readonly waiting: readonly RepliesMsg[];
  /** Refusals since the last frame that left. */
  readonly refusals: number;
}

/** A full socket is looked at again after 5 ms, then twice as late each time, up to 200 ms. */
const againMs = (refusals: number): number => Math.min(200, 5 * 2 ** Math.min(refusals, 10));

async function init({ open }: RepliesArgs, ctx: Ctx<Msg>): Promise<State> {
  const socket = await open();
  ctx.trapExits(true);
  return { socket, waiting: [], refusals: 0 };
}

function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'answer': {
      const waiting = [...state.waiting, message];
      if (waiting.length === 1) send(state.socket, message, ctx);
      return { ...state, waiting };
    }
    case 'again':
      return sendFirst(state, ctx);
    case 'settled': {
      if (!message.settled.ok) throw message.settled.error;
      return settle(state, message.settled.value, ctx);
    }
  }
}

function settle(state: State, sent: Sent, ctx: Ctx<Msg>): State {
  const [first, ...rest] = state.waiting;
  switch (sent) {
    case 'sent':
      if (first !== undefined) ctx.tell(poolNames.desk, { type: 'answer_left', id: first.id });
      return sendFirst({ ...state, waiting: rest, refusals: 0 }, ctx);
    case 'full':
      ctx.timer('again', againMs(state.refusals), { type: 'again' });
      return { ...state, refusals: state.refusals + 1 };
    case 'too_large':
    case 'closed':
      throw new Error(`an answer could not leave: ${sent}`);
  }
}

function sendFirst(state: State, ctx: Ctx<Msg>): State {
  const [first] = state.waiting;
  if (first !== undefined) send(state.socket, first, ctx);
  return state;
}

const send = (socket: State['socket'], { bytes }: RepliesMsg, ctx: Ctx<Msg>): void =>
  ctx.pipeToSelf(socket.send(bytes), (settled) => ({ type: 'settled', settled }));

const terminate = ({ socket }: State): Promise<void> => socket.close();

const behavior: Behavior<State, Msg, RepliesArgs> = { init, handle, terminate };

export const replies = (args: RepliesArgs): ChildSpec =>
  child({
    id: 'replies',
    name: poolNames.replies,
    behavior,
    args,
    restart: 'permanent',
    shutdownMs: 2_000,
    mailbox: { capacity: args.capacity, overflow: 'reject' },
    // The desk that counted these answers is restarted as well; who asked will ask again.
    onRestart: 'dead_letter',
  });
