/**
 * Owns the PUSH socket to one backend, and the queue before it: bounded in frames and in bytes, because the socket's own
 * mark counts messages only. What it cannot take goes back to the dispatcher, which knows what to do with a lease.
 */
import { child } from '../kernel/actor-spec.js';
import type { Ctx, Settled } from '../kernel/behavior.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import { names } from '../../protocols/backtest-dispatch.js';
import type { BackendDown, BackendLinkMsg, BackendUp } from '../../protocols/backtest-dispatch.js';
import { frameBytesMax } from '../../protocols/backtest-wire/index.js';
import type { Name } from '../../protocols/name.js';
import type { RequestSocket, Sockets } from './ports.js';
import { RecentTimes } from './recent-times.js';
import { tellIfThere } from './tell-if-there.js';

export const defaults = {
  /** A receiver drops its connection over a longer one, without a word to anybody. */
  frameBytesMax,
  queueMax: 1_000,
  queueBytesMax: 64 * 1024 * 1024,
  /** After a full socket; doubles up to the longest. */
  fullMsMin: 10,
  fullMsMax: 500,
} as const;

export interface LinkArgs {
  readonly sockets: Pick<Sockets, 'openRequests'>;
  readonly frameBytesMax: number;
  readonly queueMax: number;
  readonly queueBytesMax: number;
  readonly fullMsMin: number;
  readonly fullMsMax: number;
}

interface Waiting {
  readonly attemptId: string;
  readonly frame: Uint8Array;
}

type Msg =
  | BackendLinkMsg
  | { readonly type: 'opened'; readonly session: string; readonly settled: Settled<RequestSocket> }
  | { readonly type: 'pushed'; readonly session: string; readonly settled: Settled<'sent' | 'full'> }
  | { readonly type: 'try_again' };

/** Down, or up and opening its socket, or up with one. */
interface State {
  readonly args: LinkArgs;
  readonly up: BackendUp | null;
  readonly socket: RequestSocket | null;
  readonly queue: readonly Waiting[];
  readonly queuedBytes: number;
  /** A send is under way, or its next try is waited for. */
  readonly busy: boolean;
  /** Full sockets in a row. */
  readonly fullInARow: number;
  readonly sent: number;
  readonly sentBytes: number;
  readonly full: number;
  /** When the send that is under way began. */
  readonly sendingSinceMs: number;
  readonly sendTimes: RecentTimes;
}

const emptied = { socket: null, queue: [], queuedBytes: 0, busy: false, fullInARow: 0 } as const;

function init(args: LinkArgs, ctx: Ctx<Msg>): State {
  ctx.trapExits(true);
  const counts = { sent: 0, sentBytes: 0, full: 0 };
  return { args, up: null, ...emptied, ...counts, sendingSinceMs: 0, sendTimes: new RecentTimes() };
}

export function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'backend_up':
      return open(close(state), message, ctx);
    case 'backend_down':
      return down(state, message, ctx);
    case 'who_is_up':
      if (state.up !== null && state.socket !== null) tellIfThere(ctx, names.dispatcher, state.up);
      return state;
    case 'opened':
      return opened(state, message.session, message.settled, ctx);
    case 'send':
      return enqueue(state, message.attemptId, message.frame, ctx);
    case 'pushed':
      return message.session === state.up?.session ? pushed(state, message.settled, ctx) : state;
    case 'try_again':
      return push({ ...state, busy: false }, ctx);
    case 'link_standing': {
      const { up, queue, queuedBytes, sent, sentBytes, full } = state;
      const backend = up?.backend ?? null;
      const sendMs = state.sendTimes.percentiles;
      ctx.reply(message, { backend, queued: queue.length, queuedBytes, sent, sentBytes, full, sendMs });
      return state;
    }
  }
}

function open(state: State, up: BackendUp, ctx: Ctx<Msg>): State {
  const { session, requestsEndpoint } = up;
  ctx.pipeToSelf(state.args.sockets.openRequests(requestsEndpoint), (settled) => ({
    type: 'opened',
    session,
    settled,
  }));
  return { ...state, up };
}

function opened(state: State, session: string, settled: Settled<RequestSocket>, ctx: Ctx<Msg>): State {
  if (session !== state.up?.session) {
    if (settled.ok) void settled.value.close();
    return state;
  }
  if (!settled.ok) throw settled.error;
  tellIfThere(ctx, names.dispatcher, state.up);
  return push({ ...state, socket: settled.value }, ctx);
}

/** What waits for a backend that is gone goes with it: the dispatcher takes all its leases back. */
function down(state: State, message: BackendDown, ctx: Ctx<Msg>): State {
  if (message.session !== state.up?.session) return state;
  tellIfThere(ctx, names.dispatcher, message);
  ctx.cancelTimer('try again');
  return { ...close(state), up: null };
}

function close(state: State): State {
  // It is closed without waiting: nobody is there to read what it still holds.
  void state.socket?.close();
  return { ...state, ...emptied };
}

function enqueue(state: State, attemptId: string, text: string, ctx: Ctx<Msg>): State {
  const refuse = (reason: 'no_backend' | 'link_full' | 'too_large'): State => {
    tellIfThere(ctx, names.dispatcher, { type: 'not_sent', attemptId, reason });
    return state;
  };
  if (state.up === null) return refuse('no_backend');
  const frame = Buffer.from(text, 'utf8');
  const { queueMax, queueBytesMax, frameBytesMax: bytesMax } = state.args;
  if (frame.byteLength > bytesMax) return refuse('too_large');
  const isFull = state.queue.length >= queueMax || state.queuedBytes + frame.byteLength > queueBytesMax;
  if (isFull && state.queue.length > 0) return refuse('link_full');
  const queue = [...state.queue, { attemptId, frame }];
  return push({ ...state, queue, queuedBytes: state.queuedBytes + frame.byteLength }, ctx);
}

/** One send at a time: a second one on the same socket would be an error. */
function push(state: State, ctx: Ctx<Msg>): State {
  const { socket, up, busy } = state;
  const [first] = state.queue;
  if (busy || socket === null || up === null || first === undefined) return state;
  const { session } = up;
  ctx.pipeToSelf(socket.send(first.frame), (settled) => ({ type: 'pushed', session, settled }));
  return { ...state, busy: true, sendingSinceMs: ctx.nowMs() };
}

function pushed(state: State, settled: Settled<'sent' | 'full'>, ctx: Ctx<Msg>): State {
  if (!settled.ok) throw settled.error;
  const [first, ...queue] = state.queue;
  if (settled.value === 'full' || first === undefined) {
    const { fullMsMin, fullMsMax } = state.args;
    ctx.timer('try again', Math.min(fullMsMax, fullMsMin * 2 ** Math.min(state.fullInARow, 16)), {
      type: 'try_again',
    });
    return { ...state, fullInARow: state.fullInARow + 1, full: state.full + 1 };
  }
  state.sendTimes.note(ctx.nowMs() - state.sendingSinceMs);
  const { attemptId, frame } = first;
  const bytes = frame.byteLength;
  const rest = { ...state, fullInARow: 0, busy: false, queue, queuedBytes: state.queuedBytes - bytes };
  tellIfThere(ctx, names.dispatcher, { type: 'sent', attemptIds: [attemptId], wallMs: ctx.wallMs() });
  return push({ ...rest, sent: state.sent + 1, sentBytes: state.sentBytes + bytes }, ctx);
}

export const backendLink = (args: Pick<LinkArgs, 'sockets'> & Partial<LinkArgs>): ChildSpec<BackendLinkMsg> =>
  child<State, Msg, LinkArgs>({
    id: 'backend-link',
    name: names.backendLink as Name<Msg>,
    behavior: { init, handle, terminate: (state) => state.socket?.close() },
    args: { ...defaults, ...args },
    restart: 'permanent',
    shutdownMs: 5_000,
    // A whole window of attempts and more: the dispatcher's tells must never be refused.
    mailbox: { capacity: 16_384, overflow: 'reject' },
  });
