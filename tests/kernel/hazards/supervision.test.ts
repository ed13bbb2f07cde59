/** Rows 3, 13 to 34: what supervisors do beyond the conformance with OTP, which has tests of its own. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { child, dynamicSupervisor, kill, supervisor } from '../../../runtime/index.js';
import type { Ref, SupervisorMsg } from '../../../runtime/index.js';
import { System } from '../../../runtime/system.js';
import { SimulationHost } from '../../../runtime/testing/simulation-host.js';
import { RestartIntensity } from '../../../supervisors/kernel/restart-intensity.js';
import { boom, gate, lettersOf, scripted, settled, step, world } from './scripted.js';
import type { Script } from './scripted.js';

const broken = () => {
  throw new Error('hook');
};

/** For each hook of a restart that throws: what is left. No line ends in an actor that is neither running nor down. */
const hooks: readonly {
  hook: string;
  script: (life: () => number) => Script;
  ends: object;
  letters: string[];
}[] = [
  {
    hook: 'stop of the old life',
    script: () => ({ terminate: broken }),
    ends: { status: 'running', incarnation: 2, timers: [] },
    letters: ['crashed boom'],
  },
  {
    hook: 'start of the new life, once',
    script: () => ({ init: (_ctx, life) => (life === 2 ? broken() : undefined) }),
    ends: { status: 'running', incarnation: 3, timers: [] },
    letters: ['crashed boom'],
  },
  {
    hook: 'start of the new life, always',
    script: () => ({ init: (_ctx, life) => (life > 1 ? broken() : undefined) }),
    ends: { status: 'down', timers: [] },
    letters: ['crashed boom', 'stopped behind'],
  },
];

test.each(hooks)(
  'hazards 3, 4: a throw in the $hook ends where its line says',
  async ({ script, ends, letters }) => {
    const { host, system, ref } = await world([
      scripted(
        'a',
        script(() => 0),
      ),
    ]);
    const a = ref('a');
    a.tell(
      step('prepares', (ctx) => {
        ctx.timer('t', 60_000, step('tick'));
        ctx.spawn(scripted('child'));
      }),
    );
    a.tell(boom());
    a.tell(step('behind'));
    await host.settle();
    expect(system.inspect(a)).toMatchObject(ends);
    expect(lettersOf(system)).toEqual(letters);
    expect(system.census().timers).toBe(0);
    expect(host.places.filter((path) => path.endsWith('/child'))).toEqual([]);
  },
);

test('hazard 13: each crash gives one report, before its restart, with who, where, of what and in which life', async () => {
  const { host, ref, events } = await world([scripted('a')]);
  ref('a').tell(boom('first'));
  ref('a').tell(boom('second'));
  await host.settle();
  const told = events.filter(({ type }) => type === 'crashed' || type === 'restarting');
  const report = (incarnation: number, messageType: string) => ({
    type: 'crashed',
    path: 'root/a',
    supervisor: 'root',
    incarnation,
    during: 'handle',
    messageType,
    error: { message: messageType },
  });
  expect(told).toMatchObject([
    report(1, 'first'),
    { type: 'restarting' },
    report(2, 'second'),
    { type: 'restarting' },
  ]);
});

test('hazards 14, 15, 16: intensity grants exactly n restarts in a closed window, and remembers n + 1 at most', () => {
  fc.assert(
    fc.property(
      fc.nat(5),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.nat(30), { maxLength: 60 }),
      (intensity, periodMs, waits) => {
        const record = new RestartIntensity(intensity, periodMs);
        const times: number[] = [];
        let nowMs = 0;
        for (const wait of waits) {
          nowMs += wait;
          times.push(nowMs);
          const within = times.filter((time) => nowMs - time <= periodMs).length;
          expect(record.allow(nowMs)).toBe(within <= intensity);
          expect(record.recent(nowMs)).toBe(Math.min(within, intensity + 1));
        }
      },
    ),
  );
});

test('hazard 18: giving up is seen by the supervisor above, and stops all children in reverse order', async () => {
  const inner = supervisor('inner', { strategy: 'one_for_one', intensity: 0, periodMs: 1_000 }, [
    scripted('a'),
    scripted('b'),
    scripted('c'),
  ]);
  const { host, ref, story } = await world([inner]);
  ref('inner/b').tell(boom());
  await host.settle();
  expect(story('exited', 'gave_up', 'restarting')).toEqual([
    'exited root/inner/b 1 error',
    'gave_up root/inner',
    'exited root/inner/c 1 shutdown',
    'exited root/inner/a 1 shutdown',
    'exited root/inner 1 shutdown',
    'restarting root/inner 0',
  ]);
});

test('hazard 19: twenty applications under supervisors of their own fail once each, and none stops', async () => {
  const apps = Array.from({ length: 20 }, (_, i) =>
    supervisor(`app${i}`, { strategy: 'one_for_one', intensity: 1, periodMs: 60_000 }, [scripted('a')]),
  );
  const { host, ref, story } = await world(apps, { supervision: { intensity: 0 } });
  for (let i = 0; i < 20; i++) ref(`app${i}/a`).tell(boom());
  await host.settle();
  expect(story('gave_up')).toEqual([]);
});

test.each([
  ['one_for_one', [1, 2, 1]],
  ['rest_for_one', [1, 2, 2]],
  ['one_for_all', [2, 2, 2]],
] as const)('hazard 20: %s restarts the siblings that it names and no other', async (strategy, lives) => {
  const { host, system, ref } = await world([scripted('a'), scripted('b'), scripted('c')], {
    supervision: { strategy },
  });
  ref('b').tell(boom());
  await host.settle();
  expect(['a', 'b', 'c'].map((id) => system.handle(ref(id))?.incarnation)).toEqual(lives);
});

test('hazard 21: a group restart that meets a sibling on its way down takes its death along, and starts it once', async () => {
  const hook = gate();
  const { host, ref, story } = await world(
    [scripted('a'), scripted('b', { terminate: () => hook.promise }, { restart: 'temporary' })],
    { supervision: { strategy: 'one_for_all' } },
  );
  ref('b').tell(step('stop', (ctx) => ctx.stop()));
  await host.settle();
  ref('a').tell(boom());
  await host.settle();
  hook.open();
  await host.settle();
  expect(story('started', 'exited').slice(3)).toEqual([
    'exited root/a 1 error',
    'exited root/b 1 normal',
    'started root/a 2',
  ]);
  expect(host.places).toEqual(['root', 'root/a']);
});

test('hazard 22: a stop that comes while a restart waits for children is carried out', async () => {
  const hook = gate();
  const { host, system, ref } = await world([
    scripted('a', {
      init: (ctx) =>
        ctx.spawn(
          scripted(
            'child',
            { init: (own) => own.trapExits(true), terminate: () => hook.promise },
            { shutdownMs: 1_000 },
          ),
        ),
    }),
  ]);
  ref('a').tell(boom());
  await host.settle();
  const stopping = system.stop();
  await host.advance(10);
  hook.open();
  expect(await settled(host, stopping)).toMatchObject({ ok: true, orphans: [] });
  expect(host.places).toEqual([]);
});

test('hazard 23: a suspended actor that dies, is restarted with its group, or is stopped, is not suspended any more', async () => {
  const { host, system, ref } = await world([scripted('a'), scripted('b')], {
    supervision: { strategy: 'one_for_all' },
  });
  system.suspend(ref('a'));
  system.suspend(ref('b'));
  expect(system.inspect(ref('a'))?.status).toBe('suspended');
  system.exit(ref('b'), kill);
  await host.settle();
  expect([ref('a'), ref('b')].map((at) => system.inspect(at)?.status)).toEqual(['running', 'running']);
  expect(system.suspend({ name: 'nobody' } as never)).toBe(false);
});

test('hazard 23: a suspended actor that traps exits stops next when it is told to, before its mail', async () => {
  const log: string[] = [];
  const ended: string[] = [];
  const { host, system, ref } = await world([
    scripted(
      'a',
      { log, init: (ctx) => ctx.trapExits(true), terminate: () => void ended.push('hook') },
      { shutdownMs: 'infinity' },
    ),
  ]);
  system.suspend(ref('a'));
  ref('a').tell(step('waits'));
  expect(await settled(host, system.stop())).toMatchObject({ ok: true, drained: false });
  expect({ log, ended }).toEqual({ log: [], ended: ['hook'] });
  expect(lettersOf(system)).toEqual(['stopped waits']);
});

test('hazard 26: functions of the user in a supervisor that throw are its failed start or its answer, never a wedge', async () => {
  const host = new SimulationHost();
  const children = () => {
    throw new Error('children()');
  };
  const root = supervisor('root', { strategy: 'one_for_one', intensity: 1, periodMs: 1 }, children);
  await expect(settled(host, System.start(root, { host }))).rejects.toThrow('children()');
  expect(host.holds).toBe(0);
  const pool = dynamicSupervisor('pool', { intensity: 1, periodMs: 1 }, (): never => {
    throw new Error('template');
  });
  const given = await world([pool]);
  const ref = given.ref('pool') as never as Ref<SupervisorMsg<null>>;
  for (let again = 0; again < 2; again++)
    expect(await settled(given.host, given.system.startDynamicChild(ref, null))).toMatchObject({
      ok: true,
      value: { ok: false, error: 'failed' },
    });
});

test('hazard 26: a child spec of foreign make that throws ends its supervisor, and does not leave it deaf', async () => {
  const made = scripted('bad');
  const bad = Object.assign(Object.create(made) as typeof made, {
    problem: () => undefined,
    create: () => {
      throw new Error('create');
    },
  });
  const inner = supervisor('inner', { strategy: 'one_for_one', intensity: 1, periodMs: 1_000 }, [
    scripted('a'),
  ]);
  const { host, system, ref, story } = await world([inner]);
  const answer = await settled(host, system.startChild(ref('inner') as never, bad));
  expect(answer).toMatchObject({ ok: false, reason: { type: 'exit', reason: { kind: 'error' } } });
  expect(story('kernel_error')).toEqual(['kernel_error root/inner']);
  expect(system.handle(ref('inner'))).toMatchObject({ incarnation: 2, alive: true });
  expect(system.handle(ref('inner/a'))).toMatchObject({ incarnation: 2, alive: true });
});

test('hazard 27: the outer layer sees only what the inner gave up, and keeps its own count', async () => {
  const inner = supervisor('inner', { strategy: 'one_for_one', intensity: 1, periodMs: 60_000 }, [
    scripted('a'),
  ]);
  const { host, ref, story } = await world([inner], { supervision: { intensity: 1 } });
  for (let crash = 0; crash < 3; crash++) {
    ref('inner/a').tell(boom());
    await host.settle();
  }
  expect(story('gave_up', 'restarting')).toEqual([
    'restarting root/inner/a 0',
    'gave_up root/inner',
    'restarting root/inner 0',
    'restarting root/inner/a 0',
  ]);
  ref('inner/a').tell(boom());
  await host.settle();
  expect(story('gave_up')).toEqual(['gave_up root/inner', 'gave_up root/inner', 'gave_up root']);
});

test('hazards 28, 139: delays carry jitter from the injected source, so that many clients do not retry in one instant', async () => {
  const delaysOf = async (seed: number) => {
    const backoff = { delaysMs: [1_000], jitter: 0.2 };
    const clients = Array.from({ length: 20 }, (_, i) => scripted(`c${i}`, {}, { backoff }));
    const { host, ref, events } = await world(clients, {
      simulation: { seed },
      supervision: { intensity: 50, periodMs: 100_000 },
    });
    for (let i = 0; i < 20; i++) ref(`c${i}`).tell(boom());
    await host.settle();
    return events.flatMap((event) => (event.type === 'restarting' ? [event.delayMs] : []));
  };
  const delays = await delaysOf(1);
  expect(new Set(delays).size).toBe(20);
  expect(delays.every((ms) => ms >= 1_000 && ms < 1_200)).toBe(true);
  expect(await delaysOf(1)).toEqual(delays);
  expect(await delaysOf(2)).not.toEqual(delays);
});

test('hazard 29: a supervisor that is itself restarted while a delay runs starts each child once, and leaves no timer', async () => {
  const inner = supervisor('inner', { strategy: 'one_for_one', intensity: 3, periodMs: 60_000 }, [
    scripted('a', {}, { backoff: { delaysMs: [1_000] } }),
  ]);
  const { host, system, ref, story } = await world([inner]);
  ref('inner/a').tell(boom());
  await host.advance(500);
  system.exit(ref('inner'), kill);
  await host.settle();
  expect(system.census().timers).toBe(0);
  await host.advance(5_000);
  expect(story('started').filter((line) => line.includes('inner/a'))).toEqual([
    'started root/inner/a 1',
    'started root/inner/a 2',
  ]);
  expect(system.census()).toMatchObject({ timers: 0, processes: 3 });
});

test('hazard 30: what comes while a child waits for its delay is held within the bound, and handled or a dead letter', async () => {
  const log: string[] = [];
  const backoff = { delaysMs: [1_000] };
  const { host, system, ref } = await world([scripted('a', { log }, { backoff, mailbox: { capacity: 2 } })]);
  ref('a').tell(boom());
  await host.settle();
  expect(['1', '2', '3'].map((type) => ref('a').tell(step(type)))).toEqual(['accepted', 'accepted', 'full']);
  await host.advance(1_000);
  expect(log).toEqual(['1', '2']);
  ref('a').tell(boom());
  await host.settle();
  ref('a').tell(step('4'));
  await settled(host, system.stop());
  expect(lettersOf(system)).toEqual(['crashed boom', 'crashed boom', 'stopped 4']);
});

test('mail of a child whose death was not yet handled does not outlive its supervisor', async () => {
  const inner = supervisor('inner', { strategy: 'one_for_one', intensity: 3, periodMs: 60_000 }, [
    scripted('a'),
  ]);
  const { host, system, ref } = await world([inner]);
  ref('inner/a').tell(boom());
  ref('inner/a').tell(step('behind'));
  system.trace((event) => {
    if (event.type === 'exited' && event.path === 'root/inner/a') system.exit(ref('inner'), kill);
  });
  await host.settle();
  expect(lettersOf(system)).toEqual(['crashed boom', 'stopped behind']);
  expect(system.handle(ref('inner/a'))).toMatchObject({ incarnation: 2, alive: true });
});

test('hazard 32: a message is handled and told once, however many restarts went before', async () => {
  const log: string[] = [];
  const { host, ref } = await world([scripted('a', { log })], { supervision: { intensity: 50 } });
  for (let i = 0; i < 20; i++) ref('a').tell(boom());
  await host.settle();
  ref('a').tell(step('once'));
  await host.settle();
  expect(log).toEqual(['once']);
});

test('hazard 33: after a restart state, traps, timers, links and monitors are those of init', async () => {
  const states: number[] = [];
  const { host, system, ref } = await world([
    scripted('a', { signal: () => undefined }),
    scripted('b', { init: (ctx) => ctx.trapExits(true), signal: () => undefined }),
  ]);
  ref('a').tell(
    step('moves', (ctx) => {
      ctx.trapExits(true);
      ctx.timer('t', 1_000, step('old'));
      ctx.link(ref('b'));
      ctx.monitor(ref('b'));
    }),
  );
  ref('a').tell(boom());
  ref('a').tell(step('counts', (_ctx, count) => states.push(count)));
  await host.advance(2_000);
  expect(states).toEqual([0]);
  expect(system.inspect(ref('a'))).toMatchObject({ timers: [], links: 0, monitors: 0, handled: 2 });
  expect(system.inspect(ref('b'))).toMatchObject({ links: 0, monitors: 0 });
});

test('hazard 34: a start that fails for ever ends by intensity, with as many reports and no deeper stack', async () => {
  const { host, ref, story } = await world(
    [scripted('a', { init: (_ctx, life) => (life > 1 ? broken() : undefined) })],
    {
      supervision: { intensity: 10_000, periodMs: 1_000 },
    },
  );
  ref('a').tell(boom());
  await host.settle();
  expect(story('start_failed')).toHaveLength(10_000);
  expect(story('gave_up')).toEqual(['gave_up root']);
});

test('hazard 24: no child is kept over the restart of its supervisor: all are new lives that handle messages', async () => {
  const log: string[] = [];
  const inner = supervisor('inner', { strategy: 'one_for_one', intensity: 3, periodMs: 60_000 }, [
    scripted('a', { log }),
  ]);
  const { host, system, ref } = await world([inner]);
  system.exit(ref('inner'), kill);
  await host.settle();
  ref('inner/a').tell(step('after'));
  await host.settle();
  expect(log).toEqual(['after']);
  expect(system.handle(ref('inner/a'))?.incarnation).toBe(2);
});

test('hazard 12: children of a function are made anew at each start, and nothing waits in the old ones', async () => {
  let starts = 0;
  const inner = supervisor('inner', { strategy: 'one_for_one', intensity: 3, periodMs: 60_000 }, () => [
    child({
      id: `made${++starts}`,
      behavior: { init: () => 0, handle: (n: number) => n },
      args: null,
      mailbox: { capacity: 1 },
    }),
  ]);
  const { host, system, ref } = await world([inner]);
  system.exit(ref('inner'), kill);
  await host.settle();
  expect(host.places).toEqual(['root', 'root/inner', 'root/inner/made2']);
});
