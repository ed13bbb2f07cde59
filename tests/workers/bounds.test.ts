/** What a pool holds, and what is left of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from '@jest/globals';
import { InvalidSpec, name, workerChild, workerPool, type WorkerPoolMsg } from '../../runtime/index.js';
import { entry, kinds, lives, rig, until } from './rig.js';

test('a pool holds what its workers and its queue hold, and refuses the rest at once', async () => {
  const { ask, counts, system } = await rig({ size: 2, inFlightMax: 2, queueMax: 3 });
  await Promise.all([ask({ way: 'slow', ms: 1 }), ask({ way: 'slow', ms: 1 })]);
  await until('both are up', () => system.find('root/pool/crew/worker-2')?.alive === true);
  while ((await counts()).ready < 2);
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask({ way: 'slow', ms: 30 })));
  expect(answers.filter(({ ok }) => ok)).toHaveLength(7);
  expect(answers.find(({ ok }) => !ok)).toMatchObject({
    code: 'queue_full',
    retryable: true,
    message: '3 requests wait, the limit is 3',
  });
  expect(await counts()).toMatchObject({ accepted: 9, done: 9, refused: 3, queued: 0, inFlight: 0 });
  await system.stop();
});

test('a queue is bounded in bytes as well, as its askers weigh them', async () => {
  const { ask, counts, system } = await rig({ queueBytesMax: 100 });
  await ask({ way: 'echo' });
  const held = ask({ way: 'slow', ms: 30 }, { bytes: 1_000 });
  const first = ask({ way: 'echo', value: 1 }, { bytes: 60 });
  const second = ask({ way: 'echo', value: 2 }, { bytes: 60 });
  expect(await counts()).toMatchObject({ inFlight: 1, queued: 1, queuedBytes: 60 });
  expect(await second).toMatchObject({ code: 'queue_full', message: expect.stringMatching(/60 bytes wait/) });
  expect(await first).toEqual({ ok: true, value: 1 });
  await held;
  expect(await counts()).toMatchObject({ queuedBytes: 0 });
  await system.stop();
});

test('who waits too long is told so, and no worker has seen the request', async () => {
  const { ask, counts, system } = await rig();
  await ask({ way: 'echo' });
  const held = ask({ way: 'slow', ms: 80 });
  expect(await ask({ way: 'exit', code: 1 }, { queueMs: 10 })).toMatchObject({
    ok: false,
    code: 'expired',
    retryable: true,
  });
  expect(await held).toEqual({ ok: true, value: 'late' });
  expect(await counts()).toMatchObject({ expired: 1, done: 2, restarts: 0, queued: 0 });
  await system.stop();
});

test('the time in which workers have something in hand is counted', async () => {
  const { ask, counts, system } = await rig();
  await ask({ way: 'echo' });
  const { busyMs } = await counts();
  await ask({ way: 'slow', ms: 60 });
  const after = (await counts()).busyMs - busyMs;
  expect(after).toBeGreaterThan(50);
  expect(after).toBeLessThan(5_000);
  await system.stop();
});

describe.each(['thread', 'child'] as const)('after a stop nothing is left of a %s', (kind) => {
  test('neither when it is idle, nor when it is at work or hangs', async () => {
    const before = process.getActiveResourcesInfo().length;
    for (const way of ['echo', 'never', 'busy_loop']) {
      const { ask, pid, system, held } = await rig({ worker: kinds[kind], size: 2 });
      const child = await pid();
      const request = ask({ way }).catch(() => 'stopped');
      if (way !== 'echo') await until('it is in hand', () => held().length === 1);
      expect(await system.stop({ deadlineMs: 5_000 })).toMatchObject({ ok: true, orphans: [] });
      await request;
      if (kind === 'child') expect(lives(child)).toBe(false);
      expect(system.census()).toMatchObject({ processes: 0, timers: 0, asks: 0 });
    }
    await until('handles are as before', () => process.getActiveResourcesInfo().length <= before);
  });
});

test.each(['busy', 'quiet'])('a %s child does not outlive a parent that is killed with -9', async (how) => {
  const parent = spawn(process.execPath, [path.resolve('tests/workers/entries/parent.mjs'), how], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: parent.stdout });
  const [line] = (await once(lines, 'line')) as [string];
  const child = Number(line);
  expect(lives(child)).toBe(true);
  parent.kill('SIGKILL');
  await until('the child is gone', () => !lives(child));
});

test('a pool of numbers that make no sense is refused before anything starts', () => {
  const pool = { id: 'pool', name: name<WorkerPoolMsg>('pool'), worker: kinds.thread, size: 1, requestMs: 1 };
  expect(() => workerPool({ ...pool, size: 0 })).toThrow(InvalidSpec);
  expect(() => workerPool({ ...pool, requestMs: Infinity })).toThrow(
    'pool: requestMs: expected 1 to 2^30 ms, got Infinity',
  );
});

test('a child whose program cannot even be begun has died, and is tried again within limits', async () => {
  const worker = workerChild({ entry, cwd: path.resolve('no', 'such', 'folder') });
  const { ask, system, said } = await rig({
    worker,
    restart: { intensity: 2, periodMs: 60_000, delaysMs: [1] },
  });
  await expect(ask({ way: 'echo' })).rejects.toThrow(/exit/);
  await system.exited;
  expect(said.join()).toMatch(/worker_died: it ended: .*ENOENT/);
});

test('a request longer than a child reads is refused before it is sent', async () => {
  const { ask, counts, system } = await rig({ worker: workerChild({ entry, requestBytesMax: 1_000 }) });
  expect(await ask({ way: 'echo', value: 'x'.repeat(1_000) })).toMatchObject({
    ok: false,
    code: 'unsendable',
    message: expect.stringMatching(/expected at most 1000/) as unknown,
  });
  expect(await ask({ way: 'echo', value: 'x' })).toEqual({ ok: true, value: 'x' });
  expect(await counts()).toMatchObject({ restarts: 0 });
  await system.stop();
});

test('a pool that waits for its workers does not start without them', async () => {
  const dying = workerChild({ entry: path.resolve('tests/workers/entries/no-such-entry.mjs') });
  await expect(rig({ worker: dying, waitForReady: true })).rejects.toThrow(/ended before it was ready/);
  const { counts, system } = await rig({ size: 2, waitForReady: true });
  expect(await counts()).toMatchObject({ ready: 2 });
  await system.stop();
});
