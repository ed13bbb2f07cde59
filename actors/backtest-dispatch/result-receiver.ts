/**
 * Owns the PULL socket of the results. It is bound before anything of this subsystem can send, and reads on as long as
 * the applier keeps up: a full window stops the reading, and the socket pushes back on the backends.
 */
import { child } from '../kernel/actor-spec.js';
import type { Ctx, Settled } from '../kernel/behavior.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import { frameBytesMax } from '../../protocols/backtest-wire/index.js';
import type { Name } from '../../protocols/name.js';
import { names } from '../../protocols/backtest-dispatch.js';
import type { ResultReceiverMsg } from '../../protocols/backtest-dispatch.js';
import type { ResultSocket, Sockets } from './ports.js';

export const defaults = {
  /** A port of the system's choice on loopback. */
  resultsEndpoint: 'tcp://127.0.0.1:*',
  frameBytesMax,
  /** Handed to the applier and not dealt with yet. One frame is always let through, whatever its size. */
  windowFramesMax: 64,
  windowBytesMax: 64 * 1024 * 1024,
} as const;

export interface ReceiverArgs {
  readonly sockets: Pick<Sockets, 'openResults'>;
  readonly resultsEndpoint: string;
  readonly frameBytesMax: number;
  readonly windowFramesMax: number;
  readonly windowBytesMax: number;
}

type Msg =
  ResultReceiverMsg | { readonly type: 'received'; readonly settled: Settled<Uint8Array | 'timeout'> };

interface State {
  readonly args: ReceiverArgs;
  readonly socket: ResultSocket;
  readonly reading: boolean;
  /** Bytes of each frame that the applier has. */
  readonly window: ReadonlyMap<string, number>;
  readonly windowBytes: number;
  readonly frames: number;
  readonly bytes: number;
  readonly tooLarge: number;
  readonly stalls: number;
}

async function init(args: ReceiverArgs, ctx: Ctx<Msg>): Promise<State> {
  ctx.trapExits(true);
  const { frameBytesMax: bytesMax, resultsEndpoint, sockets } = args;
  const socket = await sockets.openResults(resultsEndpoint, { frameBytesMax: bytesMax });
  const empty = { window: new Map<string, number>(), windowBytes: 0, frames: 0, bytes: 0 };
  return read({ args, socket, reading: false, ...empty, tooLarge: 0, stalls: 0 }, ctx);
}

export function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'received':
      if (!message.settled.ok) throw message.settled.error;
      return read(take({ ...state, reading: false }, message.settled.value, ctx), ctx);
    case 'frame_done':
      return read(release(state, message.frameId), ctx);
    case 'results_endpoint':
      ctx.reply(message, state.socket.endpoint);
      return state;
    case 'receiver_standing': {
      const { frames, bytes, tooLarge, window, windowBytes, stalls } = state;
      const standing = { frames, bytes, tooLarge, windowFrames: window.size, windowBytes, stalls };
      ctx.reply(message, { endpoint: state.socket.endpoint, ...standing });
      return state;
    }
  }
}

const isFull = ({ args, window, windowBytes }: State): boolean =>
  window.size >= args.windowFramesMax || windowBytes >= args.windowBytesMax;

function read(state: State, ctx: Ctx<Msg>): State {
  if (state.reading || isFull(state)) return state;
  ctx.pipeToSelf(state.socket.receive(), (settled) => ({ type: 'received', settled }), { mayNeverEnd: true });
  return { ...state, reading: true };
}

function take(state: State, frame: Uint8Array | 'timeout', ctx: Ctx<Msg>): State {
  if (frame === 'timeout') return state;
  const { byteLength } = frame;
  const counted = { ...state, frames: state.frames + 1, bytes: state.bytes + byteLength };
  if (byteLength > state.args.frameBytesMax) return { ...counted, tooLarge: state.tooLarge + 1 };
  // Unique over restarts: what an earlier life handed out must not count against this one's window.
  const frameId = `${ctx.handle.incarnation}-${counted.frames}`;
  ctx.tell(names.resultApplier, { type: 'frame', frameId, frame, receivedWallMs: ctx.wallMs() });
  const window = new Map(state.window).set(frameId, byteLength);
  const taken = { ...counted, window, windowBytes: state.windowBytes + byteLength };
  return isFull(taken) ? { ...taken, stalls: taken.stalls + 1 } : taken;
}

function release(state: State, frameId: string): State {
  const bytes = state.window.get(frameId);
  if (bytes === undefined) return state;
  const window = new Map(state.window);
  window.delete(frameId);
  return { ...state, window, windowBytes: state.windowBytes - bytes };
}

export const resultReceiver = (
  args: Pick<ReceiverArgs, 'sockets'> & Partial<ReceiverArgs>,
): ChildSpec<ResultReceiverMsg> =>
  child<State, Msg, ReceiverArgs>({
    id: 'result-receiver',
    name: names.resultReceiver as Name<Msg>,
    behavior: { init, handle, terminate: (state) => state.socket.close() },
    args: { ...defaults, ...args },
    restart: 'permanent',
    shutdownMs: 5_000,
    mailbox: { capacity: 1_024, overflow: 'reject' },
  });
