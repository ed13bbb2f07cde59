/** A turn that crashes, or that its incarnation does not survive, leaves nothing but its report. */
import { expect, test } from '@jest/globals';
import { kill, name } from '../../../runtime/index.js';
import type { Ctx, Signal } from '../../../runtime/index.js';
import { gate, lettersOf, scripted, settled, step, world } from './scripted.js';
import type { Step, World } from './scripted.js';

const published = name<Step>('published');

/** Uses every verb that others could notice. */
function everyVerb(ctx: Ctx<Step>, other: Step, ref: World['ref']): void {
  ctx.tell(ref('b'), other);
  ctx.tell(ref('b'), other, { expiresInMs: 1_000 });
  ctx.ask(ref('b'), other as never, { deadlineMs: 1_000 }, () => other);
  ctx.reply(other, 'escaped');
  ctx.spawn(scripted('child', { init: (own) => own.tell(ref('b'), other) }));
  ctx.monitor(ref('b'));
  ctx.link(ref('b'));
  ctx.exit(ref('b'), kill);
  ctx.register(published);
  ctx.timer('t', 1, other);
  ctx.timerAtFixedRate('r', 1, other);
  ctx.trapExits(true);
  ctx.stop();
}

const ends = {
  'throws at once': (verbs: () => void) => {
    verbs();
    throw new Error('at once');
  },
  'rejects later': async (verbs: () => void) => {
    await Promise.resolve();
    verbs();
    throw new Error('later');
  },
  'is killed while it waits': async (verbs: () => void) => {
    verbs();
    await gate().promise;
  },
} as const;

test.each(Object.keys(ends) as (keyof typeof ends)[])(
  'hazard 59: of a turn that %s nothing escapes, and the next life begins clean',
  async (end) => {
    const signals: Signal[] = [];
    const given = await world([
      scripted('a', { signal: (signal) => signals.push(signal) }, { shutdownMs: 10 }),
      scripted('b', {}, { restart: 'temporary' }),
    ]);
    const { host, system, ref } = given;
    const before = system.census();
    const asked = system.ask(
      ref('a'),
      step('turn', (ctx) => ends[end](() => everyVerb(ctx, step('escaped'), ref))),
      { deadlineMs: 60_000 },
    );
    await host.settle();
    if (end === 'is killed while it waits') system.exit(ref('a'), kill);
    await host.advance(50);
    expect(await asked).toMatchObject({ ok: false, reason: { type: 'exit' } });
    expect(system.inspect(ref('b'))).toMatchObject({ accepted: 0, links: 0, monitors: 0, status: 'running' });
    expect(system.inspect(ref('a'))).toMatchObject({
      incarnation: 2,
      status: 'running',
      timers: [],
      names: [],
      links: 0,
      handled: 0,
    });
    expect(system.find('root/a/child')).toBeUndefined();
    expect(system.whereis(published)).toBeUndefined();
    expect(signals).toEqual([]);
    expect(lettersOf(system)).toEqual(['crashed turn']);
    const orphans = end === 'is killed while it waits' ? 1 : 0;
    expect(system.census()).toEqual({ ...before, orphans });
    system.exit(ref('a'), { kind: 'error', error: 'not trapped' });
    await host.settle();
    expect(system.handle(ref('a'))?.incarnation).toBe(3);
  },
);

test('a turn that completes does all it recorded, in the order of its verbs', async () => {
  const log: string[] = [];
  const { host, system, ref } = await world([scripted('a'), scripted('b', { log })]);
  const asked = system.ask(
    ref('a'),
    step('turn', async (ctx) => {
      ctx.tell(ref('b'), step('1'));
      ctx.reply(step('turn'), 'answer');
      await Promise.resolve();
      ctx.tell(ref('b'), step('2'));
    }),
    { deadlineMs: 1 },
  );
  expect(log).toEqual([]);
  expect(await settled(host, asked)).toEqual({ ok: true, value: 'answer' });
  expect(log).toEqual(['1', '2']);
});

test('a failing terminate hook has no effects, and what it had recorded before is dropped', async () => {
  const { host, system, ref, story } = await world([
    scripted('a', {
      terminate: (ctx) => {
        ctx.tell(ref('b'), step('escaped'));
        throw new Error('in the hook');
      },
    }),
    scripted('b'),
  ]);
  ref('a').tell(step('stop', (ctx) => ctx.stop()));
  await host.settle();
  expect(system.inspect(ref('b'))?.accepted).toBe(0);
  // Hazard 4: told once, and the restart goes on.
  expect(story('crashed', 'started')).toEqual([
    'started root/a 1',
    'started root/b 1',
    'started root 1',
    'crashed root/a',
    'started root/a 2',
  ]);
});

test('mail behind a crash keeps its order, and the message tried again comes first', async () => {
  const log: string[] = [];
  const { host, ref } = await world([scripted('a', { log }, { attempts: 2 })]);
  let broken = true;
  ref('a').tell(
    step('poison', () => {
      if (!broken) return;
      broken = false;
      throw new Error('once');
    }),
  );
  for (const type of ['1', '2', '3']) ref('a').tell(step(type));
  await host.settle();
  expect(log).toEqual(['poison', '1', '2', '3']);
});

test('an ask is never tried again, whatever the attempts: its caller has been failed', async () => {
  let tries = 0;
  const { host, system, ref } = await world([scripted('a', {}, { attempts: 5 })]);
  const asked = system.ask(
    ref('a'),
    step('question', () => {
      tries++;
      throw new Error('no answer');
    }),
    { deadlineMs: 1_000 },
  );
  expect(await settled(host, asked)).toMatchObject({ ok: false, reason: { type: 'exit' } });
  expect(tries).toBe(1);
  expect(lettersOf(system)).toEqual(['crashed question']);
});

test('a message in flight when its actor is killed is tried again while it has attempts', async () => {
  const log: string[] = [];
  let tries = 0;
  const { host, system, ref } = await world([scripted('a', { log }, { attempts: 2, shutdownMs: 10 })]);
  ref('a').tell(step('hangs once', () => (++tries === 1 ? gate().promise : undefined)));
  await host.settle();
  system.exit(ref('a'), kill);
  await host.advance(10);
  expect(log).toEqual(['hangs once']);
  expect(lettersOf(system)).toEqual([]);
});

test('a context that is used between turns is a bug that shows, and has no effect', async () => {
  let kept: Ctx<Step> | undefined;
  const { host, system, ref } = await world([scripted('a', { init: (ctx) => (kept = ctx) }), scripted('b')]);
  for (const verb of ['tell', 'ask', 'spawn', 'stop', 'timer'] as const) {
    const call: Record<typeof verb, () => unknown> = {
      tell: () => kept?.tell(ref('b'), step('x')),
      ask: () => kept?.ask(ref('b'), step('x'), { deadlineMs: 1 }, () => step('y')),
      spawn: () => kept?.spawn(scripted('child')),
      stop: () => kept?.stop(),
      timer: () => kept?.timer('t', 1, step('x')),
    };
    expect(call[verb]).toThrow('outside its turn');
  }
  await host.advance(10);
  expect(system.inspect(ref('b'))?.accepted).toBe(0);
});

test('hazard 58: one message at a time, also while an async handler waits and restarts come', async () => {
  let inside = 0;
  let most = 0;
  const gates: ReturnType<typeof gate>[] = [];
  const { host, system, ref } = await world([scripted('a', {}, { shutdownMs: 'infinity' })]);
  const slow = step('slow', async () => {
    most = Math.max(most, ++inside);
    const waiting = gate();
    gates.push(waiting);
    await waiting.promise.finally(() => inside--);
  });
  for (let i = 0; i < 6; i++) ref('a').tell(slow);
  for (let i = 0; i < 6; i++) {
    await host.settle();
    if (i % 2 === 0) system.exit(ref('a'), kill);
    await host.advance(60_000);
    gates[i]?.open();
  }
  await host.settle();
  expect(most).toBe(1);
  expect(gates).toHaveLength(6);
  expect(system.census().asyncTurns).toBe(0);
});

test('a driver learns the end of its work as a message, unless its life is over: then it is counted', async () => {
  const log: string[] = [];
  const { host, system, ref } = await world([scripted('a', { log })]);
  const [first, second] = [gate(), gate()];
  for (const work of [first, second])
    ref('a').tell(
      step('begin', (ctx) => ctx.pipeToSelf(work.promise, ({ ok }) => step(ok ? 'done' : 'failed'))),
    );
  await host.settle();
  first.break(new Error('work'));
  await host.settle();
  system.exit(ref('a'), kill);
  second.open();
  await host.settle();
  expect(log).toEqual(['begin', 'begin', 'failed']);
  expect(system.census().fencedEffects).toBe(1);
});
