/** Rows 61 to 79: stopping, and what watchers are told. */
import { expect, test } from '@jest/globals';
import { kill, supervisor } from '../../../runtime/index.js';
import type { Ctx, MonitorRef, Signal } from '../../../runtime/index.js';
import { SimulationHost } from '../../../runtime/testing/simulation-host.js';
import { boom, gate, lettersOf, scripted, settled, step, world } from './scripted.js';
import type { Script, Step } from './scripted.js';

test('hazard 61: what was accepted before a stop that drains is handled, and what it causes too', async () => {
  const log: string[] = [];
  const { host, system, ref } = await world([scripted('a', { log }), scripted('b', { log })]);
  ref('a').tell(step('1', (ctx) => ctx.tell(ref('b'), step('2'))));
  expect(await settled(host, system.stop({ drainMs: 1_000 }))).toMatchObject({ ok: true, drained: true });
  expect(log).toEqual(['1', '2']);
});

test('hazard 61: draining ends at its limit, and says that it was not enough', async () => {
  const { host, system, ref } = await world([scripted('a', {}, { shutdownMs: 10 })]);
  ref('a').tell(step('long', () => gate().promise));
  ref('a').tell(step('behind'));
  const stopping = system.stop({ drainMs: 1_000 });
  await host.advance(999);
  expect(system.handle(ref('a'))?.alive).toBe(true);
  await host.advance(11);
  expect(await stopping).toMatchObject({ ok: false, drained: false, orphans: ['root/a'] });
  expect(lettersOf(system)).toEqual(['stopped long', 'stopped behind']);
});

test('hazard 61: mail of a suspended actor is not called drained', async () => {
  const { host, system, ref } = await world([scripted('a')]);
  system.suspend(ref('a'));
  ref('a').tell(step('waits'));
  expect(await settled(host, system.stop({ drainMs: 1_000 }))).toMatchObject({ ok: true, drained: false });
});

test.each<
  [
    string,
    Script,
    (ref: (path: string) => { tell: (message: ReturnType<typeof step>) => unknown }) => unknown,
  ]
>([
  ['hook', { init: (ctx) => ctx.trapExits(true), terminate: () => gate().promise }, () => undefined],
  ['handler', {}, (ref) => ref('a').tell(step('stuck', () => gate().promise))],
])(
  'hazard 62: a stop %s that never settles is cut off at its time and listed, and the stop resolves',
  async (_what, script, prepare) => {
    const { host, system, ref, story } = await world([scripted('a', script, { shutdownMs: 500 })]);
    prepare(ref);
    await host.settle();
    const stopping = system.stop();
    await host.advance(1_000);
    expect(await stopping).toMatchObject({ ok: false, orphans: ['root/a'] });
    expect(story('orphaned')).toEqual(['orphaned root/a']);
    expect(host.nowMs).toBe(1_000);
    expect(host.places).toEqual([]);
  },
);

test('hazard 62: a hook that waits has no time at all under brutal_kill, and does not keep its actor from restarting', async () => {
  const { host, system, ref } = await world([
    scripted('a', { terminate: () => gate().promise }, { shutdownMs: 'brutal_kill' }),
  ]);
  ref('a').tell(boom());
  await host.advance(1);
  expect(system.inspect(ref('a'))).toMatchObject({ incarnation: 2, status: 'running' });
});

test('hazard 62: an orphan does not keep the system from resting or from draining', async () => {
  const { host, system, ref } = await world([scripted('a', {}, { shutdownMs: 10 })]);
  ref('a').tell(step('stuck', () => gate().promise));
  await host.settle();
  let rested = false;
  void system.quiescent().then(() => (rested = true));
  await host.settle();
  expect(rested).toBe(false);
  system.exit(ref('a'), kill);
  await host.advance(10);
  expect(rested).toBe(true);
  expect(system.census()).toMatchObject({ asyncTurns: 0, orphans: 1 });
  expect(await settled(host, system.stop({ drainMs: 60_000 }))).toMatchObject({
    drained: true,
    orphans: ['root/a'],
  });
  expect(host.nowMs).toBe(10);
});

test('hazard 63: a tree may take the sum of the times of its children, whatever the levels above them say', async () => {
  const slow = (id: string) =>
    scripted(
      id,
      { init: (ctx) => ctx.trapExits(true), terminate: () => gate().promise },
      { shutdownMs: 20_000 },
    );
  const inner = supervisor('inner', { strategy: 'one_for_one', intensity: 1, periodMs: 1 }, [
    slow('a'),
    slow('b'),
  ]);
  const { host, system, story } = await world([inner]);
  const stopping = system.stop();
  await host.advance(79_999);
  expect(story('exited').at(-1)).toBe('exited root/inner/a 1 killed');
  await host.advance(1);
  expect(await stopping).toMatchObject({ orphans: ['root/inner/b', 'root/inner/a'] });
});

test('hazard 63: an overall deadline cuts off all that is left, at that time, and the report says so', async () => {
  const slow = (id: string, script: Script = {}) =>
    scripted(id, { ...script, terminate: () => gate().promise }, { shutdownMs: 'infinity' });
  const traps = (ctx: Ctx<Step>) => ctx.trapExits(true);
  const inner = supervisor('inner', { strategy: 'one_for_one', intensity: 1, periodMs: 1 }, [
    slow('a', { init: (ctx) => ctx.spawn(slow('own', { init: traps })) }),
    slow('b', { init: traps }),
  ]);
  const { host, system, ref } = await world([inner, scripted('c')]);
  ref('inner/a').tell(step('hangs', () => gate().promise));
  await host.settle();
  const stopping = system.stop({ deadlineMs: 1_000 });
  await host.advance(999);
  expect(host.places).not.toEqual([]);
  await host.advance(1);
  expect(await stopping).toMatchObject({ ok: false, reason: { kind: 'killed' } });
  expect([...(await stopping).orphans].sort()).toEqual(['root/inner/a', 'root/inner/b']);
  expect(host.places).toEqual([]);
});

test('hazard 65: of two branches the later one is down before the earlier one hears of the stop', async () => {
  const told: string[] = [];
  const branch = (id: string) =>
    supervisor(id, { strategy: 'one_for_one', intensity: 1, periodMs: 1 }, [
      scripted('x', { init: (ctx) => ctx.trapExits(true), terminate: ({ path }) => void told.push(path) }),
    ]);
  const { host, system } = await world([branch('services'), branch('application')]);
  await settled(host, system.stop());
  expect(told).toEqual(['root/application/x', 'root/services/x']);
});

test('hazard 70: two stops are one, also with other options, and each child ends once', async () => {
  const { host, system, story } = await world([scripted('a')]);
  const reports = await settled(
    host,
    Promise.all([system.stop(), system.stop({ drainMs: 5 }), system.stop()]),
  );
  expect(new Set(reports).size).toBe(1);
  expect(await system.stop()).toBe(reports[0]);
  expect(story('exited')).toEqual(['exited root/a 1 shutdown', 'exited root 1 shutdown']);
});

test('hazard 70: a stop after the root ended by itself, or while it gives up, answers with what happened', async () => {
  const { host, system, ref } = await world([scripted('a')], { supervision: { intensity: 0 } });
  ref('a').tell(boom());
  expect(await settled(host, system.stop({ drainMs: 1 }))).toMatchObject({
    ok: true,
    reason: { kind: 'shutdown' },
  });
  expect(host.places).toEqual([]);
  expect(host.holds).toBe(0);
});

test('hazard 67: after a stop nothing is armed, and asking, telling and timing arm nothing more', async () => {
  const watched = new SimulationHost();
  const alarms: number[] = [];
  const { alarm } = watched;
  const set = (ms: number, ring: () => void) => {
    alarms.push(ms);
    return alarm.set(ms, ring);
  };
  Object.assign(watched, { alarm: { ...alarm, set } });
  const { host, system, ref } = await world([scripted('a')], { system: { host: watched } });
  const a = ref('a');
  a.tell(step('armed', (ctx) => ctx.timer('t', 60_000, step('tick'))));
  await host.settle();
  expect(alarms.splice(0)).toEqual([60_000]);
  await settled(host, system.stop());
  expect(await system.ask(a, step('late'), { deadlineMs: 60_000 })).toEqual({
    ok: false,
    reason: { type: 'noproc' },
  });
  expect(a.tell(step('late'))).toBe('stopped');
  expect(await a.offer(step('late'), { deadlineMs: 60_000 })).toBe('stopped');
  expect(alarms).toEqual([]);
  expect(system.census()).toMatchObject({ processes: 0, names: 0, timers: 0, asks: 0, asyncTurns: 0 });
});

const watching = (signals: Signal[]) => scripted('watcher', { signal: (signal) => signals.push(signal) });

test('hazard 72: one Down for each monitor, also of a target that is gone, and none once it is removed', async () => {
  const signals: Signal[] = [];
  const { host, system, ref } = await world([
    watching(signals),
    scripted('target', {}, { restart: 'temporary' }),
  ]);
  const target = ref('target');
  const removed: MonitorRef[] = [];
  ref('watcher').tell(
    step('watch', (ctx) => {
      for (let i = 0; i < 3; i++) ctx.monitor(target);
      removed.push(ctx.monitor(target), ctx.monitor(target));
    }),
  );
  await host.settle();
  ref('watcher').tell(step('one', (ctx) => removed.slice(0, 1).forEach((monitor) => ctx.demonitor(monitor))));
  await host.settle();
  system.suspend(ref('watcher'));
  ref('watcher').tell(step('other', (ctx) => removed.forEach((monitor) => ctx.demonitor(monitor))));
  target.tell(step('stop', (ctx) => ctx.stop()));
  await host.settle();
  system.resume(ref('watcher'));
  await host.settle();
  ref('watcher').tell(step('late', (ctx) => ctx.monitor(target)));
  await host.settle();
  expect(signals.map((signal) => `${signal.type} ${signal.reason.kind}`)).toEqual([
    'down normal',
    'down normal',
    'down normal',
    'down noproc',
  ]);
  expect(new Set(signals.map((signal) => (signal as { monitor: MonitorRef }).monitor)).size).toBe(4);
});

test('hazard 73: a message in the shape of a Down is a message', async () => {
  const signals: Signal[] = [];
  const log: string[] = [];
  const { host, ref } = await world([
    scripted('watcher', { log, signal: (signal) => signals.push(signal) }),
    scripted('other'),
  ]);
  const forged = { type: 'down', monitor: { monitor: 1 }, path: 'root/other', reason: { kind: 'normal' } };
  ref('watcher').tell(step('watch', (ctx) => ctx.monitor(ref('other'))));
  ref('watcher').tell(forged);
  await host.settle();
  expect(log).toEqual(['watch', 'down']);
  expect(signals).toEqual([]);
});

test('hazard 74: a Down comes after everything that its target had sent', async () => {
  const log: string[] = [];
  const { host, ref } = await world([
    scripted('watcher', { log, signal: ({ type }) => log.push(type) }),
    scripted('target', { terminate: (ctx) => ctx.tell(ref('watcher'), step('last')) }),
  ]);
  ref('watcher').tell(step('watch', (ctx) => ctx.monitor(ref('target'))));
  await host.settle();
  ref('target').tell(
    step('ends', (ctx) => {
      ctx.stop();
      ctx.tell(ref('watcher'), step('before'));
    }),
  );
  await host.settle();
  expect(log).toEqual(['watch', 'before', 'last', 'down']);
});

test('hazards 75, 76: watching without a place for the notice, or something that is no actor, fails at the call', async () => {
  const { host, ref, events } = await world([scripted('deaf'), scripted('target')]);
  ref('deaf').tell(step('watch', (ctx) => ctx.monitor(ref('target'))));
  ref('deaf').tell(step('nonsense', (ctx) => ctx.link({} as never)));
  await host.settle();
  expect(events.flatMap((event) => (event.type === 'crashed' ? [event.error] : []))).toEqual([
    expect.any(TypeError),
    expect.any(TypeError),
  ]);
});

test('hazard 64: a watcher that throws, or whose mailbox is full, keeps no parent from learning that its child ended', async () => {
  const { host, system, ref, story } = await world([
    scripted(
      'watcher',
      {
        signal: () => {
          throw new Error('in the watcher');
        },
      },
      { mailbox: { capacity: 1 }, restart: 'temporary' },
    ),
    scripted('target'),
  ]);
  const watcher = ref('watcher');
  watcher.tell(step('watch', (ctx) => ctx.monitor(ref('target'))));
  await host.settle();
  system.suspend(watcher);
  watcher.tell(step('fills'));
  ref('target').tell(boom());
  await host.settle();
  expect(story('restarting')).toEqual(['restarting root/target 0']);
  system.resume(watcher);
  await host.settle();
  expect(story('crashed')).toEqual(['crashed root/target', 'crashed root/watcher']);
  expect(system.handle(ref('target'))).toMatchObject({ incarnation: 2, alive: true });
});

test('hazard 79: a link is the reaction to a death that is required: it takes the other along', async () => {
  const { host, system, ref } = await world([scripted('a'), scripted('b', {}, { restart: 'temporary' })]);
  ref('a').tell(step('link', (ctx) => ctx.link(ref('b'))));
  await host.settle();
  ref('b').tell(boom());
  await host.settle();
  expect(system.handle(ref('a'))?.incarnation).toBe(2);
});

test('hazards 25, 78: after many watches, links and asks by both sides nothing of them is left', async () => {
  const signals: Signal[] = [];
  const { host, system, ref } = await world([watching(signals), scripted('parent')], {
    supervision: { intensity: 100_000 },
  });
  for (let round = 0; round < 50; round++) {
    ref('parent').tell(step('spawn', (ctx) => ctx.spawn(scripted('child', { signal: () => undefined }))));
    await host.settle();
    const target = ref('parent/child');
    target.tell(step('watch back', (ctx) => ctx.monitor(ref('watcher'))));
    ref('watcher').tell(step('watch', (ctx) => ctx.monitor(target)));
    await host.settle();
    if (round % 2 === 0) ref('watcher').tell(boom());
    target.tell(step('stop', (ctx) => ctx.stop()));
    await host.settle();
    expect(system.inspect(ref('watcher'))).toMatchObject({ monitors: 0, links: 0 });
  }
  // Twenty-five of them had watched with a life that died first.
  expect(signals.length).toBe(25);
  expect(system.census()).toMatchObject({ processes: 3, timers: 0, asks: 0, names: 0 });
});
