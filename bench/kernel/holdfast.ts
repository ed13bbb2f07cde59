import { child, startTree, supervisor } from '../../runtime/index.js';
import type { Behavior, ChildSpec, Ref, Replies, System } from '../../runtime/index.js';
import { BURST, expectCount, IN_FLIGHT, RING } from './contender.js';
import type { Contender, Stopwatch } from './contender.js';

/** Everything is on: bounds, atomic turns, supervision, counters. Only the log listens to nothing. */
const start = (children: readonly ChildSpec[]): Promise<System> =>
  startTree(supervisor('root', { strategy: 'one_for_one', intensity: 3, periodMs: 5_000 }, children), {
    subscribers: [],
  });

const actor = <State, Msg>(
  id: string,
  capacity: number,
  init: () => State,
  handle: Behavior<State, Msg, undefined>['handle'],
): ChildSpec => child({ id, args: undefined, behavior: { init, handle }, mailbox: { capacity } });

const refOf = <Msg>(system: System, path: string): Ref<Msg> => {
  const ref = system.find(path);
  if (ref === undefined) throw new Error(`no actor at ${path}`);
  return ref as Ref<Msg>;
};

/** A promise for a count to be reached, and the counter. */
function counter(target: number): {
  readonly count: () => void;
  readonly reached: Promise<void>;
  total: () => number;
} {
  let total = 0;
  let resolve: () => void = () => undefined;
  const reached = new Promise<void>((done) => {
    resolve = done;
  });
  return {
    count: () => {
      if (++total === target) resolve();
    },
    reached,
    total: () => total,
  };
}

async function flood(messages: number, watch: Stopwatch): Promise<void> {
  const seen = counter(messages);
  const system = await start([
    actor(
      'sink',
      messages,
      () => undefined,
      () => seen.count(),
    ),
  ]);
  const sink = refOf<number>(system, 'root/sink');
  watch.start();
  for (let index = 0; index < messages; index++) sink.tell(index);
  await seen.reached;
  watch.stop();
  await system.stop();
  expectCount('holdfast', messages, seen.total());
}

async function bursts(messages: number, watch: Stopwatch): Promise<void> {
  let total = 0;
  let burst = counter(BURST);
  const system = await start([
    actor(
      'sink',
      2 * BURST,
      () => undefined,
      () => {
        total++;
        burst.count();
      },
    ),
  ]);
  const sink = refOf<number>(system, 'root/sink');
  watch.start();
  for (let sent = 0; sent < messages; sent += BURST) {
    burst = counter(BURST);
    for (let index = 0; index < BURST; index++) sink.tell(index);
    await burst.reached;
  }
  watch.stop();
  await system.stop();
  expectCount('holdfast', messages, total);
}

interface Ball {
  readonly from: Ref<Ball>;
}

async function pingPong(messages: number, watch: Stopwatch): Promise<void> {
  const seen = counter(messages);
  const player = (id: string): ChildSpec =>
    actor<undefined, Ball>(
      id,
      4,
      () => undefined,
      (_state, ball, ctx) => {
        seen.count();
        if (seen.total() < messages) ctx.tell(ball.from, { from: ctx.self });
        return undefined;
      },
    );
  const system = await start([player('a'), player('b')]);
  watch.start();
  refOf<Ball>(system, 'root/a').tell({ from: refOf<Ball>(system, 'root/b') });
  await seen.reached;
  watch.stop();
  await system.stop();
  expectCount('holdfast', messages, seen.total());
}

async function ring(messages: number, watch: Stopwatch): Promise<void> {
  const seen = counter(messages);
  const refs: Ref<number>[] = [];
  const node = (index: number): ChildSpec =>
    actor<undefined, number>(
      `n${index}`,
      4,
      () => undefined,
      (_state, hops, ctx) => {
        seen.count();
        const next = refs[(index + 1) % RING];
        if (hops > 1 && next !== undefined) ctx.tell(next, hops - 1);
        return undefined;
      },
    );
  const system = await start(Array.from({ length: RING }, (_unused, index) => node(index)));
  for (let index = 0; index < RING; index++) refs.push(refOf<number>(system, `root/n${index}`));
  watch.start();
  refs[0]?.tell(messages);
  await seen.reached;
  watch.stop();
  await system.stop();
  expectCount('holdfast', messages, seen.total());
}

type Question = { readonly type: 'next' } & Replies<number>;

async function asks(messages: number, inFlight: number, watch: Stopwatch): Promise<void> {
  const system = await start([
    actor<number, Question>(
      'server',
      2 * inFlight,
      () => 0,
      (state, question, ctx) => {
        ctx.reply(question, state + 1);
        return state + 1;
      },
    ),
  ]);
  const server = refOf<Question>(system, 'root/server');
  let left = messages;
  let answered = 0;
  const ask = async (): Promise<void> => {
    while (left-- > 0) {
      const outcome = await system.ask(server, { type: 'next' }, { deadlineMs: 5_000 });
      if (outcome.ok) answered++;
    }
  };
  watch.start();
  await Promise.all(Array.from({ length: inFlight }, ask));
  watch.stop();
  await system.stop();
  expectCount('holdfast', messages, answered);
}

type Order = 'spawn' | 'stop';

/** Spawns and stops a hundred children of an actor at a time, as the nact round does. */
async function spawn(actors: number, watch: Stopwatch): Promise<void> {
  const all = counter(1);
  let stopped = 0;
  const idle = { init: () => undefined, handle: () => undefined };
  const idler = (id: string): ChildSpec =>
    child({ id, args: undefined, restart: 'temporary', behavior: idle, mailbox: { capacity: 16 } });
  const boss = actor<{ readonly spawned: number; readonly children: readonly Ref<never>[] }, Order>(
    'boss',
    4,
    () => ({ spawned: 0, children: [] }),
    (state, order, ctx) => {
      if (order === 'spawn') {
        const children = Array.from({ length: 100 }, (_unused, index) =>
          ctx.spawn(idler(`c${state.spawned + index}`)),
        );
        ctx.tell(ctx.self, 'stop');
        return { spawned: state.spawned + 100, children };
      }
      for (const one of state.children) ctx.stopChild(one);
      stopped += state.children.length;
      if (state.spawned >= actors) all.count();
      else ctx.tell(ctx.self, 'spawn');
      return { spawned: state.spawned, children: [] };
    },
  );
  const system = await start([boss]);
  watch.start();
  refOf<Order>(system, 'root/boss').tell('spawn');
  await all.reached;
  watch.stop();
  await system.quiescent();
  const left = system.census().processes;
  await system.stop();
  expectCount('holdfast', actors, stopped);
  expectCount('holdfast, places left', 2, left);
}

export const holdfast: Contender = {
  name: 'holdfast',
  share: 1,
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
