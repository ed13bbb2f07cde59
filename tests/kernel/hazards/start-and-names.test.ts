/** Rows 1 to 12: starting, names and specs. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  child,
  dynamicSupervisor,
  InvalidSpec,
  name,
  StartFailed,
  supervisor,
} from '../../../runtime/index.js';
import type { Ref, Signal, SupervisorMsg } from '../../../runtime/index.js';
import { System } from '../../../runtime/system.js';
import { SimulationHost } from '../../../runtime/testing/simulation-host.js';
import { boom, gate, lettersOf, scripted, settled, step, world } from './scripted.js';
import type { Step } from './scripted.js';

const failing = () => {
  throw new Error('no start');
};

test('hazard 1: a throwing init leaves no zombie, frees its names, and tells the starter and the watchers', async () => {
  const signals: Signal[] = [];
  const failures: string[] = [];
  const taken = name<Step>('taken');
  const { host, system, ref } = await world([scripted('a', { signal: (signal) => signals.push(signal) })]);
  ref('a').tell(
    step('spawn', (ctx) => {
      const child = ctx.spawn(
        scripted('child', {
          init: (own) => {
            own.register(taken);
            return failing();
          },
        }),
        ({ id, reason }) => step('failed', () => failures.push(`${id} ${reason.kind}`)),
      );
      ctx.tell(child, step('queued'));
      ctx.monitor(child);
    }),
  );
  await host.settle();
  expect(failures).toEqual(['child error']);
  expect(signals).toMatchObject([{ type: 'down', path: 'root/a/child', reason: { kind: 'noproc' } }]);
  expect(lettersOf(system)).toEqual(['stopped queued']);
  expect(system.find('root/a/child')).toBeUndefined();
  expect(system.whereis(taken)).toBeUndefined();
  expect(system.census()).toMatchObject({ names: 0, processes: 2 });
});

test('hazard 1: who watches an init that takes its time and fails gets the Down with its reason', async () => {
  const signals: Signal[] = [];
  const slow = gate();
  const { host, ref } = await world([scripted('a', { signal: (signal) => signals.push(signal) })]);
  ref('a').tell(
    step('spawn', (ctx) => ctx.monitor(ctx.spawn(scripted('child', { init: () => slow.promise })))),
  );
  await host.settle();
  slow.break(new Error('late'));
  await host.settle();
  expect(signals).toMatchObject([{ type: 'down', reason: { kind: 'error', error: { message: 'late' } } }]);
});

test('hazard 1: an init that never settles fails after its start limit', async () => {
  const { host, ref, story } = await world([scripted('a')]);
  const never = scripted('never', { init: () => gate().promise }, { startMs: 500, shutdownMs: 10 });
  ref('a').tell(step('spawn', (ctx) => ctx.spawn(never)));
  await host.advance(499);
  expect(story('start_failed')).toEqual([]);
  await host.advance(1);
  expect(story('start_failed')).toEqual(['start_failed root/a/never']);
  await host.advance(10);
  expect(host.places).toEqual(['root', 'root/a']);
});

test('hazard 2: a failed first start undoes what had started, in reverse order, for every tree and failing place', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.nat(4), async (size, at) => {
      const fails = at % size;
      const ended: string[] = [];
      const host = new SimulationHost();
      const children = Array.from({ length: size }, (_, i) =>
        scripted(
          `c${i}`,
          i === fails
            ? { init: failing }
            : { init: (ctx) => ctx.trapExits(true), terminate: (ctx) => void ended.push(ctx.path) },
        ),
      );
      const root = supervisor('root', { strategy: 'one_for_one', intensity: 3, periodMs: 1_000 }, children);
      await expect(settled(host, System.start(root, { host }))).rejects.toThrow(StartFailed);
      expect(ended).toEqual(Array.from({ length: fails }, (_, i) => `root/c${fails - 1 - i}`));
      expect(host.places).toEqual([]);
      expect(host.holds).toBe(0);
    }),
    { numRuns: 30 },
  );
});

test('hazard 6: a name is free for whoever handles the Down of its holder', async () => {
  const n = name<Step>('n');
  const got: string[] = [];
  const { host, system, ref } = await world([
    scripted('holder', {}, { restart: 'temporary', shutdownMs: 5 }),
    scripted('next', {
      signal: (_signal, ctx) => {
        ctx.register(n);
        ctx.spawn(scripted('child'));
        got.push('registered');
      },
    }),
  ]);
  const holder = ref('holder');
  holder.tell(step('take', (ctx) => ctx.register(n)));
  ref('next').tell(step('watch', (ctx) => ctx.monitor(holder)));
  holder.tell(step('stop', (ctx) => ctx.stop()));
  await host.settle();
  expect(got).toEqual(['registered']);
  expect(system.whereis(n)?.path).toBe('root/next');
});

test('hazard 6: an id is taken from the call of spawn until nothing of its holder is left', async () => {
  const hook = gate();
  const { host, ref, story, system } = await world([scripted('a')]);
  const held = scripted('held', { init: (ctx) => ctx.trapExits(true), terminate: () => hook.promise });
  ref('a').tell(
    step('twice', (ctx) => {
      ctx.spawn(held);
      expect(() => ctx.spawn(held)).toThrow('exists already');
    }),
  );
  await host.settle();
  ref('a').tell(step('stop', (ctx) => ctx.stopChild(ref('a/held'))));
  ref('a').tell(step('again', (ctx) => expect(() => ctx.spawn(held)).toThrow('exists already')));
  await host.settle();
  hook.open();
  await host.settle();
  ref('a').tell(step('now', (ctx) => ctx.spawn(held)));
  await host.settle();
  expect(story('crashed')).toEqual([]);
  expect(system.handle(ref('a/held'))?.alive).toBe(true);
});

test('hazards 7, 9: generated ids stay unique over restarts of their parent, and count in no one but it', async () => {
  const pool = (id: string) =>
    dynamicSupervisor(id, { intensity: 5, periodMs: 60_000 }, () =>
      scripted('made', {}, { restart: 'temporary' }),
    );
  const { host, system, ref } = await world([pool('p'), pool('q')]);
  const paths: string[] = [];
  const start = async (path: string) => {
    const started = await settled(
      host,
      system.startDynamicChild(ref(path) as never as Ref<SupervisorMsg<null>>, null),
    );
    if (started.ok && started.value.ok) paths.push(started.value.handle?.path ?? '');
  };
  await start('p');
  await start('p');
  system.exit(ref('p'), { kind: 'kill' });
  await host.settle();
  await start('p');
  await start('q');
  expect(new Set(paths).size).toBe(4);
  expect(paths[3]?.replace('/q/', '/p/')).toBe(paths[0]);
});

test.each(['a/b', '/', '~1', '', 'x'.repeat(201), 'a\nb', 'a\u0000', 'a\u007f'])(
  'hazard 8: the id %j is refused before any start',
  async (id) => {
    const host = new SimulationHost();
    const root = supervisor('root', { strategy: 'one_for_one', intensity: 1, periodMs: 1 }, [scripted(id)]);
    await expect(System.start(root, { host })).rejects.toThrow(InvalidSpec);
    expect(host.places).toEqual([]);
  },
);

test.each(['', 'a\u0000b', 'x'.repeat(201)])('hazard 8: the name %j is refused', (text) => {
  expect(() => name(text)).toThrow(TypeError);
});

test('hazard 120: names, ids, timer keys and conflation keys such as __proto__ are only text', async () => {
  const log: string[] = [];
  const proto = name<Step>('__proto__');
  const { host, system, ref } = await world([
    scripted(
      '__proto__',
      { log },
      { name: proto, mailbox: { capacity: 9, overflow: 'conflate', key: () => '__proto__' } },
    ),
  ]);
  ref('__proto__').tell(step('constructor', (ctx) => ctx.timer('__proto__', 1, step('ticked'))));
  await host.advance(1);
  expect(log).toEqual(['constructor', 'ticked']);
  expect(system.whereis(proto)?.path).toBe('root/__proto__');
  expect(({} as Record<string, unknown>)['message']).toBeUndefined();
});

/** Each field of a spec with a value that has an effect of its own; `effects` has one test for each. */
const effects: Readonly<Record<string, () => Promise<void>>> = {
  id: async () => expect((await world([scripted('other')])).ref('other').path).toBe('root/other'),
  behavior: () => {
    const wrong = child({ id: 'a', behavior: {} as never, args: null, mailbox: { capacity: 1 } });
    expect(wrong.problem()).toMatch(/^behavior/);
    return Promise.resolve();
  },
  args: async () => {
    const seen: unknown[] = [];
    await world([
      child({
        id: 'a',
        behavior: { init: (args: string) => seen.push(args), handle: (state) => state },
        args: 'given',
        mailbox: { capacity: 1 },
      }),
    ]);
    expect(seen).toEqual(['given']);
  },
  mailbox: async () => {
    const { system, ref } = await world([scripted('a', {}, { mailbox: { capacity: 1 } })]);
    system.suspend(ref('a'));
    expect([ref('a').tell(step('1')), ref('a').tell(step('2'))]).toEqual(['accepted', 'full']);
  },
  restart: async () => {
    const { host, ref, system } = await world([scripted('a', {}, { restart: 'temporary' })]);
    ref('a').tell(boom());
    await host.settle();
    expect(system.find('root/a')).toBeUndefined();
  },
  shutdownMs: async () => {
    const { host, system } = await world([
      scripted(
        'a',
        { init: (ctx) => ctx.trapExits(true), terminate: () => gate().promise },
        { shutdownMs: 77 },
      ),
    ]);
    const stopping = system.stop();
    await host.advance(77);
    await host.advance(77);
    expect(await stopping).toMatchObject({ orphans: ['root/a'] });
  },
  startMs: async () => {
    const host = new SimulationHost();
    const root = scripted('a', { init: () => gate().promise }, { startMs: 33 });
    const starting = System.start(root, { host });
    const failed = expect(starting).rejects.toThrow('33 ms');
    await host.advance(33);
    await failed;
  },
  significant: async () => {
    const { host, ref, system } = await world(
      [scripted('a', {}, { restart: 'transient', significant: true })],
      {
        supervision: { autoShutdown: 'any_significant' },
      },
    );
    ref('a').tell(step('stop', (ctx) => ctx.stop()));
    await host.settle();
    expect(await system.exited).toEqual({ kind: 'shutdown' });
  },
  name: async () => {
    const n = name<Step>('n');
    const { system } = await world([scripted('a', {}, { name: n })]);
    expect(system.whereis(n)?.path).toBe('root/a');
  },
  onRestart: async () => {
    const { host, ref, system } = await world([scripted('a', {}, { onRestart: 'dead_letter' })]);
    ref('a').tell(boom());
    ref('a').tell(step('behind'));
    await host.settle();
    expect(lettersOf(system)).toEqual(['crashed boom', 'stopped behind']);
  },
  attempts: async () => {
    const { host, ref, system } = await world([scripted('a', {}, { attempts: 2 })]);
    ref('a').tell(boom());
    await host.settle();
    expect(system.deadLetters()).toMatchObject([{ attempts: 2 }]);
  },
  backoff: async () => {
    const { host, ref, story } = await world([
      scripted('a', {}, { backoff: { delaysMs: [7], alertAfter: 1 } }),
    ]);
    ref('a').tell(boom());
    await host.settle();
    expect(story('restarting', 'restart_alert')).toEqual(['restart_alert root/a', 'restarting root/a 7']);
  },
};

test.each(Object.keys(effects))(
  'hazard 10: the field %s of a child spec has an effect that can be seen',
  async (field) => {
    await effects[field]?.();
  },
);

test.each([
  ['restart', 'sometimes'],
  ['shutdownMs', -1],
  ['shutdownMs', NaN],
  ['shutdownMs', 2 ** 31],
  ['shutdownMs', 'soon'],
  ['startMs', 0],
  ['startMs', 2 ** 31],
  ['significant', true],
  ['onRestart', 'forget'],
  ['attempts', 0],
  ['attempts', 1.5],
  ['mailbox', { capacity: 0 }],
  ['mailbox', { capacity: 1.5 }],
  ['mailbox', { capacity: NaN }],
  ['mailbox', { capacity: Infinity }],
  ['mailbox', { capacity: 1, overflow: 'block' }],
  ['mailbox', { capacity: 1, overflow: 'conflate' }],
  ['mailbox', { capacity: 1, key: () => '' }],
  ['mailbox', { capacity: 1, expiryMs: 0 }],
  ['mailbox', { capacity: 1, expiryMs: NaN }],
  ['backoff', { delaysMs: [] }],
  ['backoff', { delaysMs: [-1] }],
  ['backoff', { initialMs: 1, factor: NaN, maxMs: 2 }],
  ['backoff', { delaysMs: [1], jitter: 2 }],
  ['backoff', { delaysMs: [1], resetAfterMs: NaN }],
  ['backoff', { delaysMs: [1], alertAfter: 0 }],
] as const)('hazards 10, 122: %s of %j is refused by name', (field, value) => {
  expect(scripted('a', {}, { [field]: value }).problem()).toMatch(new RegExp(`^${field}`));
});

test('hazard 12: what arrives while an actor starts waits, in order, for the state that init makes', async () => {
  const log: string[] = [];
  const open = gate();
  const host = new SimulationHost();
  const starting = System.start(scripted('a', { log, init: () => open.promise }), { host });
  await host.settle();
  host.deliverForeign('a', step('first'));
  host.deliverForeign('a', step('second'));
  await host.settle();
  expect(log).toEqual([]);
  open.open();
  await settled(host, starting);
  expect(log).toEqual(['first', 'second']);
});
