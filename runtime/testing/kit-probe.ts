import { child } from '../../actors/kernel/actor-spec.js';
import type { Ctx, Ref, ReplyTo } from '../../actors/kernel/behavior.js';
import type { Alarm } from '../../actors/kernel/capabilities.js';
import type { ChildSpec } from '../../actors/kernel/child-spec.js';
import { describeError } from '../../protocols/exit-reason.js';
import type { Name, Replies } from '../../protocols/name.js';
import { nodeCapabilities } from '../node/capabilities.js';

/** Virtual time that somebody has to move: a `SimulationHost`. */
export interface VirtualTime {
  advance(ms: number): Promise<void>;
}

export interface ProbeOptions<Msg> {
  /** @defaultValue 'probe' */
  readonly id?: string;
  readonly name?: Name<Msg>;
  /** Messages that may wait to be expected; more are refused. @defaultValue 1024 */
  readonly capacity?: number;
  /** Whose time expectations let pass. @defaultValue the real one */
  readonly time?: VirtualTime;
}

interface Typed {
  readonly type: string;
}

interface Received<Msg> {
  readonly message: Msg;
  readonly to: ReplyTo<unknown>;
}

type Inner<Msg> = Msg | Answer;

/** How a reply of the test gets into a turn, without the reach of any message. */
class Answer {
  constructor(
    readonly to: ReplyTo<unknown>,
    readonly value: unknown,
  ) {}
}

/** An expectation that was not met; says what came instead. */
export class ProbeFailure extends Error {
  override readonly name = 'ProbeFailure';
}

/** An actor that stands where another one would, for a test to see what it is sent, and to answer. */
export class Probe<Msg extends Typed> {
  /** Its place in a tree. */
  readonly spec: ChildSpec<Msg>;
  readonly #time: VirtualTime | undefined;
  readonly #alarm: Alarm = nodeCapabilities.alarm;
  readonly #inbox: Received<Msg>[] = [];
  #self: Ref<Inner<Msg>> | undefined;
  #last: Received<Msg> | undefined;
  #arrived: () => void = () => undefined;

  constructor(options: ProbeOptions<Msg> = {}) {
    const { id = 'probe', name, capacity = 1_024, time } = options;
    this.#time = time;
    const spec = child<null, Inner<Msg>, null>({
      id,
      behavior: {
        init: (_, ctx) => {
          this.#self = ctx.self;
          return null;
        },
        handle: (_, message, ctx) => this.#take(message, ctx),
      },
      args: null,
      ...(name === undefined ? {} : { name: name as Name<never> as Name<Inner<Msg>> }),
      mailbox: { capacity },
    });
    this.spec = spec;
  }

  /** For whoever is to be told of it. @throws before the probe has been started */
  get ref(): Ref<Msg> {
    if (this.#self === undefined) throw new Error('the probe has not been started');
    return this.#self;
  }

  /** What has come and was not expected yet, oldest first. */
  get waiting(): readonly Msg[] {
    return this.#inbox.map(({ message }) => message);
  }

  /** The next message, which must be of this type. @throws ProbeFailure when it is another, or none within `withinMs` */
  async expect<Type extends Msg['type']>(
    type: Type,
    withinMs = 1_000,
  ): Promise<Extract<Msg, { type: Type }>> {
    const next = await this.#next(withinMs);
    if (next === undefined) throw new ProbeFailure(`expected ${type} within ${withinMs} ms, nothing came`);
    if (next.message.type !== type)
      throw new ProbeFailure(`expected ${type}, got ${describeError(next.message)}`);
    return next.message as Extract<Msg, { type: Type }>;
  }

  /** As `expect`, passing over messages of other types. */
  async fish<Type extends Msg['type']>(type: Type, withinMs = 1_000): Promise<Extract<Msg, { type: Type }>> {
    const passed: string[] = [];
    for (;;) {
      const next = await this.#next(withinMs);
      if (next === undefined)
        throw new ProbeFailure(
          `expected ${type} within ${withinMs} ms of the last message, passed ${passed.join(', ') || 'none'}`,
        );
      if (next.message.type === type) return next.message as Extract<Msg, { type: Type }>;
      passed.push(next.message.type);
    }
  }

  /** @throws ProbeFailure when something waits already, or comes within `forMs` */
  async expectNothing(forMs: number): Promise<void> {
    const next = await this.#next(forMs);
    if (next !== undefined) throw new ProbeFailure(`expected nothing, got ${describeError(next.message)}`);
  }

  /** Answers the message that was expected last; nothing happens when that was told, not asked. */
  reply<Request extends Replies<unknown>>(
    _request: Request,
    value: Request extends Replies<infer R> ? R : never,
  ): void {
    if (this.#last === undefined) throw new Error('nothing has been expected that could be answered');
    this.#self?.tell(new Answer(this.#last.to, value));
  }

  #take(message: Inner<Msg>, ctx: Ctx<Inner<Msg>>): null {
    if (message instanceof Answer) ctx.replyTo(message.to, message.value);
    else {
      this.#inbox.push({ message, to: ctx.deferReply(message as Replies<unknown>) });
      this.#arrived();
    }
    return null;
  }

  async #next(withinMs: number): Promise<Received<Msg> | undefined> {
    if (this.#inbox.length === 0)
      await (this.#time === undefined ? this.#wait(withinMs) : this.#pass(withinMs));
    const next = this.#inbox.shift();
    if (next !== undefined) this.#last = next;
    return next;
  }

  #wait(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const token = this.#alarm.set(withinMs, resolve);
      this.#arrived = () => {
        this.#alarm.clear(token);
        resolve();
      };
    });
  }

  /** Step by step, so that no more time passes than is needed. */
  async #pass(withinMs: number): Promise<void> {
    await this.#time?.advance(0);
    for (let passed = 0; passed < withinMs && this.#inbox.length === 0; passed++)
      await this.#time?.advance(Math.min(1, withinMs - passed));
  }
}

export const probe = <Msg extends Typed>(options?: ProbeOptions<Msg>): Probe<Msg> => new Probe(options);
