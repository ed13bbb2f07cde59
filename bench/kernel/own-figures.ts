import { child, startTree, supervisor } from '../../runtime/index.js';
import type { ChildSpec, Ref, System } from '../../runtime/index.js';
import { median } from '../statistics.js';
import { table } from '../table.js';

const root = (children: readonly ChildSpec[], intensity = 3): ChildSpec =>
  supervisor('root', { strategy: 'one_for_one', intensity, periodMs: 60_000 }, children);

const refOf = <Msg>(system: System, path: string): Ref<Msg> => {
  const ref = system.find(path);
  if (ref === undefined) throw new Error(`no actor at ${path}`);
  return ref as Ref<Msg>;
};

/** From the throw of a crashing handler to the next message handled by the next incarnation, report included. */
async function crashToNextUs(): Promise<number> {
  const crashes = 2_000;
  const times: number[] = [];
  let thrownMs = 0;
  let wake: () => void = () => undefined;
  const fragile = child<undefined, 'crash' | 'work', undefined>({
    id: 'fragile',
    args: undefined,
    behavior: {
      init: () => undefined,
      handle(state, message) {
        if (message === 'work') {
          times.push((performance.now() - thrownMs) * 1_000);
          wake();
          return state;
        }
        thrownMs = performance.now();
        throw new Error('crash');
      },
    },
    mailbox: { capacity: 16 },
  });
  let reports = 0;
  const system = await startTree(root([fragile], crashes), {
    subscribers: [
      (event) => {
        if (event.type === 'crashed') reports++;
      },
    ],
  });
  const ref = refOf<'crash' | 'work'>(system, 'root/fragile');
  for (let crash = 0; crash < crashes; crash++) {
    const handled = new Promise<void>((resolve) => {
      wake = resolve;
    });
    ref.tell('crash');
    ref.tell('work');
    await handled;
  }
  await system.stop();
  if (times.length !== crashes || reports !== crashes)
    throw new Error(`expected ${crashes} crashes, saw ${reports}`);
  return median(times.slice(crashes / 2));
}

const idle = { init: () => undefined, handle: () => undefined };

const idler = (id: string): ChildSpec =>
  child({ id, args: undefined, behavior: idle, mailbox: { capacity: 16 } });

async function idleBytes(): Promise<number | undefined> {
  if (globalThis.gc === undefined) return undefined;
  const actors = 20_000;
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  const system = await startTree(
    root(Array.from({ length: actors }, (_unused, index) => idler(`a${index}`))),
    { subscribers: [] },
  );
  globalThis.gc();
  const bytes = (process.memoryUsage().heapUsed - before) / actors;
  await system.stop();
  return bytes;
}

/** A parent's message rate with 10,000 children, as a share of its rate with none. */
async function parentWithChildren(): Promise<number> {
  const messages = 100_000;
  const rate = async (children: number): Promise<number> => {
    let seen = 0;
    let done: () => void = () => undefined;
    const all = new Promise<void>((resolve) => {
      done = resolve;
    });
    const boss = child<undefined, 'spawn' | 'work', undefined>({
      id: 'boss',
      args: undefined,
      behavior: {
        init: () => undefined,
        handle(state, message, ctx) {
          if (message === 'spawn')
            for (let index = 0; index < children; index++) ctx.spawn(idler(`c${index}`));
          else if (++seen === messages) done();
          return state;
        },
      },
      mailbox: { capacity: messages + 1 },
    });
    const system = await startTree(root([boss]), { subscribers: [] });
    const ref = refOf<'spawn' | 'work'>(system, 'root/boss');
    ref.tell('spawn');
    await system.quiescent();
    const startMs = performance.now();
    for (let index = 0; index < messages; index++) ref.tell('work');
    await all;
    const perMs = messages / (performance.now() - startMs);
    await system.stop();
    return perMs;
  };
  const ratios: number[] = [];
  for (let round = 0; round < 5; round++) ratios.push((await rate(10_000)) / (await rate(0)));
  return median(ratios);
}

/** How much later a 1 ms timer rings under a full run queue than when nothing else happens: p99.9, in ms. */
async function timerLagMs(): Promise<number> {
  const lags = async (load: boolean): Promise<number> => {
    const seen: number[] = [];
    type Ball = { readonly to: Ref<Ball> };
    const player = (id: string): ChildSpec =>
      child<undefined, Ball, undefined>({
        id,
        args: undefined,
        behavior: {
          init: () => undefined,
          handle(state, ball, ctx) {
            ctx.tell(ball.to, { to: ctx.self });
            return state;
          },
        },
        mailbox: { capacity: 4 },
      });
    const system = await startTree(root([player('a'), player('b')]), { subscribers: [] });
    const [a, b] = [refOf<Ball>(system, 'root/a'), refOf<Ball>(system, 'root/b')];
    if (load) a.tell({ to: b });
    for (let ring = 0; ring < 1_000; ring++) {
      const setMs = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 1));
      seen.push(performance.now() - setMs);
    }
    await system.stop();
    return seen.sort((left, right) => left - right)[998] ?? NaN;
  };
  const idle = await lags(false);
  return (await lags(true)) - idle;
}

/** The figures that are ours alone, each beside what is wanted of it. */
export async function ownFigures(): Promise<string> {
  const crashUs = await crashToNextUs();
  const bytes = await idleBytes();
  const parent = await parentWithChildren();
  const lagMs = await timerLagMs();
  return table(
    ['figure of holdfast', 'measured', 'wanted'],
    [
      ['crash to next message handled, median us', crashUs.toFixed(1), '<= 15'],
      [
        'bytes an idle actor, nact included',
        bytes === undefined ? 'needs node --expose-gc' : bytes.toFixed(0),
        '<= 2000',
      ],
      ['messages of a parent of 10,000, share of a childless one', parent.toFixed(2), 'about 1'],
      ['1 ms timer under full load, later at p99.9, ms', lagMs.toFixed(1), '<= 10'],
    ],
  );
}
