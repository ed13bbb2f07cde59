/** What must not cross from one incarnation to the next, and what a dead incarnation can no longer do. */
import { expect, test } from '@jest/globals';
import { kill, name, supervisor } from '../../../runtime/index.js';
import type { ChildSpec, Ctx, Signal } from '../../../runtime/index.js';
import { boom, gate, lettersOf, scripted, settled, step, world } from './scripted.js';
import type { Step } from './scripted.js';

test('hazard 25: a Down that waited for an incarnation is not given to the next one', async () => {
  const signals: Signal[] = [];
  const { host, system, ref } = await world([
    scripted('watcher', { signal: (signal) => signals.push(signal) }),
    scripted('target'),
  ]);
  ref('watcher').tell(step('watch', (ctx) => ctx.monitor(ref('target'))));
  await host.settle();
  system.suspend(ref('watcher'));
  ref('watcher').tell(boom());
  ref('target').tell(step('stop', (ctx) => ctx.stop()));
  await host.settle();
  system.resume(ref('watcher'));
  await host.settle();
  expect(system.handle(ref('watcher') as never)?.incarnation).toBe(2);
  expect(signals).toEqual([]);
});

test('hazard 95: the outcome of an ask is not given to the life after the one that asked', async () => {
  const log: string[] = [];
  const { host, system, ref } = await world([scripted('asker', { log }), scripted('target')]);
  ref('asker').tell(
    step('ask', (ctx) => {
      const question = step('question', (target) => target.reply(step(''), 1));
      ctx.ask(ref('target'), question, { deadlineMs: 5 }, () => step('answer'));
      system.suspend(ctx.self);
    }),
  );
  ref('asker').tell(boom());
  await host.settle();
  system.resume(ref('asker'));
  await host.settle();
  expect(system.handle(ref('asker') as never)?.incarnation).toBe(2);
  expect(log).toEqual(['ask']);
});

test('hazard 95: a trapped exit of an old life is not given to the new one', async () => {
  const signals: string[] = [];
  const { host, system, ref } = await world([
    scripted('trapper', { init: (ctx) => ctx.trapExits(true), signal: ({ type }) => signals.push(type) }),
  ]);
  system.suspend(ref('trapper'));
  ref('trapper').tell(boom());
  system.exit(ref('trapper'), { kind: 'error', error: 'x' });
  system.resume(ref('trapper'));
  await host.settle();
  expect(system.handle(ref('trapper') as never)?.incarnation).toBe(2);
  expect(signals).toEqual([]);
});

test('hazard 22: a stop order dies with the life it was for', async () => {
  const waiting = gate();
  const { host, system, ref, story } = await world(
    [
      scripted('first'),
      scripted('trapper', { init: (ctx) => ctx.trapExits(true) }, { shutdownMs: 'infinity' }),
    ],
    { supervision: { strategy: 'one_for_all' } },
  );
  ref('trapper').tell(step('wait', () => waiting.promise));
  ref('trapper').tell(boom());
  ref('first').tell(boom('first'));
  await host.settle();
  waiting.open();
  await host.settle();
  expect(story('started')).toEqual([
    'started root/first 1',
    'started root/trapper 1',
    'started root 1',
    'started root/first 2',
    'started root/trapper 2',
  ]);
  expect(system.handle(ref('trapper') as never)?.alive).toBe(true);
});

test('hazard 59: a fenced handler changes nothing in the next life and everything it asks for is counted', async () => {
  const old = gate();
  const after = gate();
  const n = name<Step>('fenced');
  const { host, system, ref } = await world([scripted('a', {}, { shutdownMs: 100 }), scripted('b')]);
  ref('a').tell(
    step('late', async (ctx: Ctx<Step>) => {
      await old.promise;
      ctx.trapExits(true);
      ctx.register(n);
      ctx.timer('t', 1, step('tick'));
      ctx.tell(ref('b'), step('escaped'));
      expect(() => ctx.spawn(scripted('child'))).toThrow('an incarnation that has ended');
      after.open();
    }),
  );
  await host.settle();
  system.exit(ref('a'), kill);
  await host.advance(200);
  expect(system.census().orphans).toBe(1);
  expect(system.handle(ref('a') as never)?.incarnation).toBe(2);
  old.open();
  await after.promise.catch(() => undefined);
  await host.settle();
  expect(system.whereis(n)).toBeUndefined();
  expect(system.inspect(ref('a') as never)).toMatchObject({ timers: [], names: [], lastError: null });
  expect(system.tree().children[0]?.children).toEqual([]);
  expect(system.inspect(ref('b') as never)?.accepted).toBe(0);
  expect(system.census()).toMatchObject({ orphans: 0, fencedEffects: 5 });
  system.exit(ref('a'), { kind: 'error', error: 'untrapped' });
  await host.settle();
  expect(system.handle(ref('a') as never)?.incarnation).toBe(3);
  ref('a').tell(step('spawn', (ctx) => ctx.spawn(scripted('child'))));
  await host.settle();
  expect(system.find('root/a/child')).toBeDefined();
});

test('hazard 59: the limit of an old terminate hook does not kill the next life', async () => {
  const hook = gate();
  const { host, system, ref } = await world([
    scripted('a', { terminate: () => hook.promise }, { shutdownMs: 1_000 }),
  ]);
  ref('a').tell(step('stop', (ctx) => ctx.stop()));
  await host.advance(100);
  system.exit(ref('a'), kill);
  hook.open();
  await host.settle();
  expect(system.handle(ref('a') as never)).toMatchObject({ incarnation: 2, alive: true });
  await host.advance(2_000);
  expect(system.handle(ref('a') as never)).toMatchObject({ incarnation: 2, alive: true });
});

test('hazard 59: the limit of a stop that its supervisor did not live to see does not kill the next life', async () => {
  const hook = gate();
  const a = scripted(
    'a',
    { init: (ctx) => ctx.trapExits(true), terminate: () => hook.promise },
    { shutdownMs: 1_000 },
  );
  const inner = supervisor('inner', { strategy: 'one_for_one', intensity: 1, periodMs: 1_000 }, [a]);
  const { host, system, ref } = await world([inner]);
  void system.terminateChild(ref('inner'), 'a');
  await host.advance(100);
  system.exit(ref('inner'), kill);
  hook.open();
  await host.settle();
  expect(system.handle(ref('inner/a') as never)).toMatchObject({ incarnation: 2, alive: true });
  await host.advance(2_000);
  expect(system.handle(ref('inner/a') as never)).toMatchObject({ incarnation: 2, alive: true });
});

test('a child that is being stopped when its parent dies leaves no limit of the first stop behind', async () => {
  const work = gate();
  const { host, system, ref } = await world([busyParent(work)]);
  ref('a').tell(step('stop it', (ctx) => ctx.stopChild(ref('a/busy'))));
  await host.advance(100);
  ref('a').tell(boom());
  await host.advance(100);
  expect(system.handle(ref('a') as never)).toMatchObject({ incarnation: 1, alive: false });
  work.open();
  await host.settle();
  expect(system.handle(ref('a') as never)).toMatchObject({ incarnation: 2, alive: true });
  expect(system.census().timers).toBe(0);
});

test('a child that is told again to stop keeps the limit of the first time', async () => {
  const { host, ref, story } = await world([busyParent(gate())]);
  for (let time = 0; time < 4; time++) {
    ref('a').tell(step('stop it', (ctx) => ctx.stopChild(ref('a/busy'))));
    await host.advance(300);
  }
  expect(story('exited')).toEqual(['exited root/a/busy 1 killed']);
});

/** Its child is in the middle of a long turn, with a second to stop once it is asked to. */
const busyParent = (work: { readonly promise: Promise<void> }): ChildSpec<Step> =>
  scripted('a', {
    init(ctx, life) {
      if (life > 1) return;
      const busy = scripted(
        'busy',
        { init: (own) => own.trapExits(true) },
        { restart: 'temporary', shutdownMs: 1_000 },
      );
      ctx.tell(
        ctx.spawn(busy),
        step('work', () => work.promise),
      );
    },
  });

test('hazard 59: the start limit of an old init does not fail the next one', async () => {
  const inits = [gate(), gate()];
  const { host, system, ref } = await world([
    scripted(
      'a',
      { init: (_ctx, life) => (life === 1 ? undefined : inits[life - 2]?.promise) },
      { startMs: 1_000, shutdownMs: 10 },
    ),
  ]);
  ref('a').tell(boom());
  await host.advance(900);
  system.exit(ref('a'), kill);
  await host.advance(20);
  expect(system.inspect(ref('a') as never)).toMatchObject({ incarnation: 3, status: 'starting' });
  await host.advance(200);
  expect(system.inspect(ref('a') as never)).toMatchObject({ incarnation: 3, status: 'starting' });
  inits[1]?.open();
  await host.settle();
  expect(system.inspect(ref('a') as never)).toMatchObject({ incarnation: 3, status: 'running' });
});

test('hazard 5: named children of an old life are gone before the next init, however long each may take', async () => {
  const hook = gate();
  const { host, system, ref, story } = await world([
    scripted(
      'a',
      {
        init: (ctx) =>
          ctx.spawn(
            scripted(
              'child',
              { init: (own) => own.trapExits(true), terminate: () => hook.promise },
              { shutdownMs: 'infinity' },
            ),
          ),
      },
      { shutdownMs: 50 },
    ),
  ]);
  ref('a').tell(boom());
  await host.advance(1_000);
  expect(system.inspect(ref('a') as never)).toMatchObject({ incarnation: 1 });
  hook.open();
  await host.settle();
  expect(system.find('root/a/child')).toBeDefined();
  expect(story('started', 'exited')).toEqual([
    'started root/a 1',
    'started root/a/child 1',
    'started root 1',
    'exited root/a 1 error',
    'exited root/a/child 1 shutdown',
    'started root/a 2',
    'started root/a/child 1',
  ]);
  expect(system.census().orphans).toBe(0);
});

test('hazard 62: a handler is listed once however many wait for it, and no longer once it has settled', async () => {
  const stuck = gate();
  const { host, system, ref, events } = await world([
    scripted('parent', { init: (ctx) => void ctx.spawn(scripted('child', {}, { shutdownMs: 100 })) }),
  ]);
  ref('parent/child').tell(step('stuck', () => stuck.promise));
  await host.settle();
  ref('parent').tell(step('stop child', (ctx) => ctx.stopChild(ref('parent/child'))));
  await host.advance(1_000);
  expect(events.filter(({ type }) => type === 'orphaned')).toHaveLength(1);
  expect(system.census()).toMatchObject({ orphans: 1, processes: 2 });
  stuck.open();
  await host.settle();
  expect(system.census().orphans).toBe(0);
});

test('hazard 62: a group restart waits for a stuck sibling once', async () => {
  const stuck = gate();
  const { host, system, ref } = await world([scripted('a'), scripted('b', {}, { shutdownMs: 100 })], {
    supervision: { strategy: 'one_for_all' },
  });
  ref('b').tell(step('stuck', () => stuck.promise));
  ref('a').tell(boom());
  await host.advance(101);
  expect(system.handle(ref('b') as never)).toMatchObject({ incarnation: 2, alive: true });
  stuck.open();
});

test('hazard 22: nothing starts under a supervisor that was killed while it waited for an old handler', async () => {
  const stuck = gate();
  const { host, system, ref } = await world([scripted('a', {}, { shutdownMs: 1_000 })]);
  ref('a').tell(step('stuck', () => stuck.promise));
  await host.settle();
  system.exit(ref('a'), kill);
  await host.advance(10);
  system.exit(system.root, kill);
  await host.advance(10);
  stuck.open();
  await host.settle();
  expect(system.handle(ref('a') as never)).toMatchObject({ incarnation: 1, alive: false });
  const report = await settled(host, system.stop());
  expect(report.orphans).toEqual([]);
});

test('hazard 99: the message in flight when its incarnation is killed becomes a dead letter', async () => {
  const stuck = gate();
  const { host, system, ref } = await world([scripted('a', {}, { shutdownMs: 10 })]);
  ref('a').tell(step('in flight', () => stuck.promise));
  ref('a').tell(step('behind'));
  await host.settle();
  system.exit(ref('a'), kill);
  await host.advance(20);
  expect(lettersOf(system)).toEqual(['crashed in flight']);
  expect(system.inspect(ref('a') as never)).toMatchObject({ accepted: 2, handled: 1, lost: 1 });
  stuck.open();
  await host.settle();
  expect(lettersOf(system)).toHaveLength(1);
});

test('hazard 1: an actor that is ended while its init runs, by itself, has failed to start once', async () => {
  const { host, system, ref, story } = await world(
    [
      scripted('a', {
        init: (_ctx, life) => {
          if (life === 1) return;
          system.exit(ref('a'), kill);
          throw new Error('after its end');
        },
      }),
    ],
    { supervision: { intensity: 1 } },
  );
  ref('a').tell(boom());
  await host.settle();
  expect(story('start_failed', 'gave_up')).toEqual(['start_failed root/a', 'gave_up root']);
  await system.quiescent();
});

test('hazard 99: a message whose handler ends its own actor from outside the turn is a dead letter too', async () => {
  const { host, system, ref } = await world([scripted('a'), scripted('b')]);
  ref('a').tell(
    step('self', (ctx) => {
      ctx.tell(ref('b'), step('escaped'));
      system.exit(ref('a'), kill);
    }),
  );
  await host.settle();
  expect(lettersOf(system)).toEqual(['crashed self']);
  expect(system.inspect(ref('a') as never)).toMatchObject({ accepted: 1, handled: 0, lost: 1 });
  expect(system.inspect(ref('b') as never)).toMatchObject({ accepted: 0 });
});

test('hazard 55: a subscriber that kills the actor whose crash it is told of leaves no zombie', async () => {
  const { host, system, ref } = await world([scripted('a', { terminate: () => undefined })]);
  system.trace(({ type }) => {
    if (type === 'crashed') system.exit(ref('a'), kill);
  });
  ref('a').tell(boom());
  await host.settle();
  expect(system.inspect(ref('a') as never)).toMatchObject({ incarnation: 2, status: 'running' });
});
