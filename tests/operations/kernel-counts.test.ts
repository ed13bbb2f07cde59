import { expect, test } from '@jest/globals';
import { KernelCounts, otherPaths } from '../../actors/operations/kernel-counts.js';

test('restarts are counted by place, and beyond the bound together', () => {
  const counts = new KernelCounts(2);
  for (const path of ['a', 'b', 'c', 'd', 'a'])
    counts.note({ type: 'restarting', path, supervisor: 'root', delayMs: 0 });
  expect(counts.read()).toMatchObject({ restarts: 5, restartsByPath: { a: 2, b: 1, [otherPaths]: 2 } });
});
