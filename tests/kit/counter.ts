/** The actor that the kit's own tests are about: it uses each verb at least once. */
import type { Behavior, Ctx, ReplyTo, Signal } from '../../runtime/index.js';
import { child, failed, name, type Name, type Replies } from '../../runtime/index.js';

export type Listener =
  { readonly type: 'counted'; readonly count: number } | ({ readonly type: 'limit' } & Replies<number>);

export const listener: Name<Listener> = name<Listener>('listener');

export type Msg =
  | { readonly type: 'add'; readonly by: number }
  | ({ readonly type: 'get' } & Replies<number>)
  | ({ readonly type: 'get_later' } & Replies<number>)
  | { readonly type: 'limit_is'; readonly limit: number | null }
  | { readonly type: 'tick' }
  | { readonly type: 'start' }
  | { readonly type: 'fetched'; readonly value: number | null };

export interface State {
  readonly count: number;
  readonly limit: number | null;
  readonly later: ReplyTo<number> | null;
}

function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'add': {
      const count = state.count + message.by;
      ctx.tell(listener, { type: 'counted', count });
      if (message.by < 0) throw new Error('only upwards');
      if (state.limit !== null && count > state.limit) ctx.stop(failed('too many'));
      return { ...state, count };
    }
    case 'get':
      ctx.reply(message, state.count);
      return state;
    case 'get_later':
      return { ...state, later: ctx.deferReply(message) };
    case 'limit_is':
      return { ...state, limit: message.limit };
    case 'tick':
      if (state.later !== null) ctx.replyTo(state.later, state.count);
      ctx.timer('tick', 1_000, { type: 'tick' });
      return { ...state, later: null };
    case 'start':
      ctx.pipeToSelf(Promise.resolve(7), (settled) => ({
        type: 'fetched',
        value: settled.ok ? settled.value : null,
      }));
      return state;
    case 'fetched':
      return { ...state, count: message.value ?? state.count };
  }
}

export const behavior: Behavior<State, Msg, number> = {
  init(count, ctx) {
    ctx.timer('tick', 1_000, { type: 'tick' });
    ctx.ask(listener, { type: 'limit' }, { deadlineMs: 500 }, (outcome) => ({
      type: 'limit_is',
      limit: outcome.ok ? outcome.value : null,
    }));
    return { count, limit: null, later: null };
  },
  handle,
  signal: (state: State, signal: Signal) => (signal.type === 'exit' ? { ...state, count: -1 } : state),
};

export const counterName = name<Msg>('counter');

export const counter = child({
  id: 'counter',
  name: counterName,
  behavior,
  args: 0,
  mailbox: { capacity: 16 },
});
