/** Rows 140 and 141: random trees with failures in every hook, in a random order of turns, come to rest. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { kill, supervisor } from '../../../runtime/index.js';
import type { ChildSpec, Restart, Shutdown, Strategy, TreeInfo } from '../../../runtime/index.js';
import { System } from '../../../runtime/system.js';
import { SimulationHost } from '../../../runtime/testing/simulation-host.js';
import { boom, gate, refOf, scripted, settled, step } from './scripted.js';

type Fault = 'none' | 'throws' | 'rejects' | 'hangs';

interface Leaf {
  readonly restart: Restart;
  readonly shutdownMs: Shutdown;
  readonly traps: boolean;
  /** Faults of the second and later inits, of the terminate hook, and of children of its own. */
  readonly init: Fault;
  readonly terminate: Fault;
  readonly children: number;
}

interface Node {
  readonly strategy: Strategy;
  readonly intensity: number;
  readonly restart: Restart;
  readonly children: readonly (Leaf | Node)[];
}

const fault = fc.constantFrom<Fault>('none', 'none', 'none', 'throws', 'rejects', 'hangs');
const restart = fc.constantFrom<Restart>('permanent', 'permanent', 'transient', 'temporary');
const leaf: fc.Arbitrary<Leaf> = fc.record({
  restart,
  shutdownMs: fc.constantFrom<Shutdown>(5, 50, 'brutal_kill'),
  traps: fc.boolean(),
  init: fault,
  terminate: fault,
  children: fc.nat(2),
});
const node: fc.Arbitrary<Node> = fc.letrec<{ node: Node; child: Leaf | Node }>((tie) => ({
  child: fc.oneof({ maxDepth: 2 }, leaf, leaf, tie('node')),
  node: fc.record({
    strategy: fc.constantFrom<Strategy>('one_for_one', 'one_for_all', 'rest_for_one'),
    intensity: fc.nat(3),
    restart,
    children: fc.array(tie('child'), { minLength: 1, maxLength: 4 }),
  }),
})).node;

const act = fc.record({
  /** What happens to which of the actors that exist then. */
  what: fc.constantFrom(
    'boom',
    'late',
    'kill',
    'stop',
    'hang',
    'suspend',
    'resume',
    'mail',
    'pass',
    'kill supervisor',
  ),
  whom: fc.nat(),
  ms: fc.nat(100),
});

function fail(how: Fault): unknown {
  if (how === 'throws') throw new Error('hook');
  if (how === 'rejects') return Promise.reject(new Error('hook, later'));
  return how === 'hangs' ? gate().promise : undefined;
}

function made(spec: Leaf | Node, id: string): ChildSpec {
  if ('strategy' in spec) {
    const { strategy, intensity, restart: again, children } = spec;
    const options = { strategy, intensity, periodMs: 1_000, restart: again };
    return supervisor(
      id,
      options,
      children.map((inner, at) => made(inner, `${id}${at}`)),
    );
  }
  return scripted(
    id,
    {
      init: (ctx, life) => {
        ctx.trapExits(spec.traps);
        for (let i = 0; i < spec.children; i++)
          ctx.spawn(scripted(`own${i}`, { init: (own) => own.trapExits(spec.traps) }, { shutdownMs: 20 }));
        return life > 1 ? fail(spec.init) : undefined;
      },
      signal: () => undefined,
      terminate: () => fail(spec.terminate) as Promise<void>,
    },
    { restart: spec.restart, shutdownMs: spec.shutdownMs, startMs: 40, mailbox: { capacity: 5 } },
  );
}

const flat = (info: TreeInfo): readonly TreeInfo[] => [info, ...info.children.flatMap(flat)];

async function live(
  root: Node,
  acts: readonly { what: string; whom: number; ms: number }[],
  seed: number,
): Promise<string[]> {
  const host = new SimulationHost({ seed, order: 'seeded' });
  const story: string[] = [];
  const subscribers = [
    (event: { type: string; path?: string | undefined }) => {
      story.push(`${host.nowMs} ${event.type} ${event.path ?? ''}`);
    },
  ];
  const system = await settled(host, System.start(made(root, 'r'), { host, subscribers }));
  for (const { what, whom, ms } of acts) {
    const all = flat(system.tree());
    const actors = all.filter(({ type, status }) => type === 'worker' && status !== 'gone');
    const { path } = (what === 'kill supervisor' ? all : actors)[whom % Math.max(1, actors.length)] ?? {};
    if (what === 'pass') await host.advance(ms);
    else if (path !== undefined && system.find(path) !== undefined) {
      const ref = refOf(system, path);
      if (what === 'kill' || what === 'kill supervisor') system.exit(ref, kill);
      else if (what === 'suspend' || what === 'resume') system[what](ref);
      else if (what === 'boom') ref.tell(boom());
      else if (what === 'late') ref.tell(step('late', () => Promise.reject(new Error('late'))));
      else if (what === 'hang') ref.tell(step('hang', () => gate().promise));
      else if (what === 'stop') ref.tell(step('stop', (ctx) => ctx.stop()));
      else ref.tell(step('mail'));
    }
    host.run();
  }
  // Liveness: with no more faults from outside, all of it rests in bounded time.
  await host.advance(10_000);
  const busy = new Set(story.filter((line) => line.includes(' orphaned ')).map((line) => line.split(' ')[2]));
  for (const { path, status, type, mailbox, children } of flat(system.tree())) {
    expect(['running', 'suspended', 'down']).toContain(status);
    if (type === 'supervisor' && status === 'down')
      expect(children.map((inner) => inner.status).filter((at) => at === 'running')).toEqual([]);
    if (status === 'down') expect({ path, depth: mailbox?.depth ?? 0 }).toEqual({ path, depth: 0 });
    if (status === 'running' && (mailbox?.depth ?? 0) > 0)
      expect([path, 'waits behind a handler that hangs']).toBeDefined();
  }
  const stopping = system.stop({ drainMs: 10 });
  await host.advance(100_000);
  const report = await stopping;
  for (const orphan of report.orphans)
    expect(busy.has(orphan) || story.some((line) => line.endsWith(`orphaned ${orphan}`))).toBe(true);
  expect(story.filter((line) => line.includes('kernel_error'))).toEqual([]);
  expect(system.census()).toMatchObject({ processes: 0, names: 0, timers: 0, asks: 0, asyncTurns: 0 });
  expect(host.places).toEqual([]);
  expect(host.holds).toBe(0);
  return story;
}

test('hazard 141: a random tree with failures in every hook comes to rest: no zombie, no leak, and its stop resolves', async () => {
  await fc.assert(
    fc.asyncProperty(node, fc.array(act, { maxLength: 30 }), fc.integer(), async (root, acts, seed) => {
      await live({ ...root, intensity: root.intensity + 2, restart: 'permanent' }, acts, seed);
    }),
    { numRuns: 200 },
  );
});

test('hazard 140: equal seeds give equal stories, and the seed decides the order of turns', async () => {
  const [tree] = fc.sample(node, { seed: 7, numRuns: 1 });
  const acts = fc.sample(act, { seed: 7, numRuns: 30 });
  if (tree === undefined) throw new Error('no sample');
  const stories = await Promise.all([1, 1, 2].map((seed) => live(tree, acts, seed)));
  expect(stories[0]).toEqual(stories[1]);
  const orders = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const host = new SimulationHost({ seed, order: 'seeded' });
    const log: string[] = [];
    const root = supervisor(
      'root',
      { strategy: 'one_for_one', intensity: 1, periodMs: 1 },
      ['a', 'b', 'c'].map((id) => scripted(id, { log })),
    );
    const system = await settled(host, System.start(root, { host }));
    for (const id of ['a', 'b', 'c']) refOf(system, `root/${id}`).tell(step(id));
    host.run();
    orders.add(log.join(''));
  }
  expect(orders.size).toBe(6);
});
