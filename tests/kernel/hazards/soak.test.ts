/** Rows 45, 78, 113: what is used many times returns to where it began. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
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

interface MailboxMemory {
  /** Bytes of a queue of a million, of the same queue drained, and of a thousand that held five thousand each. */
  readonly full: number;
  readonly drained: number;
  readonly thousand: number;
  readonly kept: number;
  readonly left: number;
}

/** In a process of its own: here, what other tests have left would be collected meanwhile and taken for a gain. */
const mailboxMemory = (): MailboxMemory =>
  JSON.parse(
    execFileSync(
      process.execPath,
      ['--expose-gc', path.resolve('tests', 'kernel', 'hazards', 'programs', 'mailbox-memory.mjs')],
      { encoding: 'utf8', timeout: 60_000 },
    ),
  ) as MailboxMemory;

test('hazard 45: a drained queue of a million gives its memory back, and queues that were long once keep little', () => {
  const { full, drained, thousand, kept, left } = mailboxMemory();
  expect({ kept, left }).toEqual({ kept: 1_000, left: 0 });
  expect(full).toBeGreaterThan(20e6);
  expect(drained).toBeLessThan(full / 4);
  expect(thousand).toBeLessThan(10e6);
}, 60_000);

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
