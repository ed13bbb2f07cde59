/** Owns one lane's channel. It carries what it is given and says what came of it; it decides nothing. */
import { child } from '../kernel/actor-spec.js';
import type { Ctx, ReplyTo, Settled } from '../kernel/behavior.js';
import type { Backoff, ChildSpec } from '../kernel/child-spec.js';
import { names } from '../../protocols/notifier.js';
import type { Carried, CourierMsg } from '../../protocols/notifier.js';
import type { Channel } from './ports.js';

type Msg =
  CourierMsg | { readonly type: 'ended'; readonly to: ReplyTo<Carried>; readonly settled: Settled<Carried> };

interface State {
  readonly channel: Channel;
  /** Cuts off what is on its way. */
  readonly abort: AbortController;
}

function init(channel: Channel, ctx: Ctx<Msg>): State {
  ctx.trapExits(true);
  return { channel, abort: new AbortController() };
}

export function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  if (message.type === 'ended') {
    ctx.replyTo(message.to, carriedOf(message.settled));
    return state;
  }
  const { channel, abort } = state;
  const nowWallMs = ctx.wallMs();
  const to = ctx.deferReply(message);
  const work = Promise.resolve().then(() => channel.carry(message.notification, nowWallMs, abort.signal));
  ctx.pipeToSelf(work, (settled) => ({ type: 'ended', to, settled }));
  return state;
}

/** The text of what a channel throws is not for anybody's eyes: it may hold the address. */
const carriedOf = (settled: Settled<Carried>): Carried =>
  settled.ok
    ? settled.value
    : { type: 'unreached', code: 'channel_failed', message: 'the channel failed by itself' };

const terminate = ({ abort }: State): void => abort.abort();

export const courier = (lane: string, channel: Channel, backoff: Backoff): ChildSpec<CourierMsg> =>
  child({
    id: 'courier',
    name: names.courier(lane),
    behavior: { init, handle, terminate },
    args: channel,
    restart: 'permanent',
    shutdownMs: 1_000,
    mailbox: { capacity: 16, overflow: 'reject' },
    onRestart: 'dead_letter',
    backoff,
  });
