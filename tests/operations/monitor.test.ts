import { expect, test } from '@jest/globals';
import { handle, monitor } from '../../actors/operations/monitor.js';
import { operations } from '../../protocols/operations.js';
import type { FactsSnapshot } from '../../protocols/operations.js';
import { startTree, supervisor } from '../../runtime/index.js';
import type { System } from '../../runtime/index.js';

const start = (read: () => Promise<unknown>): Promise<System> =>
  startTree(
    supervisor('root', { strategy: 'one_for_one', intensity: 0, periodMs: 1_000 }, [
      monitor([{ id: 'counts', everyMs: 5, read }]),
    ]),
  );

async function facts(system: System): Promise<FactsSnapshot> {
  const outcome = await system.ask(operations.monitor, { type: 'facts' }, { deadlineMs: 1_000 });
  if (!outcome.ok) throw new Error(outcome.reason.type);
  return outcome.value;
}

/** Calls back with a promise for each reading, so that the test says when and how it ends. */
function readings() {
  const pending: { settle: (value: unknown) => void; fail: (error: Error) => void }[] = [];
  let wake: (() => void) | undefined;
  return {
    read: () =>
      new Promise<unknown>((settle, fail) => {
        pending.push({ settle, fail });
        wake?.();
      }),
    next: async () => {
      while (pending.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      const first = pending.shift();
      if (first === undefined) throw new Error('no reading waits');
      return first;
    },
    waiting: () => pending.length,
  };
}

test('a source that has not answered yet is unknown and stale, not zero', async () => {
  const source = readings();
  const system = await start(source.read);
  expect((await facts(system)).facts).toEqual({
    counts: { value: null, asOfWallMs: null, problem: null, stale: true },
  });
  await system.stop();
});

test('what a source said last stays, with its time, when it fails later', async () => {
  const source = readings();
  const system = await start(source.read);
  (await source.next()).settle(7);
  const second = await source.next();
  const before = await facts(system);
  expect(before.facts['counts']).toMatchObject({ value: 7, problem: null });
  second.fail(new Error('the reader is busy'));
  await source.next();
  const after = await facts(system);
  expect(after.facts['counts']).toMatchObject({
    value: 7,
    asOfWallMs: before.facts['counts']?.asOfWallMs,
    problem: 'Error: the reader is busy',
  });
  await system.stop();
});

test('a slow source is never asked twice at once', async () => {
  const source = readings();
  const system = await start(source.read);
  const first = await source.next();
  expect(source.waiting()).toBe(0);
  first.settle(1);
  await source.next();
  expect(source.waiting()).toBe(0);
  await system.stop();
});

test('a source that was asked before it was there is asked again soon, and by its period once it has answered', () => {
  const pauses: number[] = [];
  const ctx = {
    timer: (_key: string, afterMs: number) => void pauses.push(afterMs),
    wallMs: () => 1,
  } as unknown as Parameters<typeof handle>[2];
  const source = { id: 'kpis', everyMs: 10_000, read: () => Promise.resolve(1) };
  const failed = { ok: false, error: new Error('the tree is starting') } as const;
  const unheard = handle(new Map(), { type: 'read', source, settled: failed }, ctx);
  const heard = handle(unheard, { type: 'read', source, settled: { ok: true, value: 1 } }, ctx);
  handle(heard, { type: 'read', source, settled: failed }, ctx);
  expect(pauses).toEqual([500, 10_000, 10_000]);
});
