/** What the pools of workers and the lots say in a scrape, from a system on which it really happened. */
import { afterEach, expect, test } from '@jest/globals';
import { names as pairs } from '../../protocols/pair-overlay.js';
import { startTree, supervisor, workerPool } from '../../runtime/index.js';
import type { ChildSpec, System } from '../../runtime/index.js';
import { lot } from '../../runtime/pipeline/lot.js';
import { kinds } from '../workers/rig.js';
import { scrapeOf } from './scrape-of.js';

const systems: System[] = [];
afterEach(async () => {
  await Promise.all(systems.splice(0).map((system) => system.stop()));
});

async function start(children: readonly ChildSpec[]): Promise<System> {
  const root = supervisor('root', { strategy: 'one_for_one', intensity: 1, periodMs: 1_000 }, children);
  const system = await startTree(root, { subscribers: [] });
  systems.push(system);
  return system;
}

/** Samples of one metric, as written. */
const samplesOf = (body: string, metric: string): readonly string[] =>
  body.split('\n').filter((line) => line.startsWith(`${metric}{`));

test('a pool shows what it did, whom it killed and what it tried again; a pool that is not there shows nothing', async () => {
  const pool = workerPool({
    id: 'evaluators',
    name: pairs.evaluators,
    size: 1,
    worker: kinds.thread,
    requestMs: 10_000,
  });
  const system = await start([pool]);
  const ask = (request: unknown, more: { repeatable?: boolean; requestMs?: number } = {}) =>
    system.ask(pairs.evaluators, { type: 'work', request, ...more }, { deadlineMs: 60_000 });
  await ask({ way: 'echo', value: 1 });
  await ask({ way: 'die_first', times: 1 }, { repeatable: true });
  await ask({ way: 'never' }, { requestMs: 100 });

  const body = await scrapeOf(system, ['pools']);
  const name = 'pool="pair-overlay/evaluators"';
  for (const [what, count] of Object.entries({ accepted: 3, done: 2, failed: 1, retried: 1, killed: 1 }))
    expect(body).toContain(`\nholdfast_pool_total{${name},what="${what}"} ${count}\n`);
  expect(body).toContain(`\nholdfast_pool_now{${name},what="size"} 1\n`);
  expect(body).toContain(`\nholdfast_pool_now{${name},what="in_flight"} 0\n`);
  expect(samplesOf(body, 'holdfast_pool_lost_total')).toEqual([
    `holdfast_pool_lost_total{${name},code="worker_died"} 1`,
    `holdfast_pool_lost_total{${name},code="timeout"} 1`,
  ]);
  expect(body).toMatch(new RegExp(`^holdfast_pool_busy_ms_total\\{${name}\\} [1-9]`, 'm'));
  expect(body).not.toContain('oos-requests/monte-carlo');
});

test('a lot that the overlay had no say in is counted by its reason, and the others are known to be none', async () => {
  const system = await start([]);
  const wish = { strategyId: 's', symbol: 'USDJPY', lot: 1, deadlineMs: 100 };
  await lot(system, wish);
  await lot(system, wish);
  const samples = samplesOf(await scrapeOf(system, ['overlay']), 'holdfast_pair_overlay_bypass_total');
  expect(samples).toContain('holdfast_pair_overlay_bypass_total{reason="no_service"} 2');
  expect(samples).toContain('holdfast_pair_overlay_bypass_total{reason="stale"} 0');
  expect(samples).toHaveLength(10);
});
