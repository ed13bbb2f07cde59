/** Rows 86 to 95: timers. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Callback, Timers } from '../../../actors/kernel/timers.js';
import { System } from '../../../runtime/system.js';
import { SimulationHost } from '../../../runtime/testing/simulation-host.js';
import { boom, gate, scripted, settled, step, world } from './scripted.js';
import type { Step } from './scripted.js';
import type { Ctx } from '../../../runtime/index.js';

test('hazard 86: a fixed delay counts from the end of the handling, so a slow handler has no tick waiting', async () => {
  const at: number[] = [];
  const { host, system, ref } = await world([scripted('a')]);
  const gates: ReturnType<typeof gate>[] = [];
  const tick = step('tick', () => {
    at.push(host.nowMs);
    const slow = gate();
    gates.push(slow);
    return slow.promise;
  });
  ref('a').tell(step('set', (ctx) => ctx.timerWithFixedDelay('t', 10, tick)));
  await host.advance(10);
  await host.advance(100);
  expect(system.inspect(ref('a'))?.mailbox?.depth).toBe(0);
  gates[0]?.open();
  await host.advance(9);
  expect(at).toEqual([10]);
  await host.advance(1);
  expect(at).toEqual([10, 120]);
});

test('hazard 86: of a fixed rate at most one tick waits, and it does not drift', async () => {
  const at: number[] = [];
  const slow = gate();
  const { host, ref } = await world([scripted('a')]);
  const tick = step('tick', () => {
    at.push(host.nowMs);
    return at.length === 1 ? slow.promise : undefined;
  });
  ref('a').tell(step('set', (ctx) => ctx.timerAtFixedRate('t', 10, tick)));
  await host.advance(55);
  slow.open();
  await host.settle();
  await host.advance(15);
  expect(at).toEqual([10, 55, 60, 70]);
});

test('hazard 87: a timer that each message sets again is not heard within the window, also after a long handler', async () => {
  const log: string[] = [];
  const slow = gate();
  const { host, ref } = await world([scripted('a', { log })]);
  const idle = step('idle');
  const work = (until?: Promise<void>) =>
    step('work', async (ctx) => {
      await until;
      ctx.timer('idle', 10, idle);
    });
  ref('a').tell(work());
  await host.advance(5);
  ref('a').tell(work(slow.promise));
  await host.advance(50);
  ref('a').tell(work());
  slow.open();
  await host.settle();
  await host.advance(9);
  expect(log).toEqual(['work', 'work', 'work']);
  await host.advance(1);
  expect(log).toEqual(['work', 'work', 'work', 'idle']);
});

type TimerOp = {
  readonly op: 'set' | 'cancel' | 'hold' | 'free' | 'pass' | 'crash';
  readonly key: string;
  readonly ms: number;
};

test('hazards 88, 89, 95: timers do what a list of them does, whatever is cancelled, replaced, waiting or outlived', async () => {
  const operation: fc.Arbitrary<TimerOp> = fc.record({
    op: fc.constantFrom('set', 'set', 'cancel', 'hold', 'free', 'pass', 'pass', 'crash'),
    key: fc.constantFrom('x', 'y'),
    ms: fc.integer({ min: 0, max: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 30 }), async (operations) => {
      const { host, system, ref } = await world([scripted('a')], { supervision: { intensity: 1_000 } });
      const rung: string[] = [];
      const model = {
        timers: new Map<string, { dueMs: number; n: number }>(),
        held: false,
        rung: [] as string[],
      };
      const ring = () => {
        const due = [...model.timers].filter(([, { dueMs }]) => dueMs <= host.nowMs);
        due.sort(([, a], [, b]) => a.dueMs - b.dueMs || a.n - b.n);
        if (model.held) return;
        for (const [key, { n }] of due) {
          model.rung.push(`${key}${n}`);
          model.timers.delete(key);
        }
      };
      let n = 0;
      for (const { op, key, ms } of operations) {
        const id = ++n;
        const inTurn = async (run: (ctx: Ctx<Step>) => unknown) => {
          if (model.held) return false;
          ref('a').tell(step(op, run));
          await host.settle();
          return true;
        };
        if (op === 'set') {
          if (
            await inTurn((ctx) =>
              ctx.timer(
                key,
                ms,
                step('rung', () => rung.push(`${key}${id}`)),
              ),
            )
          )
            model.timers.set(key, { dueMs: host.nowMs + ms, n: id });
        } else if (op === 'cancel') {
          const seen: boolean[] = [];
          if (await inTurn((ctx) => seen.push(ctx.cancelTimer(key))))
            expect(seen).toEqual([model.timers.delete(key)]);
        } else if (op === 'crash') {
          if (await inTurn(() => Promise.reject(new Error('crash')))) model.timers.clear();
        } else if (op === 'pass') await host.advance(ms);
        else {
          model.held = op === 'hold';
          system[model.held ? 'suspend' : 'resume'](ref('a'));
        }
        await host.settle();
        ring();
        expect(rung).toEqual(model.rung);
        expect([...(system.inspect(ref('a'))?.timers ?? [])].sort()).toEqual([...model.timers.keys()].sort());
      }
    }),
    { numRuns: 200 },
  );
});

test.each(['timerAtFixedRate', 'timerWithFixedDelay'] as const)(
  'hazard 90: cancelling %s within its first tick leaves nothing armed',
  async (verb) => {
    const log: string[] = [];
    const { host, system, ref } = await world([scripted('a', { log })]);
    ref('a').tell(
      step('set', (ctx) =>
        ctx[verb](
          't',
          5,
          step('tick', (own) => expect(own.cancelTimer('t')).toBe(true)),
        ),
      ),
    );
    await host.advance(100);
    expect(log).toEqual(['set', 'tick']);
    expect(system.census().timers).toBe(0);
  },
);

test.each([NaN, -1, Infinity, -Infinity])('hazard 91: a timer of %p ms is refused', async (ms) => {
  const { host, system, ref, events } = await world([scripted('a')]);
  for (const verb of ['timer', 'timerAtFixedRate', 'timerWithFixedDelay'] as const)
    ref('a').tell(step('set', (ctx) => ctx[verb]('t', ms, step('never'))));
  await host.settle();
  expect(events.flatMap((event) => (event.type === 'crashed' ? [event.error] : []))).toEqual(
    Array(3).fill(expect.any(RangeError)),
  );
  expect(system.census().timers).toBe(0);
});

test('hazard 91: a period of 0 ms is refused, a delay of 0 ms is not', async () => {
  const log: string[] = [];
  const { host, ref, story } = await world([scripted('a', { log }), scripted('b')]);
  ref('a').tell(step('once', (ctx) => ctx.timer('t', 0, step('tick'))));
  ref('b').tell(step('rate', (ctx) => ctx.timerAtFixedRate('t', 0, step('never'))));
  await host.advance(1);
  expect(log).toEqual(['once', 'tick']);
  expect(story('crashed')).toHaveLength(1);
});

test('hazard 91: a wait above 2^31 - 1 ms is reached in several alarms, none of them longer', async () => {
  const longest: number[] = [];
  const host = new SimulationHost();
  const { alarm } = host;
  const watched = Object.assign(host, {
    alarm: { ...alarm, set: (ms: number, ring: () => void) => (longest.push(ms), alarm.set(ms, ring)) },
  });
  const log: string[] = [];
  const system = await settled(host, System.start(scripted('a', { log }), { host: watched }));
  system.root.tell(step('set', (ctx) => ctx.timer('far', 2 ** 32 + 5, step('rung'))) as never);
  await host.advance(2 ** 32 + 4);
  expect(log).toEqual(['set']);
  await host.advance(1);
  expect(log).toEqual(['set', 'rung']);
  expect(Math.max(...longest)).toBe(2 ** 31 - 1);
});

test('hazard 55: a timer whose ringing throws is reported and silences no other', () => {
  const host = new SimulationHost();
  const errors: unknown[] = [];
  const timers = new Timers(host.clock, host.alarm, {
    touch: () => undefined,
    ringFailed: (error) => errors.push(error),
  });
  const rung: string[] = [];
  const bad = new Callback(() => {
    throw new Error('ring');
  });
  timers.set(bad, 1);
  timers.set(new Callback(() => rung.push('same time')), 1);
  timers.set(new Callback(() => rung.push('later')), 2);
  return host.advance(2).then(() => {
    expect(rung).toEqual(['same time', 'later']);
    expect(errors).toHaveLength(1);
    expect(timers.count).toBe(0);
  });
});

test('hazard 91: a time that is no number reaches no timer, behind which none would ring', () => {
  const host = new SimulationHost();
  const timers = new Timers(host.clock, host.alarm, { touch: () => undefined, ringFailed: () => undefined });
  expect(() => timers.set(new Callback(() => undefined), NaN)).toThrow(RangeError);
  expect(timers.count).toBe(0);
});

test('a heap of timers rings in the order of time and then of setting, whatever was cancelled', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ ms: fc.nat(20), cancel: fc.boolean() }), { maxLength: 60 }),
      async (given) => {
        const host = new SimulationHost();
        const timers = new Timers(host.clock, host.alarm, {
          touch: () => undefined,
          ringFailed: () => undefined,
        });
        const rung: number[] = [];
        const set = given.map(({ ms }, i) => {
          const timer = new Callback(() => rung.push(i));
          timers.set(timer, ms);
          return timer;
        });
        given.forEach(({ cancel }, i) => {
          const timer = set[i];
          if (cancel && timer !== undefined) expect(timers.cancel(timer)).toBe(true);
        });
        await host.advance(20);
        const expected = given.map((one, i) => ({ ...one, i })).filter(({ cancel }) => !cancel);
        expect(rung).toEqual(expected.sort((a, b) => a.ms - b.ms || a.i - b.i).map(({ i }) => i));
      },
    ),
  );
});

test('hazard 17: steps of the wall clock neither grant nor take a restart, nor move a timer', async () => {
  for (const stepMs of [-3_600_000, 3_600_000]) {
    const host = new SimulationHost();
    let wallMs = 1e12;
    Object.assign(host, { clock: { nowMs: () => host.nowMs, wallMs: () => wallMs } });
    const log: string[] = [];
    const { ref, story } = await world([scripted('a', { log })], {
      supervision: { intensity: 1, periodMs: 1_000 },
      system: { host },
    });
    ref('a').tell(step('set', (ctx) => ctx.timer('t', 50, step('tick'))));
    await host.settle();
    wallMs += stepMs;
    await host.advance(49);
    expect(log).toEqual(['set']);
    await host.advance(1);
    expect(log).toEqual(['set', 'tick']);
    ref('a').tell(boom());
    await host.settle();
    wallMs += stepMs;
    await host.advance(1_000);
    ref('a').tell(boom());
    await host.settle();
    expect(story('gave_up')).toEqual(['gave_up root']);
  }
});

test('hazard 93: no age that is shown is below zero, also when the clock stands still', async () => {
  const { system, ref } = await world([scripted('a')]);
  system.suspend(ref('a'));
  ref('a').tell(step('waits'));
  expect(system.inspect(ref('a'))?.mailbox?.headAgeMs).toBe(0);
});

test('hazard 94: a timer that fires while its actor still starts waits for the start', async () => {
  const log: string[] = [];
  const open = gate();
  const host = new SimulationHost();
  const starting = System.start(
    scripted('a', {
      log,
      init: (ctx) => {
        ctx.timer('t', 1, step('tick'));
        return open.promise;
      },
    }),
    { host },
  );
  await host.advance(10);
  expect(log).toEqual([]);
  open.open();
  await settled(host, starting);
  expect(log).toEqual(['tick']);
});
