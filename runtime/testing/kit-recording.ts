import {
  NameNotFound,
  type AskFailure,
  type AskOutcome,
  type Ctx,
  type Handle,
  type MonitorRef,
  type Ref,
  type ReplyTo,
  type Settled,
} from '../../actors/kernel/behavior.js';
import type { ChildSpec } from '../../actors/kernel/child-spec.js';
import { normal } from '../../protocols/exit-reason.js';
import type { Name, Replies, ReplyOf } from '../../protocols/name.js';
import type { Effect } from './kit-effects.js';
import { ManualTime } from './kit-time.js';

export interface RecordingOptions {
  /** @defaultValue 'actor' */
  readonly path?: string;
  /** Wall clock at the start, ms since the epoch. @defaultValue 2020-01-01T00:00Z */
  readonly wallMs?: number;
  /** What `ctx.random()` gives, one after the other, then again from the first. @defaultValue a half */
  readonly random?: readonly number[];
  /** Names that nobody holds: `tell` and `ask` throw, `whereis` finds nothing. @defaultValue none */
  readonly absent?: readonly Name<never>[];
}

/** A request as it is answered: the right to do so is the request itself, so that a test can tell who was. */
interface Asked<Msg> {
  readonly to: string;
  readonly toMessage: (outcome: AskOutcome<never>) => Msg;
}

interface Piped<Msg> {
  readonly work: Promise<unknown>;
  readonly toMessage: (settled: Settled<unknown>) => Msg;
}

/**
 * A `ctx` that carries nothing out and remembers everything, which makes `handle` a function that a table can test.
 *
 * Time stands still until `advance`. All names are held and all targets live unless said otherwise.
 */
export class Recording<Msg> {
  readonly ctx: Ctx<Msg>;
  readonly time: ManualTime;
  #effects: Effect<Msg>[] = [];
  #asked: Asked<Msg>[] = [];
  #piped: Piped<Msg>[] = [];
  #deferred: unknown[] = [];
  #due: Msg[] = [];
  #monitors = 0;
  #draws = 0;
  readonly #timers = new Map<string, unknown>();

  constructor(options: RecordingOptions = {}) {
    const { path = 'actor', random = [0.5] } = options;
    this.time = new ManualTime(options.wallMs);
    const absent = new Set((options.absent ?? []).map(({ name }) => name));
    const self = fakeRef<Msg>(path);
    const handle: Handle<Msg> = { path, incarnation: 1, ref: self, alive: true };
    const record = (effect: Effect<Msg>): void => void this.#effects.push(effect);
    const reach = (target: object): string => {
      const at = labelOf(target);
      if (absent.has(at)) throw new NameNotFound(at);
      return at;
    };
    const timer = (
      key: string,
      delayMs: number,
      message: Msg,
      repeats?: 'at_fixed_rate' | 'with_fixed_delay',
    ): void => {
      this.#clear(key);
      record({ verb: 'timer', key, delayMs, message, ...(repeats === undefined ? {} : { repeats }) });
      this.#arm(key, delayMs, message, repeats !== undefined);
    };
    const verbs: Omit<Ctx<Msg>, 'ask'> & { readonly ask: (...args: never[]) => void } = {
      self,
      handle,
      path,
      nowMs: () => this.time.nowMs,
      wallMs: () => this.time.clock.wallMs(),
      random: () => random[this.#draws++ % random.length] ?? 0.5,
      tell: (to, message, { expiresInMs } = {}) =>
        record({
          verb: 'tell',
          to: reach(to),
          message,
          ...(expiresInMs === undefined ? {} : { expiresInMs }),
        }),
      ask: (
        to: object,
        request: unknown,
        { deadlineMs }: { readonly deadlineMs: number },
        toMessage: Asked<Msg>['toMessage'],
      ) => {
        const at = reach(to);
        record({ verb: 'ask', to: at, message: request, deadlineMs });
        this.#asked.push({ to: at, toMessage });
      },
      reply: (request, value) => record({ verb: 'reply', to: request, value }),
      deferReply: <Request extends Replies<unknown>>(request: Request) => {
        this.#deferred.push(request);
        return request as ReplyTo<ReplyOf<Request>>;
      },
      replyTo: (to, value) => {
        this.#deferred = this.#deferred.filter((request) => request !== to);
        record({ verb: 'reply', to, value });
      },
      spawn: <M>(spec: ChildSpec<M>): Ref<M> => {
        record({ verb: 'spawn', id: spec.id });
        return fakeRef(`${path}/${spec.id}`);
      },
      stopChild: (child) => record({ verb: 'stop_child', to: child.path }),
      link: (to) => record({ verb: 'link', to: labelOf(to) }),
      unlink: (from) => record({ verb: 'unlink', to: labelOf(from) }),
      monitor: (target) => {
        record({ verb: 'monitor', to: labelOf(target) });
        return { monitor: ++this.#monitors };
      },
      demonitor: ({ monitor }: MonitorRef) => record({ verb: 'demonitor', monitor }),
      exit: (target, reason) => record({ verb: 'exit', to: labelOf(target), reason }),
      trapExits: (on) => record({ verb: 'trap_exits', on }),
      register: ({ name }) => record({ verb: 'register', name }),
      unregister: ({ name }) => record({ verb: 'unregister', name }),
      whereis: <M>({ name }: Name<M>) => (absent.has(name) ? undefined : fakeRef<M>(name)),
      timer,
      timerAtFixedRate: (key, periodMs, message) => timer(key, periodMs, message, 'at_fixed_rate'),
      timerWithFixedDelay: (key, delayMs, message) => timer(key, delayMs, message, 'with_fixed_delay'),
      cancelTimer: (key) => {
        record({ verb: 'cancel_timer', key });
        return this.#clear(key);
      },
      pipeToSelf: <T>(
        work: Promise<T>,
        toMessage: (settled: Settled<T>) => Msg,
        { mayNeverEnd = false }: { readonly mayNeverEnd?: boolean } = {},
      ) => {
        record({ verb: 'pipe', ...(mayNeverEnd ? { mayNeverEnd } : {}) });
        this.#piped.push({ work, toMessage: toMessage as Piped<Msg>['toMessage'] });
      },
      stop: (reason = normal) => record({ verb: 'stop', reason }),
    };
    this.ctx = verbs as Ctx<Msg>;
  }

  /** What was recorded since the last look, in order. */
  take(): Effect<Msg>[] {
    return this.#effects.splice(0);
  }

  /** Forgets what was recorded, as the kernel does with a turn that crashed. */
  discard(): void {
    this.take();
  }

  /** Requests whose answer was kept for later, and has not come. */
  get unanswered(): readonly unknown[] {
    return this.#deferred;
  }

  /** Keys of timers that are set. */
  get timers(): readonly string[] {
    return [...this.#timers.keys()];
  }

  /** The message that the oldest open ask of this target becomes when it is answered so. @throws when there is none */
  answer(to: Name<never> | string, value: unknown): Msg {
    return this.#outcome(to, { ok: true, value: value as never });
  }

  /** As `answer`, for an ask that came to nothing. */
  fail(to: Name<never> | string, reason: AskFailure): Msg {
    return this.#outcome(to, { ok: false, reason });
  }

  /** The message that the oldest piped work becomes, once it has ended. @throws when there is none */
  async piped(): Promise<Msg> {
    const first = this.#piped.shift();
    if (first === undefined) throw new Error('nothing was piped');
    return first.toMessage(await settled(first.work));
  }

  /** Lets time pass. @returns the messages of the timers that fell due, in their order */
  advance(ms: number): Msg[] {
    this.time.advance(ms);
    return this.#due.splice(0);
  }

  #outcome(to: Name<never> | string, outcome: AskOutcome<never>): Msg {
    const at = typeof to === 'string' ? to : to.name;
    const place = this.#asked.findIndex((asked) => asked.to === at);
    const [asked] = place < 0 ? [] : this.#asked.splice(place, 1);
    if (asked === undefined) throw new Error(`nothing was asked of ${at}`);
    return asked.toMessage(outcome);
  }

  #arm(key: string, delayMs: number, message: Msg, repeats: boolean): void {
    const token = this.time.alarm.set(delayMs, () => {
      this.#timers.delete(key);
      this.#due.push(message);
      if (repeats) this.#arm(key, delayMs, message, true);
    });
    this.#timers.set(key, token);
  }

  #clear(key: string): boolean {
    this.time.alarm.clear(this.#timers.get(key));
    return this.#timers.delete(key);
  }
}

export const recording = <Msg>(options?: RecordingOptions): Recording<Msg> => new Recording<Msg>(options);

/** A target that is there and takes everything: what a test puts where an actor expects a ref. */
export const fakeRef = <Msg>(path: string): Ref<Msg> => ({
  path,
  alive: true,
  tell: () => 'accepted',
  offer: () => Promise.resolve('accepted'),
});

function labelOf(target: object): string {
  const { name, path } = target as { readonly name?: string; readonly path?: string };
  return name ?? path ?? 'nobody';
}

const settled = (work: Promise<unknown>): Promise<Settled<unknown>> =>
  work.then(
    (value) => ({ ok: true, value }),
    (error: unknown) => ({ ok: false, error }),
  );
