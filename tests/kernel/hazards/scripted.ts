import { child, supervisor } from '../../../runtime/index.js';
import type {
  ActorSpec,
  ChildSpec,
  Ctx,
  DeadLetter,
  KernelEvent,
  Ref,
  Replies,
  Signal,
  SupervisorOptions,
  SystemOptions,
} from '../../../runtime/index.js';
import { System } from '../../../runtime/system.js';
import { SimulationHost } from '../../../runtime/testing/simulation-host.js';
import type { SimulationOptions } from '../../../runtime/testing/simulation-host.js';

/** A message that says itself what handling it does, so that each test reads as one script. */
export type Step = { type: string; run?: (ctx: Ctx<Step>, count: number) => unknown } & Replies<unknown>;

export const step = (type: string, run?: (ctx: Ctx<Step>, count: number) => unknown): Step =>
  run === undefined ? { type } : { type, run };

export const boom = (type = 'boom'): Step =>
  step(type, () => {
    throw new Error(type);
  });

export interface Script {
  init?: (ctx: Ctx<Step>, life: number) => unknown;
  signal?: (signal: Signal, ctx: Ctx<Step>) => unknown;
  terminate?: (ctx: Ctx<Step>) => void | Promise<void>;
  /** What was handled, as `type` in order. */
  log?: string[];
}

type Options = Partial<Omit<ActorSpec<number, Step, null>, 'behavior' | 'args' | 'id'>>;

/** An actor whose state is the number of messages that this incarnation has handled. */
export function scripted(id: string, script: Script = {}, options: Options = {}): ChildSpec<Step> {
  let life = 0;
  return child<number, Step, null>({
    id,
    behavior: {
      init(_args, ctx) {
        const made = script.init?.(ctx, ++life);
        return made instanceof Promise ? made.then(() => 0) : 0;
      },
      handle(count, message, ctx) {
        const done = message.run?.(ctx, count);
        const after = (): number => {
          script.log?.push(message.type);
          return count + 1;
        };
        return done instanceof Promise ? done.then(after) : after();
      },
      ...(script.signal === undefined
        ? {}
        : {
            signal(count: number, signal: Signal, ctx: Ctx<Step>) {
              const done = script.signal?.(signal, ctx);
              return done instanceof Promise ? done.then(() => count) : count;
            },
          }),
      ...(script.terminate === undefined
        ? {}
        : { terminate: (_count: number, _reason: unknown, ctx: Ctx<Step>) => script.terminate?.(ctx) }),
    },
    args: null,
    mailbox: { capacity: 1_000 },
    ...options,
  });
}

export interface World {
  readonly host: SimulationHost;
  readonly system: System;
  readonly events: KernelEvent[];
  /** The actor at `root/…`. */
  readonly ref: (path: string) => Ref<Step>;
  /** Events of these types, each as one short text. */
  readonly story: (...types: KernelEvent['type'][]) => readonly string[];
}

/** A tree on virtual time under a supervisor `root` that restarts one for one, five times a minute. */
export async function world(
  children: readonly ChildSpec[],
  {
    supervision = {},
    simulation = {},
    system: more = {},
  }: {
    readonly supervision?: Partial<SupervisorOptions>;
    readonly simulation?: SimulationOptions;
    readonly system?: Partial<SystemOptions>;
  } = {},
): Promise<World> {
  const host = more.host instanceof SimulationHost ? more.host : new SimulationHost(simulation);
  const events: KernelEvent[] = [];
  const root = supervisor(
    'root',
    { strategy: 'one_for_one', intensity: 5, periodMs: 60_000, ...supervision },
    children,
  );
  const subscribers = [(event: KernelEvent) => void events.push(event)];
  const system = await settled(host, System.start(root, { subscribers, ...more, host }));
  return {
    host,
    system,
    events,
    ref: (path) => refOf(system, `root/${path}`),
    story: (...types) => events.filter(({ type }) => types.includes(type)).map(told),
  };
}

export function refOf(system: System, path: string): Ref<Step> {
  const ref = system.find(path);
  if (ref === undefined) throw new Error(`nothing at ${path}`);
  return ref as Ref<Step>;
}

/** Waits for a promise while everything that is due runs. */
export async function settled<T>(host: SimulationHost, promise: Promise<T>): Promise<T> {
  void promise.catch(() => undefined);
  await host.settle();
  return promise;
}

/** Dead letters as `reason type`, oldest first. */
export const lettersOf = (system: System): readonly string[] =>
  system.deadLetters().map((letter) => `${letter.reason} ${typeOf(letter)}`);

export const typeOf = (letter: DeadLetter): string => (letter.message as { type: string }).type;

function told(event: KernelEvent): string {
  switch (event.type) {
    case 'dead_letter':
      return `dead_letter ${event.letter.reason} ${typeOf(event.letter)}`;
    case 'started':
      return `started ${event.path} ${event.handle.incarnation}`;
    case 'exited':
      return `exited ${event.path} ${event.handle.incarnation} ${event.reason.kind}`;
    case 'kernel_error':
      return `kernel_error ${event.path ?? ''}`;
    case 'restarting':
      return `restarting ${event.path} ${event.delayMs}`;
    default:
      return `${event.type} ${event.path}`;
  }
}

/** A promise with its ends in hand, for handlers that wait as long as the test wants. */
export function gate(): {
  readonly open: () => void;
  readonly break: (error: Error) => void;
  readonly promise: Promise<void>;
} {
  let open: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { open: () => open(), break: (error) => fail(error), promise };
}
