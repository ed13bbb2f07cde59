/** A turn's verbs as a list: what a decider would have had done. */
import type { Ctx } from '../../actors/kernel/behavior.js';

export interface Recorded {
  readonly verb: 'tell' | 'ask' | 'reply' | 'timer' | 'cancel_timer' | 'stop' | 'pipe';
  readonly to?: string;
  readonly message?: unknown;
  readonly delayMs?: number;
}

export interface Recording<Msg> {
  readonly ctx: Ctx<Msg>;
  /** What was recorded since the last look. */
  take(): Recorded[];
  /** The message that the oldest open ask to this name becomes with this outcome. */
  answer(to: string, value: unknown): Msg;
  nowMs: number;
}

interface OpenAsk<Msg> {
  readonly to: string;
  readonly toMessage: (outcome: { ok: true; value: unknown }) => Msg;
}

/** Wall time is monotonic time plus a million; random is always a half. */
export function recording<Msg>(): Recording<Msg> {
  let recorded: Recorded[] = [];
  const asks: OpenAsk<Msg>[] = [];
  const nameOf = (target: { readonly name?: string; readonly path?: string }): string =>
    target.name ?? target.path ?? '?';
  const self: Recording<Msg> = {
    nowMs: 0,
    take: () => recorded.splice(0),
    answer(to, value) {
      const place = asks.findIndex((ask) => ask.to === to);
      const [ask] = place < 0 ? [] : asks.splice(place, 1);
      if (ask === undefined) throw new Error(`nothing was asked of ${to}`);
      return ask.toMessage({ ok: true, value });
    },
    ctx: {
      path: 'test',
      handle: { path: 'test', incarnation: 1, alive: true },
      nowMs: () => self.nowMs,
      wallMs: () => 1_000_000 + self.nowMs,
      random: () => 0.5,
      trapExits: () => undefined,
      whereis: (name: { readonly name: string }) => ({ path: name.name, alive: true }),
      tell: (to: object, message: unknown) => recorded.push({ verb: 'tell', to: nameOf(to), message }),
      ask(to: object, message: unknown, _options: unknown, toMessage: OpenAsk<Msg>['toMessage']) {
        recorded.push({ verb: 'ask', to: nameOf(to), message });
        asks.push({ to: nameOf(to), toMessage });
      },
      reply: (_request: object, message: unknown) => recorded.push({ verb: 'reply', message }),
      deferReply: (request: object) => request,
      replyTo: (_to: object, message: unknown) => recorded.push({ verb: 'reply', message }),
      timer: (key: string, delayMs: number) => recorded.push({ verb: 'timer', to: key, delayMs }),
      cancelTimer: (key: string) => recorded.push({ verb: 'cancel_timer', to: key }) > 0,
      pipeToSelf: () => recorded.push({ verb: 'pipe' }),
      stop: (message: unknown) => recorded.push({ verb: 'stop', message }),
    } as unknown as Ctx<Msg>,
  };
  recorded = [];
  return self;
}
