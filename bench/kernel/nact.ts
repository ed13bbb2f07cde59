import * as nactLibrary from 'nact';
import { BURST, expectCount, IN_FLIGHT, RING } from './contender.js';
import type { Contender, Stopwatch } from './contender.js';

/** A nact reference; its own types know nothing of messages. */
interface Ref<Msg> {
  readonly path: unknown;
  readonly accepts?: (message: Msg) => void;
}

interface Nact {
  readonly start: (options: { readonly name: string }) => Ref<never>;
  readonly spawn: <Msg>(
    parent: Ref<never>,
    behavior: (state: number, message: Msg, ctx: { readonly self: Ref<Msg> }) => number,
    name: string,
    properties: { readonly initialState: number },
  ) => Ref<Msg>;
  readonly dispatch: <Msg>(to: Ref<Msg>, message: Msg) => void;
  readonly query: <Msg, Answer>(
    to: Ref<Msg>,
    request: (sender: Ref<Answer>) => Msg,
    timeoutMs: number,
  ) => Promise<Answer>;
  readonly stop: (ref: Ref<never>) => void;
}

const { start, spawn: spawnActor, dispatch, query, stop } = nactLibrary as unknown as Nact;

let systems = 0;
const system = (): Ref<never> => start({ name: `bench-${++systems}` });

/** Calls back at the `target`th call. */
function meter(target: number): { readonly hit: () => number; readonly done: Promise<void> } {
  let total = 0;
  let resolve: () => void = () => undefined;
  const done = new Promise<void>((reached) => {
    resolve = reached;
  });
  return {
    hit: () => {
      if (++total === target) resolve();
      return total;
    },
    done,
  };
}

const actor = <Msg>(
  parent: Ref<never>,
  name: string,
  handle: (message: Msg, self: Ref<Msg>) => void,
): Ref<Msg> =>
  spawnActor<Msg>(
    parent,
    (state, message, ctx) => {
      handle(message, ctx.self);
      return state;
    },
    name,
    { initialState: 0 },
  );

async function flood(messages: number, watch: Stopwatch): Promise<void> {
  const root = system();
  const seen = meter(messages);
  const sink = actor<number>(root, 'sink', () => void seen.hit());
  watch.start();
  for (let index = 0; index < messages; index++) dispatch(sink, index);
  await seen.done;
  watch.stop();
  stop(root);
}

async function bursts(messages: number, watch: Stopwatch): Promise<void> {
  const root = system();
  let total = 0;
  let burst = meter(BURST);
  const sink = actor<number>(root, 'sink', () => {
    total++;
    burst.hit();
  });
  watch.start();
  for (let sent = 0; sent < messages; sent += BURST) {
    burst = meter(BURST);
    for (let index = 0; index < BURST; index++) dispatch(sink, index);
    await burst.done;
  }
  watch.stop();
  stop(root);
  expectCount('nact', messages, total);
}

async function pingPong(messages: number, watch: Stopwatch): Promise<void> {
  const root = system();
  const seen = meter(messages);
  interface Ball {
    readonly from: Ref<Ball>;
  }
  const player = (name: string): Ref<Ball> =>
    actor<Ball>(root, name, (ball, self) => {
      if (seen.hit() < messages) dispatch(ball.from, { from: self });
    });
  const [a, b] = [player('a'), player('b')];
  watch.start();
  dispatch(a, { from: b });
  await seen.done;
  watch.stop();
  stop(root);
}

async function ring(messages: number, watch: Stopwatch): Promise<void> {
  const root = system();
  const seen = meter(messages);
  const refs: Ref<number>[] = [];
  for (let index = 0; index < RING; index++)
    refs.push(
      actor<number>(root, `n${index}`, (hops) => {
        seen.hit();
        const next = refs[(index + 1) % RING];
        if (hops > 1 && next !== undefined) dispatch(next, hops - 1);
      }),
    );
  const [first] = refs;
  watch.start();
  if (first !== undefined) dispatch(first, messages);
  await seen.done;
  watch.stop();
  stop(root);
}

async function asks(messages: number, inFlight: number, watch: Stopwatch): Promise<void> {
  const root = system();
  let served = 0;
  const server = actor<{ sender: Ref<number> }>(root, 'server', ({ sender }) => {
    dispatch(sender, ++served);
  });
  let left = messages;
  let answered = 0;
  const ask = async (): Promise<void> => {
    while (left-- > 0) {
      // nact's reply addresses are random and can collide, and then an answer goes astray: it is asked for again.
      try {
        await query(server, (sender: Ref<number>) => ({ sender }), 1_000);
        answered++;
      } catch {
        left++;
      }
    }
  };
  watch.start();
  await Promise.all(Array.from({ length: inFlight }, ask));
  watch.stop();
  stop(root);
  expectCount('nact', messages, answered);
}

async function spawn(actors: number, watch: Stopwatch): Promise<void> {
  const root = system();
  const boss = actor<number>(root, 'boss', () => undefined);
  let stopped = 0;
  watch.start();
  for (let spawned = 0; spawned < actors; spawned += 100) {
    const children = Array.from({ length: 100 }, (_unused, index) =>
      actor<number>(boss, `c${spawned + index}`, () => undefined),
    );
    for (const one of children) stop(one);
    stopped += children.length;
    await new Promise((resolve) => setImmediate(resolve));
  }
  watch.stop();
  stop(root);
  expectCount('nact', actors, stopped);
}

export const nact: Contender = {
  name: 'nact',
  share: 0.2,
  rounds: {
    flood,
    bursts,
    pingPong,
    ring,
    askOne: (messages, watch) => asks(messages, 1, watch),
    askMany: (messages, watch) => asks(messages, IN_FLIGHT, watch),
    spawn,
  },
};
