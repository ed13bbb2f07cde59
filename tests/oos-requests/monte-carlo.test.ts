/** The Monte Carlo gate's draws: seeded, bounded, and done in a thread that reads the trades itself. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ruinProbability } from '../../actors/oos-requests/monte-carlo.js';
import { policies } from '../../actors/oos-requests/rank-policy.js';
import { seededDraws } from '../../actors/oos-requests/seeded-draws.js';
import type { MonteCarloWork } from '../../protocols/oos-requests.js';
import { names } from '../../protocols/oos-requests.js';
import { startTree, supervisor } from '../../runtime/index.js';
import type { System } from '../../runtime/index.js';
import { monteCarloPool } from '../../runtime/node/monte-carlo.js';
import { insertTrade, insertTradeList } from '../../storage/tables/trades.js';
import { Store } from '../storage/core-store.js';

const { iterations, newestMax, startEquity, ruinDrawdown } = policies.documented.monteCarlo;
const rule = { iterations, startEquity, ruinDrawdown };
const draw = (values: readonly number[], seed = 'seed') => ruinProbability(values, rule, seededDraws(seed));

describe('draws', () => {
  test('the same seed draws the same, another seed others', () => {
    const values = Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? 2_600 : -2_500));
    expect(draw(values, 'a')).toEqual(draw(values, 'a'));
    const seen = new Set(['a', 'b', 'c', 'd', 'e'].map((seed) => draw(values, seed).ruinProbability));
    expect(seen.size).toBeGreaterThan(1);
  });

  test('who only wins is never ruined, who only loses always is, and without values nobody knows', () => {
    expect(draw(Array<number>(30).fill(1))).toEqual({ values: 30, ruinProbability: 0 });
    expect(draw(Array<number>(30).fill(-1_000))).toEqual({ values: 30, ruinProbability: 1 });
    expect(draw([])).toEqual({ values: 0, ruinProbability: null });
  });

  test('a fall of exactly a fifth of the highest equity is no ruin yet', () => {
    expect(draw(Array<number>(20).fill(-1_000)).ruinProbability).toBe(0);
    expect(draw(Array<number>(21).fill(-1_000)).ruinProbability).toBe(1);
  });

  test('a probability is a share of the draws', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -5_000, max: 5_000, noNaN: true }), { minLength: 1, maxLength: 60 }),
        (values) => {
          const { ruinProbability: found } = draw(values);
          expect(found).toBeGreaterThanOrEqual(0);
          expect(found).toBeLessThanOrEqual(1);
          expect(Number.isInteger((found ?? NaN) * iterations)).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('the worker', () => {
  let folder: string;
  let system: System;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-draws-'));
    const file = path.join(folder, 'core.db.trades');
    const store = new Store('trades', file);
    const [list] = store.all(
      insertTradeList({ attempt_id: 'a1', request_id: null, count: 600, sha256: '', received_wall_ms: 1 }),
    );
    // The oldest hundred would ruin anybody; only the newest five hundred are drawn from.
    for (let seq = 0; seq < 600; seq += 1)
      store.do(insertTrade({ list_id: list?.list_id ?? 0, seq, exit_s: seq, pnl: seq < 100 ? -90_000 : 1 }));
    store.connection.close();
    const pool = monteCarloPool({ file, entry: path.resolve('dist/runtime/node/monte-carlo-worker.js') });
    system = await startTree(
      supervisor('root', { strategy: 'one_for_one', intensity: 0, periodMs: 1_000 }, [pool]),
      { subscribers: [] },
    );
  });
  afterAll(async () => {
    await system.stop({ deadlineMs: 5_000 });
    rmSync(folder, { recursive: true, force: true });
  });

  const work = (attemptId: string): MonteCarloWork => ({ attemptId, seed: 's', newestMax, ...rule });
  const ask = (attemptId: string) =>
    system.ask(names.monteCarlo, { type: 'work', request: work(attemptId) }, { deadlineMs: 10_000 });

  test('draws from the newest five hundred trades of an attempt', async () => {
    expect(await ask('a1')).toEqual({
      ok: true,
      value: { ok: true, value: { values: 500, ruinProbability: 0 } },
    });
  });

  test('has no values for an attempt without trades', async () => {
    expect(await ask('unknown')).toEqual({
      ok: true,
      value: { ok: true, value: { values: 0, ruinProbability: null } },
    });
  });
});
