/** Rows 40 to 56 and 110 to 117: mailboxes as they are drained, turns, subscribers and inspection. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, test } from '@jest/globals';
import { kill, name, startTree, supervisor } from '../../../runtime/index.js';
import type { Ctx, KernelEvent } from '../../../runtime/index.js';
import type { System } from '../../../runtime/system.js';
import { boom, gate, lettersOf, refOf, scripted, settled, step, world } from './scripted.js';
import type { Step } from './scripted.js';

test('hazard 36: a full mailbox neither throws into its sender nor fails it, however it is sent to', async () => {
  const log: string[] = [];
  const { host, system, ref } = await world([
    scripted('full', {}, { mailbox: { capacity: 1 } }),
    scripted('b', { log }),
  ]);
  system.suspend(ref('full'));
  expect(ref('full').tell(step('1'))).toBe('accepted');
  expect(ref('full').tell(step('2'))).toBe('full');
  ref('b').tell(step('sends', (ctx) => ctx.tell(ref('full'), step('3'))));
  const waits = ref('full').offer(step('4'), { deadlineMs: 100 });
  await host.advance(100);
  expect(await waits).toBe('timeout');
  expect(log).toEqual(['sends']);
  expect(lettersOf(system)).toEqual(['mailbox_full 3']);
  expect(system.inspect(ref('full'))).toMatchObject({ accepted: 1, refused: 2 });
});

test('an offer waits for room in order of arrival, over a restart too, and is told when its actor stops for good', async () => {
  const log: string[] = [];
  const { host, system, ref } = await world([scripted('a', { log }, { mailbox: { capacity: 1 } })]);
  const a = ref('a');
  system.suspend(a);
  a.tell(boom());
  const outcomes: string[] = [];
  for (const type of ['1', '2', '3'])
    void a.offer(step(type)).then((told) => outcomes.push(`${type} ${told}`));
  system.resume(a);
  await host.settle();
  expect(log).toEqual(['1', '2', '3']);
  system.suspend(a);
  for (const type of ['4', '5']) void a.offer(step(type)).then((told) => outcomes.push(`${type} ${told}`));
  await settled(host, system.stop());
  expect(outcomes).toEqual(['1 accepted', '2 accepted', '3 accepted', '4 accepted', '5 stopped']);
  expect(await a.offer(step('6'))).toBe('stopped');
  expect(system.census()).toMatchObject({ timers: 0 });
});

test.each(['reject', 'drop_oldest', 'drop_newest'] as const)(
  'hazards 40, 42, 64: with %s, Downs, exits, outcomes, timers and stops come through a full mailbox, and the parent learns',
  async (overflow) => {
    const seen: string[] = [];
    const { host, system, ref } = await world([
      scripted(
        'a',
        {
          init: (ctx) => ctx.trapExits(true),
          signal: ({ type }) => seen.push(type),
          terminate: () => void seen.push('stopped'),
          log: seen,
        },
        { mailbox: { capacity: 1, overflow } },
      ),
      scripted('b', {}, { restart: 'temporary' }),
    ]);
    const b = ref('b');
    ref('a').tell(
      step('prepares', (ctx) => {
        ctx.monitor(b);
        ctx.link(b);
        ctx.timer('t', 1, step('tick'));
        ctx.ask(
          b,
          step('question', (own) => own.reply(step('question'), 1)),
          { deadlineMs: 9 },
          () => step('outcome'),
        );
        system.suspend(ctx.self);
      }),
    );
    await host.settle();
    for (let i = 0; i < 20; i++) ref('a').tell(step(`fill${i}`));
    b.tell(boom());
    await host.advance(5);
    expect(system.inspect(ref('a'))?.mailbox?.depth).toBe(1);
    system.resume(ref('a'));
    await host.settle();
    const told = await settled(host, system.terminateChild(system.root as never, 'a'));
    expect(told).toEqual({ ok: true, value: { ok: true } });
    const controls = seen.filter((what) => !what.startsWith('fill'));
    expect([...controls].sort()).toEqual(['down', 'exit', 'outcome', 'prepares', 'stopped', 'tick']);
    expect(system.handle(ref('a'))?.alive).toBe(false);
  },
);

test.each<[string, (ctx: Ctx<Step>, system: System) => unknown, string]>([
  ['stops', (ctx) => ctx.stop(), 'down'],
  ['suspends', (ctx, system) => system.suspend(ctx.self), 'suspended'],
  ['waits', () => gate().promise, 'running'],
])('hazard 46: a burst ends with the message whose handler %s', async (_what, end, status) => {
  const log: string[] = [];
  const { host, system, ref } = await world([scripted('a', { log }, { restart: 'transient' })]);
  for (let i = 0; i < 5; i++) ref('a').tell(step('before'));
  ref('a').tell(step('end', (ctx) => end(ctx, system)));
  for (let i = 0; i < 5; i++) ref('a').tell(step('behind'));
  await host.settle();
  expect(log.slice(0, 5)).toEqual(Array(5).fill('before'));
  expect(log).not.toContain('behind');
  expect(system.inspect(ref('a'))?.status).toBe(status);
});

test('hazard 50: depth is exact while suspended, stopping and stopped, and a stopped actor shows that it is', async () => {
  const hook = gate();
  const given = await world([scripted('a', { terminate: () => hook.promise })]);
  const { host, ref } = given;
  const shown = () => {
    const info = given.system.inspect(ref('a'));
    return [info?.status, info?.mailbox?.depth];
  };
  given.system.suspend(ref('a'));
  ref('a').tell(step('stop', (ctx) => ctx.stop()));
  ref('a').tell(step('1'));
  expect(shown()).toEqual(['suspended', 2]);
  given.system.resume(ref('a'));
  await host.settle();
  ref('a').tell(step('2'));
  expect(shown()).toEqual(['terminating', 2]);
  void given.system.terminateChild(given.system.root as never, 'a');
  hook.open();
  await host.settle();
  expect(shown()).toEqual(['down', 0]);
  expect(ref('a').tell(step('3'))).toBe('stopped');
});

test('hazard 51: a stopping actor with mail takes no turns while it waits for its children', async () => {
  const hook = gate();
  let turns = 0;
  const { host, system, ref } = await world([
    scripted('a', {
      init: (ctx) =>
        ctx.spawn(scripted('child', { init: (its) => its.trapExits(true), terminate: () => hook.promise })),
    }),
  ]);
  system.suspend(ref('a'));
  for (let i = 0; i < 1_000; i++) ref('a').tell(step('waits', () => turns++));
  const stopping = system.terminateChild(system.root as never, 'a');
  await host.advance(100);
  expect(turns).toBe(0);
  hook.open();
  await settled(host, stopping);
  expect(turns).toBe(0);
});

test('hazard 52: a suspended actor with mail puts nothing on the run queue', async () => {
  const { host, system, ref } = await world([scripted('a')]);
  await host.settle();
  system.suspend(ref('a'));
  let drains = 0;
  const { run } = Object.getPrototypeOf(host) as { run: () => void };
  Object.assign(host, {
    run() {
      drains++;
      run.call(host);
    },
  });
  for (let i = 0; i < 100; i++) ref('a').tell(step('waits'));
  await Promise.resolve();
  expect(drains).toBe(0);
});

test('hazard 54: actors take turns first in, first out, and a long queue gives way after a burst', async () => {
  const log: string[] = [];
  const { host, ref } = await world([scripted('a', { log }), scripted('b', { log }), scripted('c', { log })]);
  for (let i = 0; i < 40; i++) ref('a').tell(step('a'));
  for (const id of ['b', 'c']) ref(id).tell(step(id));
  await host.settle();
  expect(log.indexOf('b')).toBe(16);
  expect(log.indexOf('c')).toBe(17);
  expect(log).toHaveLength(42);
});

test('hazards 55, 112: one subscriber that throws is reported to the others once, and keeps no event from them', async () => {
  const { host, system, ref } = await world([scripted('a')]);
  const before: string[] = [];
  const after: string[] = [];
  system.trace(({ type }) => before.push(type));
  const leave = system.trace(({ type }) => {
    if (type === 'crashed') throw new Error('a subscriber');
  });
  system.trace(({ type }) => after.push(type));
  ref('a').tell(boom());
  await host.settle();
  expect(before).toEqual(['crashed', 'kernel_error', 'dead_letter', 'exited', 'restarting', 'started']);
  expect(after).toEqual(['kernel_error', 'crashed', 'dead_letter', 'exited', 'restarting', 'started']);
  leave();
});

test('hazard 56: a reporter that throws on every event does not recurse, and the first error is told', async () => {
  const { host, system, ref } = await world([scripted('a')]);
  const told: KernelEvent[] = [];
  let calls = 0;
  system.trace(() => {
    calls++;
    throw new Error(`call ${calls}`);
  });
  system.trace((event) => told.push(event));
  ref('a').tell(boom());
  await host.settle();
  expect(
    told
      .filter(({ type }) => type === 'kernel_error')
      .map((event) => (event as { error: Error }).error.message)[0],
  ).toBe('call 1');
  expect(calls).toBe(2 * told.filter(({ type }) => type !== 'kernel_error').length);
});

test('hazards 110, 111: subscribing and unsubscribing within an event is for the next one, each for itself', async () => {
  const { host, system, ref } = await world([scripted('a', {}, { restart: 'temporary' })]);
  const seen: string[] = [];
  const twice = () => void seen.push('twice');
  const first = system.trace(twice);
  system.trace(twice);
  const leave = system.trace(({ type }) => {
    leave();
    first();
    seen.push(`once ${type}`);
    system.trace((event) => seen.push(`late ${event.type}`));
  });
  const a = ref('a');
  a.tell(step('stop', (ctx) => ctx.stop()));
  await host.settle();
  a.tell(step('lost'));
  expect(seen).toEqual(['twice', 'twice', 'once exited', 'twice', 'late dead_letter']);
});

test('hazards 115, 117: reading a tree, an actor or the dead letters changes nothing that they show', async () => {
  const { host, system, ref } = await world([scripted('a')]);
  system.suspend(ref('a'));
  ref('a').tell(step('waits'));
  await host.settle();
  const look = () =>
    JSON.stringify([system.tree(), system.inspect(ref('a')), system.deadLetters(), system.census()]);
  const first = look();
  expect(look()).toBe(first);
  ref('a').tell(step('waits too'));
  expect(system.inspect(ref('a'))?.mailbox?.depth).toBe(2);
});

test('hazard 114: a spike between two looks is in the high-water mark', async () => {
  const { host, system, ref } = await world([scripted('a')]);
  for (let i = 0; i < 500; i++) ref('a').tell(step('spike'));
  await host.settle();
  const mailbox = system.inspect(ref('a'))?.mailbox;
  expect(mailbox).toMatchObject({ depth: 0, highWater: 500, headAgeMs: null });
});

test('hazard 57: nothing of ours runs in the async context of a sender, a starter, a timer or an event of the host', async () => {
  const context = new AsyncLocalStorage<string>();
  const seen: Record<string, string | undefined> = {};
  const note = (where: string) => (seen[where] = context.getStore());
  const noted = (where: string) => step(where, () => note(where));
  const behind = gate();
  const system = await context.run('starter', () =>
    startTree(
      supervisor('root', { strategy: 'one_for_one', intensity: 9, periodMs: 1_000 }, [
        scripted(
          'a',
          {
            init: (_ctx, life) => note(`init ${life}`),
            signal: () => note('signal'),
            terminate: () => void note('terminate'),
          },
          { name: name('a'), mailbox: { capacity: 5_000 }, shutdownMs: 20 },
        ),
        scripted('b'),
      ]),
      { subscribers: [], keepAlive: false },
    ),
  );
  const a = refOf(system, 'root/a');
  const b = refOf(system, 'root/b');
  await context.run('sender', async () => {
    a.tell(noted('tell'));
    await a.offer(noted('offer'));
    await system.ask(
      a,
      step('ask', (ctx) => ctx.reply(step('ask'), note('ask'))),
      { deadlineMs: 1_000 },
    );
    a.tell(
      step('async', async (ctx) => {
        await new Promise((resolve) => setImmediate(resolve));
        note('after await');
        ctx.timer(
          't',
          1,
          step('timer', () => {
            note('timer');
            behind.open();
          }),
        );
        ctx.monitor(b);
      }),
    );
    // A long queue goes over slices, and so over the turns of the host's loop.
    for (let i = 0; i < 3_000; i++) a.tell(step('many', () => i === 2_999 && note('slice')));
    await system.quiescent();
    b.tell(step('stop', (ctx) => ctx.stop()));
    await behind.promise;
    // The Down is for this life: on a slow machine the timer has rung long ago, and the crash would come first.
    await system.quiescent();
    a.tell(boom());
    await system.quiescent();
    // An alarm that an ask of ours arms leads to the next life of an actor whose handler hangs.
    const again = new Promise<void>((resolve) => {
      system.trace((event) => {
        if (event.type === 'started' && event.path === 'root/a') resolve();
      });
    });
    a.tell(step('hangs', () => gate().promise));
    const unanswered = system.ask(b, step('silent'), { deadlineMs: 5 });
    await Promise.resolve();
    system.exit(a, kill);
    await again;
    await unanswered;
    await system.stop();
  });
  const everywhere = [
    'init 1',
    'init 2',
    'init 3',
    'tell',
    'offer',
    'ask',
    'after await',
    'timer',
    'slice',
    'signal',
    'terminate',
  ];
  expect(Object.keys(seen).sort()).toEqual(everywhere.sort());
  expect(Object.values(seen)).toEqual(everywhere.map(() => undefined));
});
