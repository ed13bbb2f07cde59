import { expect, test } from '@jest/globals';
import { KernelCounts, otherPaths } from '../../actors/operations/kernel-counts.js';
import type { KernelEvent } from '../../actors/kernel/events.js';
import { failed } from '../../protocols/exit-reason.js';
import { child, startTree, supervisor } from '../../runtime/index.js';

function clock() {
  let ms = 0;
  return { nowMs: () => ms, wallMs: () => 1_000_000 + ms, pass: (by: number) => (ms += by) };
}

const restarting = (path: string): KernelEvent => ({
  type: 'restarting',
  path,
  supervisor: 'root',
  delayMs: 0,
});
const started = (path: string) => ({ type: 'started', path, id: path, handle: {} }) as KernelEvent;
const crashed = (path: string, message: string): KernelEvent => ({
  type: 'crashed',
  path,
  supervisor: 'root',
  incarnation: 1,
  during: 'handle',
  messageType: 'x',
  error: new Error(message),
});

test('restarts are counted by place, and beyond the bound together', () => {
  const counts = new KernelCounts(clock(), 2);
  for (const path of ['a', 'b', 'c', 'd', 'a']) counts.note(restarting(path));
  expect(counts.read()).toMatchObject({ restarts: 5, restartsByPath: { a: 2, b: 1, [otherPaths]: 2 } });
});

test('a recovery lasts from the first decision to restart until the place runs, however many attempts that takes', () => {
  const time = clock();
  const counts = new KernelCounts(time);
  expect(counts.read().recovery).toMatchObject({ count: 0, meanMs: null, maxMs: null });
  counts.note(restarting('a'));
  time.pass(100);
  counts.note({ type: 'start_failed', path: 'a', id: 'a', incarnation: 2, reason: failed(1) } as KernelEvent);
  counts.note(restarting('a'));
  expect(counts.read().recovery.underWay).toBe(1);
  time.pass(200);
  counts.note(started('a'));
  counts.note(started('b'));
  counts.note(restarting('c'));
  time.pass(100);
  counts.note(started('c'));
  expect(counts.read().recovery).toEqual({ count: 2, sumMs: 400, meanMs: 200, maxMs: 300, underWay: 0 });
});

test('the newest restarts keep why, and a reason is of its own life only', () => {
  const time = clock();
  const counts = new KernelCounts(time);
  counts.note(crashed('a', 'first'));
  counts.note(restarting('a'));
  counts.note(started('a'));
  counts.note(restarting('a'));
  const [second, first] = counts.read().recentRestarts;
  expect(first).toMatchObject({ path: 'a', reason: 'Error: first', wallMs: 1_000_000 });
  expect(second?.reason).toBeNull();
  counts.note(crashed('b', 'fell'));
  counts.note(restarting('b'));
  counts.note({
    type: 'start_failed',
    path: 'b',
    id: 'b',
    incarnation: 2,
    reason: failed('no'),
  } as KernelEvent);
  counts.note(restarting('b'));
  const [again, once] = counts.read().recentRestarts;
  expect(once?.reason).toBe('Error: fell');
  expect(again?.reason).not.toBe('Error: fell');
  expect(again?.reason).not.toBeNull();
  for (let index = 0; index < 50; index++) counts.note(restarting(`p${index}`));
  expect(counts.read().recentRestarts).toHaveLength(20);
  expect(counts.read().recentRestarts[0]?.path).toBe('p49');
});

test('a real crash under a real supervisor is one recovery with its reason', async () => {
  const counts = new KernelCounts({ nowMs: () => performance.now(), wallMs: () => Date.now() });
  let back: () => void = () => undefined;
  const isBack = new Promise<void>((resolve) => (back = resolve));
  let lives = 0;
  const fragile = child<null, { readonly type: 'fall' }, null>({
    id: 'fragile',
    behavior: {
      init: () => {
        if (++lives === 2) back();
        return null;
      },
      handle: () => {
        throw new Error('fell over');
      },
    },
    args: null,
    restart: 'permanent',
    shutdownMs: 100,
    mailbox: { capacity: 4 },
  });
  const system = await startTree(
    supervisor('root', { strategy: 'one_for_one', intensity: 3, periodMs: 1_000 }, [fragile]),
    { subscribers: [counts.note] },
  );
  system.find('root/fragile')?.tell({ type: 'fall' } as never);
  await isBack;
  await system.quiescent();
  expect(counts.read()).toMatchObject({ crashes: 1, restarts: 1, recovery: { count: 1, underWay: 0 } });
  expect(counts.read().recentRestarts[0]).toMatchObject({ path: 'root/fragile' });
  expect(counts.read().recentRestarts[0]?.reason).toContain('fell over');
  await system.stop();
});
