import { child } from '../../actors/kernel/actor-spec.js';
import type { AskOutcome, Behavior, Ctx, Settled } from '../../actors/kernel/behavior.js';
import type { ChildSpec } from '../../actors/kernel/child-spec.js';
import { failureAnswer, identify } from './engine-pool-identity.js';
import { poolNames, type RequestsMsg } from './engine-pool-messages.js';
import type { PullSocket, Received } from './zmq-pull.js';

/**
 * Owns the socket that requests come by. It reads one frame each time the desk has room for one more; what is not read
 * waits with its sender. What can be no request is counted and dropped, as there is nobody to answer.
 */
type Msg =
  | RequestsMsg
  | { readonly type: 'room'; readonly outcome: AskOutcome<'room'> }
  | { readonly type: 'received'; readonly settled: Settled<Received> }
  | { readonly type: 'report' };

export interface RequestsArgs {
  readonly open: () => Promise<Pick<PullSocket, 'receive' | 'close'>>;
  /** Longer frames are answered unread. */
  readonly bytesMax: number;
  /** Between two reports of what was dropped. */
  readonly reportMs: number;
  readonly log: (line: string) => void;
}

type Dropped = 'not_a_request' | 'malformed' | 'too_large';

interface State extends RequestsArgs {
  readonly socket: Pick<PullSocket, 'receive' | 'close'>;
  readonly dropped: Readonly<Partial<Record<Dropped, number>>>;
}

/** The desk answers when there is room, however long that takes; asking again changes nothing. */
const roomMs = 60_000;

async function init(args: RequestsArgs, ctx: Ctx<Msg>): Promise<State> {
  const socket = await args.open();
  ctx.trapExits(true);
  ctx.timerWithFixedDelay('report', args.reportMs, { type: 'report' });
  askRoom(ctx);
  return { ...args, socket, dropped: {} };
}

async function handle(state: State, message: Msg, ctx: Ctx<Msg>): Promise<State> {
  switch (message.type) {
    case 'room':
      if (message.outcome.ok) receive(state, ctx);
      else askRoom(ctx);
      return state;
    case 'received':
      if (!message.settled.ok) throw message.settled.error;
      return take(state, message.settled.value, ctx);
    case 'stop_reading':
      await state.socket.close();
      ctx.reply(message, 'stopped');
      return state;
    case 'report':
      return report(state);
  }
}

function take(state: State, received: Received, ctx: Ctx<Msg>): State {
  switch (received.type) {
    case 'frame':
      return takeFrame(state, received.bytes, ctx);
    case 'malformed':
      receive(state, ctx);
      return counted(state, 'malformed');
    case 'nothing':
      receive(state, ctx);
      return state;
    case 'closed':
      return state;
  }
}

function takeFrame(state: State, bytes: Uint8Array, ctx: Ctx<Msg>): State {
  if (bytes.byteLength > state.bytesMax) {
    const identity = identify(bytes);
    if (identity.requestId === null) {
      receive(state, ctx);
      return counted(state, 'too_large');
    }
    const message = `too_large: expected at most ${state.bytesMax} bytes, found ${bytes.byteLength}`;
    ctx.tell(poolNames.desk, { type: 'refused', answer: failureAnswer(identity, 'bad_request', message) });
  } else if (looksLikeRequest(bytes)) {
    ctx.tell(poolNames.desk, { type: 'request', bytes });
  } else {
    receive(state, ctx);
    return counted(state, 'not_a_request');
  }
  askRoom(ctx);
  return state;
}

const openers: ReadonlySet<number> = new Set(Buffer.from('({'));
const blanks: ReadonlySet<number> = new Set(Buffer.from(' \t\r\n'));

/** Swimmy's Service answers nothing to a text that does not begin like a message, and neither do we. */
function looksLikeRequest(bytes: Uint8Array): boolean {
  const first = bytes.subarray(0, 64).find((byte) => !blanks.has(byte));
  return first !== undefined && openers.has(first);
}

function report(state: State): State {
  const said = Object.entries(state.dropped).map(([why, count]) => `${count} ${why}`);
  if (said.length === 0) return state;
  state.log(`frames dropped without an answer: ${said.join(', ')}`);
  return { ...state, dropped: {} };
}

const counted = (state: State, why: Dropped): State => ({
  ...state,
  dropped: { ...state.dropped, [why]: (state.dropped[why] ?? 0) + 1 },
});

const receive = ({ socket }: State, ctx: Ctx<Msg>): void =>
  ctx.pipeToSelf(socket.receive(), (settled) => ({ type: 'received', settled }), { mayNeverEnd: true });

const askRoom = (ctx: Ctx<Msg>): void =>
  ctx.ask(poolNames.desk, { type: 'room' }, { deadlineMs: roomMs }, (outcome) => ({ type: 'room', outcome }));

async function terminate(state: State): Promise<void> {
  report(state);
  await state.socket.close();
}

const behavior: Behavior<State, Msg, RequestsArgs> = { init, handle, terminate };

export const requests = (args: RequestsArgs): ChildSpec =>
  child({
    id: 'requests',
    name: poolNames.requests,
    behavior,
    args,
    restart: 'permanent',
    shutdownMs: 2_000,
    mailbox: { capacity: 16, overflow: 'reject' },
    backoff: { delaysMs: [50, 500, 2_000] },
  });
