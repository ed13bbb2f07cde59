/** Workers that do what a test tells them: how each start ends, and everything an actor can do by message. */
import { child, failed, ignore, normal } from '../../../runtime/index.js';
import type {
  ActorSpec,
  AskOutcome,
  ChildSpec,
  Ctx,
  ExitReason,
  Ref,
  Replies,
  Signal,
} from '../../../runtime/index.js';

/** How one start ends. A function decides, or returns a promise that the test settles. */
export type StartScript =
  | 'ok'
  | 'ignore'
  | 'fail'
  | ((ctx: Ctx<Order>) => 'ok' | 'ignore' | 'fail' | Promise<'ok' | 'ignore' | 'fail'>);

export type Order =
  | { readonly type: 'crash'; readonly error?: unknown }
  | { readonly type: 'stop'; readonly reason?: ExitReason }
  | { readonly type: 'note'; readonly text: string }
  /** Runs inside the turn: any verb of ctx. A promise keeps the handler in flight. */
  | { readonly type: 'do'; readonly act: (ctx: Ctx<Order>) => void | Promise<void> }
  | { readonly type: 'outcome'; readonly outcome: AskOutcome<unknown> }
  | ({ readonly type: 'get' } & Replies<string>)
  /** A request that is never answered. */
  | ({ readonly type: 'hold' } & Replies<string>);

export type WorkerRef = Ref<Order>;

/** What a worker saw, one line each, over all its incarnations. */
export class Diary {
  readonly lines: string[] = [];
  readonly signals: Signal[] = [];
  readonly outcomes: AskOutcome<unknown>[] = [];

  take(): string[] {
    return this.lines.splice(0);
  }
}

export interface WorkerOptions extends Partial<
  Omit<ActorSpec<unknown, Order, unknown>, 'behavior' | 'args'>
> {
  /** One for each start; the last one repeats. @defaultValue always ok */
  readonly starts?: readonly StartScript[];
  readonly trap?: boolean;
  readonly diary?: Diary;
  /** The terminate hook; without it there is none, unless there is a diary. */
  readonly onTerminate?: (reason: ExitReason, ctx: Ctx<Order>) => void | Promise<void>;
}

/** OTP's own rules for mail: `{onRestart: 'dead_letter', attempts: 1}`. */
export function worker(id: string, options: WorkerOptions = {}): ChildSpec<Order> {
  const { starts = ['ok'], trap = false, diary, onTerminate, ...spec } = options;
  let started = 0;
  const conclude = (answer: 'ok' | 'ignore' | 'fail'): 0 | typeof ignore => {
    if (answer === 'fail') throw new Error(`${id} does not start`);
    return answer === 'ignore' ? ignore : 0;
  };
  return child<number, Order, undefined>({
    id,
    mailbox: { capacity: 1_000 },
    onRestart: 'dead_letter',
    attempts: 1,
    args: undefined,
    ...spec,
    behavior: {
      init(_args, ctx) {
        const script = starts[Math.min(started++, starts.length - 1)] ?? 'ok';
        if (trap) ctx.trapExits(true);
        const answer = typeof script === 'function' ? script(ctx) : script;
        return typeof answer === 'string' ? conclude(answer) : answer.then(conclude);
      },
      handle(state, order, ctx) {
        switch (order.type) {
          case 'crash':
            throw order.error instanceof Error ? order.error : new Error('crash');
          case 'stop':
            ctx.stop(order.reason ?? normal);
            return state;
          case 'note':
            diary?.lines.push(order.text);
            return state + 1;
          case 'do': {
            const done = order.act(ctx);
            return done === undefined ? state : done.then(() => state);
          }
          case 'outcome':
            diary?.outcomes.push(order.outcome);
            return state;
          case 'get':
            ctx.reply(order, `${ctx.path}#${ctx.handle.incarnation}`);
            return state;
          case 'hold':
            return state;
        }
      },
      signal(state, signal) {
        diary?.signals.push(signal);
        diary?.lines.push(`${signal.type} ${signal.reason.kind}`);
        return state;
      },
      ...(diary === undefined && onTerminate === undefined
        ? {}
        : {
            terminate(_state: number, reason: ExitReason, ctx: Ctx<Order>) {
              diary?.lines.push(`terminate ${reason.kind}`);
              return onTerminate?.(reason, ctx);
            },
          }),
    },
  });
}

export const crash = { type: 'crash' } as const;
export const note = (text: string): Order => ({ type: 'note', text });
export const act = (act: (ctx: Ctx<Order>) => void | Promise<void>): Order => ({ type: 'do', act });
export const stopWith = (reason: ExitReason): Order => ({ type: 'stop', reason });
export const error = failed(new Error('an error'));
