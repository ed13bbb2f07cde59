/** Rows 45, 78, 113: what is used many times returns to where it began. */
import v8 from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { Mailbox } from '../../../actors/kernel/mailbox.js';
import { dynamicSupervisor } from '../../../runtime/index.js';
import type { Ref, SupervisorMsg } from '../../../runtime/index.js';
import { scripted, settled, step, world } from './scripted.js';

v8.setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapBytes(): number {
  // Twice: what the first collection finalises, the second one frees.
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

test('hazard 45: a drained queue of a million gives its memory back', () => {
  const mailbox = new Mailbox();
  const before = heapBytes();
  for (let i = 0; i < 1_000_000; i++) mailbox.push(i, undefined, 0);
  const full = heapBytes();
  while (mailbox.size > 0) mailbox.shift();
  const drained = heapBytes();
  expect(full - before).toBeGreaterThan(20e6);
  expect(drained - before).toBeLessThan((full - before) / 4);
});

test('hazard 45: a thousand queues that were long once keep little', () => {
  const before = heapBytes();
  const drained = Array.from({ length: 1_000 }, () => {
    const mailbox = new Mailbox();
    for (let i = 0; i < 5_000; i++) mailbox.push(i, undefined, 0);
    while (mailbox.size > 0) mailbox.shift();
    return mailbox;
  });
  expect(heapBytes() - before).toBeLessThan(10e6);
  expect(drained).toHaveLength(1_000);
});

test('hazard 45: taking from a queue of a million costs what taking from ten costs', () => {
  const takesUs = (waiting: number): number => {
    const mailbox = new Mailbox();
    for (let i = 0; i < waiting; i++) mailbox.push(i, undefined, 0);
    const rounds = Array.from({ length: 9 }, () => {
      const begun = performance.now();
      for (let i = 0; i < 2_000; i++) {
        mailbox.push(mailbox.shift(), undefined, 0);
      }
      return (performance.now() - begun) * 1_000;
    });
    return rounds.sort((a, b) => a - b)[4] ?? 0;
  };
  takesUs(10);
  // A queue that is copied or searched costs a thousand times as much.
  expect(takesUs(1_000_000)).toBeLessThan(50 * Math.max(20, takesUs(10)));
});

test('hazards 78, 113: after 100,000 watched starts and stops every table is empty, and the heap is where it was', async () => {
  let downs = 0;
  const pool = dynamicSupervisor('pool', { intensity: 1, periodMs: 1 }, () =>
    scripted('short', {}, { restart: 'temporary' }),
  );
  const { host, system, ref, events } = await world([scripted('watcher', { signal: () => downs++ }), pool]);
  const at = ref('pool') as never as Ref<SupervisorMsg<null>>;
  const cycle = async (times: number) => {
    for (let i = 0; i < times; i++) {
      const started = await settled(host, system.startDynamicChild(at, null));
      if (!started.ok || !started.value.ok || started.value.handle === undefined) throw new Error('no start');
      const child = started.value.handle.ref as Ref<ReturnType<typeof step>>;
      ref('watcher').tell(step('watch', (ctx) => ctx.monitor(child)));
      host.run();
      child.tell(step('stop', (ctx) => ctx.stop()));
      host.run();
    }
    events.length = 0;
  };
  await cycle(2_000);
  const before = system.census();
  const heap = heapBytes();
  await cycle(98_000);
  expect(downs).toBe(100_000);
  expect(system.census()).toEqual(before);
  expect(system.inspect(ref('watcher'))).toMatchObject({ monitors: 0, mailbox: { depth: 0 } });
  expect(system.tree().children).toHaveLength(2);
  expect(heapBytes() - heap).toBeLessThan(20e6);
}, 120_000);
