/** Each of these was broken on purpose in a copy of the kernel, and no other test here saw it. */
import { expect, test } from '@jest/globals';
import { child, dynamicSupervisor, ignore, kill, name } from '../../../runtime/index.js';
import type { Ref, Signal, SupervisorMsg } from '../../../runtime/index.js';
import { boom, gate, scripted, settled, step, world } from './scripted.js';
import type { Step } from './scripted.js';

test('a name that was given back is free at once, for anybody, and stays so when its holder dies', async () => {
  const x = name<Step>('x');
  const { host, system, ref } = await world([scripted('a'), scripted('b')]);
  ref('a').tell(
    step('there and back', (ctx) => {
      ctx.register(x);
      ctx.unregister(x);
    }),
  );
  await host.settle();
  expect(system.whereis(x)).toBeUndefined();
  ref('b').tell(step('takes it', (ctx) => ctx.register(x)));
  ref('a').tell(boom());
  await host.settle();
  expect(system.whereis(x)).toBe(ref('b'));
});

test('a spawned child that answers ignore leaves its id free', async () => {
  const { host, system, ref } = await world([scripted('a')]);
  const own = (starts: boolean) =>
    child<null, Step, null>({
      ...{ id: 'child', args: null, restart: 'temporary', mailbox: { capacity: 1 } },
      behavior: { init: () => (starts ? null : ignore), handle: (state) => state },
    });
  ref('a').tell(step('one', (ctx) => ctx.spawn(own(false))));
  await host.settle();
  expect(system.find('root/a/child')).toBeUndefined();
  ref('a').tell(step('another', (ctx) => ctx.spawn(own(true))));
  await host.settle();
  expect(system.find('root/a/child')?.alive).toBe(true);
});

test('a system is not quiescent while work that a driver began is under way', async () => {
  const work = gate();
  const { host, system, ref } = await world([scripted('a')]);
  ref('a').tell(step('begins', (ctx) => ctx.pipeToSelf(work.promise, () => step('ended'))));
  await host.settle();
  let quiet = false;
  void system.quiescent().then(() => (quiet = true));
  await host.settle();
  expect(quiet).toBe(false);
  work.open();
  await host.settle();
  expect(quiet).toBe(true);
});

test('a timer of a sibling that a group restart stopped does not ring in its next life', async () => {
  const log: string[] = [];
  const { host, system, ref } = await world([scripted('a'), scripted('b', { log })], {
    supervision: { strategy: 'one_for_all' },
  });
  ref('b').tell(step('sets', (ctx) => ctx.timer('t', 100, step('rang'))));
  await host.settle();
  ref('a').tell(boom());
  await host.advance(200);
  expect(system.handle(ref('b'))?.incarnation).toBe(2);
  expect(log).toEqual(['sets']);
  expect(system.census().timers).toBe(0);
});

test('a dynamic supervisor is down only when its last child is', async () => {
  const hooks = [gate(), gate()];
  const pool = dynamicSupervisor('pool', { intensity: 1, periodMs: 1_000 }, (at: number) =>
    scripted('child', { init: (ctx) => ctx.trapExits(true), terminate: () => hooks[at]?.promise }),
  );
  const { host, system, ref, story } = await world([pool]);
  for (const at of [0, 1]) await settled(host, system.startDynamicChild(ref('pool') as never, at));
  const stopped = system.terminateChild(system.root as Ref<SupervisorMsg>, 'pool');
  await host.settle();
  hooks[0]?.open();
  await host.settle();
  expect(story('exited')).toEqual(['exited root/pool/~1 1 shutdown']);
  hooks[1]?.open();
  await settled(host, stopped);
  expect(story('exited').slice(1)).toEqual(['exited root/pool/~2 1 shutdown', 'exited root/pool 1 shutdown']);
});

test('a fixed rate keeps its beat when the machine has slept over it', async () => {
  const at: number[] = [];
  const { host, ref } = await world([scripted('a')]);
  ref('a').tell(
    step('sets', (ctx) =>
      ctx.timerAtFixedRate(
        't',
        100,
        step('tick', (own) => at.push(own.nowMs())),
      ),
    ),
  );
  await host.advance(100);
  host.sleep(130);
  await host.advance(0);
  await host.advance(200);
  expect(at).toEqual([100, 230, 300, 400]);
});

test('an offer that was let in leaves no deadline set', async () => {
  const first = gate();
  const { host, system, ref } = await world([scripted('a', {}, { mailbox: { capacity: 1 } })]);
  ref('a').tell(step('long', () => first.promise));
  await host.settle();
  ref('a').tell(step('fills'));
  const offered = ref('a').offer(step('waits'), { deadlineMs: 60_000 });
  await host.settle();
  expect(system.census().timers).toBe(1);
  first.open();
  expect(await settled(host, offered)).toBe('accepted');
  expect(system.census().timers).toBe(0);
});

test('an actor that ends well and fails to clean up has not ended well', async () => {
  const a = scripted(
    'a',
    {
      terminate() {
        throw new Error('the file is gone');
      },
    },
    { restart: 'transient' },
  );
  const { host, system, ref, story } = await world([a]);
  ref('a').tell(step('stop', (ctx) => ctx.stop()));
  await host.settle();
  expect(story('exited')).toEqual(['exited root/a 1 error']);
  expect(system.handle(ref('a'))?.incarnation).toBe(2);
});

test('Downs that stand before a message which is evicted keep their order', async () => {
  const seen: string[] = [];
  const watcher = scripted(
    'a',
    { signal: (signal: Signal) => seen.push(signal.type === 'down' ? signal.path : '') },
    { mailbox: { capacity: 1, overflow: 'drop_oldest' } },
  );
  const { host, system, ref } = await world([watcher, scripted('b'), scripted('c'), scripted('d')]);
  const others = [ref('b'), ref('c'), ref('d')];
  ref('a').tell(
    step('watches', (ctx) => {
      for (const other of others) ctx.monitor(other);
    }),
  );
  await host.settle();
  system.suspend(ref('a'));
  for (const other of others) system.exit(other, kill);
  ref('a').tell(step('evicted'));
  ref('a').tell(step('kept'));
  system.resume(ref('a'));
  await host.settle();
  expect(seen).toEqual(['root/b', 'root/c', 'root/d']);
});

test('the time that mail waited is told however long it was', async () => {
  const { host, system, ref } = await world([scripted('a')]);
  system.suspend(ref('a'));
  ref('a').tell(step('waits'));
  await host.advance(5_000);
  system.resume(ref('a'));
  await host.settle();
  expect(system.inspect(ref('a'))?.mailbox?.dwellMs).toEqual({ mean: 5_000, max: 5_000 });
});

test('a producer that comes while others wait goes behind them, also when there is room at that moment', async () => {
  const log: string[] = [];
  const { host, system, ref } = await world([scripted('a', { log }, { mailbox: { capacity: 1 } })]);
  system.suspend(ref('a'));
  ref('a').tell(step('full', () => void ref('a').offer(step('third'))));
  void ref('a').offer(step('first'));
  void ref('a').offer(step('second'));
  system.resume(ref('a'));
  await host.settle();
  expect(log).toEqual(['full', 'first', 'second', 'third']);
});

test('children that an actor spawned stop in the reverse of their order', async () => {
  const { host, ref, story } = await world([
    scripted('a', {
      init: (ctx) => {
        for (const id of ['x', 'y', 'z']) ctx.spawn(scripted(id, {}, { restart: 'temporary' }));
      },
    }),
  ]);
  ref('a').tell(step('stop', (ctx) => ctx.stop()));
  await host.settle();
  expect(story('exited').slice(1)).toEqual(['z', 'y', 'x'].map((id) => `exited root/a/${id} 1 shutdown`));
});

test('who asked with a request that expired while it waited is told then, not at the deadline', async () => {
  const { host, system, ref } = await world([scripted('a', {}, { mailbox: { capacity: 10, expiryMs: 20 } })]);
  system.suspend(ref('a'));
  const asked = system.ask(ref('a'), step('waits'), { deadlineMs: 60_000 });
  await host.advance(50);
  system.resume(ref('a'));
  expect(await settled(host, asked)).toEqual({ ok: false, reason: { type: 'timeout' } });
  expect(host.nowMs).toBe(50);
});
