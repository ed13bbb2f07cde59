/** A refresh through the real stores and a real worker: what it stores, what it stores once, and what survives it. */
import { expect, test } from '@jest/globals';
import { names as db } from '../../protocols/db-writes.js';
import { dbAnswer } from '../../protocols/db-writes.js';
import type { PairOverview } from '../../protocols/db-pairs.js';
import { names } from '../../protocols/pair-overlay.js';
import type { System } from '../../runtime/index.js';
import { lot } from '../../runtime/pipeline/lot.js';
import { compatibleRules } from '../../actors/pair-overlay/math/rules.js';
import { workerThread } from '../../runtime/node/worker-thread.js';
import type { WorkerPort, WorkerPortFactory } from '../../actors/workers/port.js';
import path from 'node:path';
import { evaluatorOn, Files, refresh, refreshed, startOverlay } from './rig.js';
import type { Trade } from './trades.js';
import { walk } from './walk.js';

async function overview(system: System): Promise<PairOverview> {
  const answer = dbAnswer(await system.ask(db.reader, { type: 'pair_overview' }, { deadlineMs: 5_000 }));
  if (!answer.ok) throw new Error(answer.message);
  return answer.value;
}

const backtest = (trades: readonly Trade[]) => [{ kind: 'backtest' as const, trades }];

function twoLegs(): Files {
  const files = new Files();
  files.add([
    { id: 's1', name: 'one', lists: backtest(walk(1, 120)) },
    { id: 's2', name: 'two', lists: backtest(walk(2, 130)) },
    { id: 's3', name: 'short', lists: backtest(walk(3, 99)) },
    { id: 's4', name: 'flat', lists: backtest(walk(4, 120).map(([timeS]) => [timeS, 0.5] as const)) },
    { id: 's5', name: 'elsewhere', symbol: 'EURUSD', lists: backtest(walk(5, 120)) },
    { id: 's6', name: 'of rank B', rank: 'B', lists: backtest(walk(6, 120)) },
    { id: 's7', name: 'without trades', lists: [] },
  ]);
  return files;
}

test('a refresh finds the pair, stores what decided, and makes it active; the same again changes nothing', async () => {
  const files = twoLegs();
  const system = await startOverlay(files.core);
  const first = await refreshed(system);
  expect(first).toMatchObject({ disposition: 'recorded', evaluated: 1, active: 1, explanation: null });
  const found = await overview(system);
  expect(found.refresh).toMatchObject({
    candidates: 6,
    pool: 6,
    eligible: 3,
    kept: 1,
    slots: 2,
    emptySlots: 1,
  });
  expect(JSON.parse(found.refresh?.excludedJson ?? '')).toEqual({
    no_trades: 1,
    too_few_trades: 1,
    no_variance: 1,
  });
  expect(found.active).toMatchObject([{ strategyA: 's1', strategyB: 's2', nameA: 'one', slot: 'USDJPY|60' }]);
  expect(found.scores).toMatchObject([{ outcome: 'active', place: 1, rank: 'B', oosSharpe: null }]);
  const again = await refreshed(system);
  expect(again).toEqual({ ...first, disposition: 'unchanged' });
  expect((await overview(system)).refresh).toEqual(found.refresh);
  expect(files.connection.prepare('SELECT count(*) FROM outbox').pluck().get()).toBe(1);
  files.close();
});

test('an empty pool is explained and told of, once for the same inputs', async () => {
  const files = new Files();
  const system = await startOverlay(files.core);
  expect((await refreshed(system)).explanation).toMatch(/^No strategy is of rank A or S/);
  await refreshed(system);
  expect(files.connection.prepare('SELECT notification_id, body FROM outbox').all()).toHaveLength(1);
  files.add([{ id: 's1', lists: backtest(walk(1, 50)) }]);
  expect((await refreshed(system)).explanation).toBe(
    'Of 1 strategies of rank A or S in the pool, 0 can be a leg: 1 with too few trades.',
  );
  const empty = (await overview(system)).slots;
  expect(empty).toMatchObject([{ slot: 'USDJPY|60', pool: 1, eligible: 0, pairId: null }]);
  files.close();
});

test('only the newest accepted request of a kind counts, and trades of other kinds are only for the gate', async () => {
  const files = new Files();
  const [old, oos] = [walk(7, 150), walk(8, 110, 0.4, 1_800_000_000)];
  files.add([
    { id: 's1', lists: [...backtest(old), ...backtest(walk(1, 120)), { kind: 'oos', trades: oos }] },
    {
      id: 's2',
      lists: [...backtest(walk(2, 130)), { kind: 'oos', trades: walk(9, 110, 0.4, 1_800_000_000) }],
    },
  ]);
  const system = await startOverlay(files.core);
  await refreshed(system);
  const [score] = (await overview(system)).scores;
  expect(JSON.parse(score?.evidenceJson ?? '')).toMatchObject({ a: [{ count: 120 }], b: [{ count: 130 }] });
  expect(score?.oosSharpe).toBeGreaterThan(0.3);
  expect(score?.rank).toBe('A');
  files.close();
});

test('compatible mode pairs across groups and takes every list, as Swimmy does', async () => {
  const files = twoLegs();
  const system = await startOverlay(files.core, { refresher: { rules: compatibleRules } });
  const outcome = await refreshed(system);
  expect(outcome.evaluated).toBe(6);
  const found = await overview(system);
  expect(found.scores.map(({ nameA, nameB }) => `${nameA}+${nameB}`)).toContain('flat+one');
  expect(await refreshed(system)).toMatchObject({ disposition: 'unchanged' });
  files.close();
});

test('a leg whose rank changes is another input: its pair ends, and comes back with the rank', async () => {
  const files = twoLegs();
  const system = await startOverlay(files.core);
  await refreshed(system);
  files.rank('s2', 'B');
  expect(await refreshed(system)).toMatchObject({ disposition: 'recorded', active: 0 });
  expect((await overview(system)).active).toEqual([]);
  files.rank('s2', 'A');
  expect(await refreshed(system)).toMatchObject({ disposition: 'recorded', active: 1 });
  files.close();
});

test('a list that is not what its receipt says makes its strategy no leg, and no figure of it', async () => {
  const files = twoLegs();
  files.connection.prepare(`UPDATE results SET trades_count = 121 WHERE attempt_id = 'attempt-2'`).run();
  const system = await startOverlay(files.core);
  await refreshed(system);
  expect(JSON.parse((await overview(system)).refresh?.excludedJson ?? '')).toMatchObject({
    list_unusable: 1,
  });
  files.close();
});

test('a restart knows the active pairs from their rows, without a refresh', async () => {
  const files = twoLegs();
  const before = await startOverlay(files.core);
  await refreshed(before);
  await before.stop();
  const system = await startOverlay(files.core, { activation: { everyMs: 50 } });
  const progress = await system.ask(names.refresher, { type: 'refresh_progress' }, { deadlineMs: 1_000 });
  expect(progress).toMatchObject({ ok: true, value: { phase: 'idle', runs: 0 } });
  await loaded(system);
  const wish = { strategyId: 's1', symbol: 'USDJPY', lot: 1, deadlineMs: 1_000 };
  expect(await lot(system, wish)).toMatchObject({ lot: 0.05, bypass: null });
  files.close();
});

async function loaded(system: System): Promise<void> {
  for (;;) {
    const wish = { strategyId: 'nobody', symbol: 'USDJPY', lot: 1, deadlineMs: 1_000 };
    if ((await lot(system, wish)).bypass === null) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A port on the real thread that is killed while it has its n-th slice. */
function killedAt(
  core: string,
  kills: readonly number[],
): { readonly ports: readonly WorkerPort[]; readonly make: WorkerPortFactory } {
  const ports: WorkerPort[] = [];
  let posts = 0;
  const factory = evaluatorOn(core);
  const make: WorkerPortFactory = (place) => {
    const port = factory(place);
    ports.push(port);
    return {
      start: (onMessage, onExit) => port.start(onMessage, onExit),
      post: (message, transfer) => {
        port.post(message, transfer);
        posts += 1;
        if (kills.includes(posts)) port.kill();
      },
      kill: () => port.kill(),
    };
  };
  return { ports, make };
}

test('a worker killed in the middle is replaced; the refresh ends as without it, and lots are untouched meanwhile', async () => {
  const files = twoLegs();
  const quiet = await startOverlay(files.core);
  const expected = await refreshed(quiet);
  const figures = (await overview(quiet)).scores;
  await quiet.stop();
  files.connection.exec(
    'DELETE FROM pair_activations; DELETE FROM pair_scores; DELETE FROM pair_slots; DELETE FROM pair_refreshes; DELETE FROM outbox',
  );
  const { ports, make } = killedAt(files.core, [1, 3]);
  const system = await startOverlay(files.core, { evaluator: make, activation: { everyMs: 50 } });
  await loaded(system);
  const refreshing = refreshed(system);
  const wish = { strategyId: 's1', symbol: 'USDJPY', lot: 1, deadlineMs: 1_000 };
  expect(await lot(system, wish)).toMatchObject({ lot: 1, pairId: null });
  expect(await refreshing).toEqual(expected);
  expect((await overview(system)).scores).toEqual(figures);
  expect(ports.length).toBeGreaterThanOrEqual(3);
  files.close();
});

test('a worker that cannot live at all fails the refresh with weather, stores nothing, and leaves lots alone', async () => {
  const files = twoLegs();
  const evaluator = workerThread({ entry: path.resolve('dist', 'no-such-entry.js') });
  const system = await startOverlay(files.core, { evaluator, refresher: { sliceMs: 300, runMs: 1_500 } });
  const answer = await refresh(system);
  expect(answer).toMatchObject({ ok: false, retryable: true });
  expect(files.connection.prepare('SELECT count(*) FROM pair_refreshes').pluck().get()).toBe(0);
  const wish = { strategyId: 's1', symbol: 'USDJPY', lot: 1, deadlineMs: 200 };
  expect((await lot(system, wish)).lot).toBe(1);
  files.close();
});

test('the mode may be asked for, and stays until another one is', async () => {
  const files = twoLegs();
  const system = await startOverlay(files.core);
  const compatible = { type: 'refresh', mode: 'compatible' } as const;
  await system.ask(names.refresher, compatible, { deadlineMs: 60_000 });
  expect((await overview(system)).refresh?.mode).toBe('compatible');
  expect((await refreshed(system)).disposition).toBe('unchanged');
  const strict = { type: 'refresh', mode: 'strict' } as const;
  await system.ask(names.refresher, strict, { deadlineMs: 60_000 });
  expect((await overview(system)).refresh?.mode).toBe('strict');
  files.close();
});

test('what is asked while a refresh runs is answered by one that began later', async () => {
  const files = twoLegs();
  const system = await startOverlay(files.core);
  const [one, two, three] = await Promise.all([refreshed(system), refreshed(system), refreshed(system)]);
  expect(one.disposition).toBe('recorded');
  expect([two.disposition, three.disposition]).toEqual(['unchanged', 'unchanged']);
  const progress = await system.ask(names.refresher, { type: 'refresh_progress' }, { deadlineMs: 1_000 });
  expect(progress).toMatchObject({ ok: true, value: { runs: 2, failures: 0 } });
  files.close();
});

test('a cancelled refresh answers so and stores nothing', async () => {
  const files = twoLegs();
  const system = await startOverlay(files.core);
  const refreshing = refresh(system);
  expect(await system.ask(names.refresher, { type: 'cancel_refresh' }, { deadlineMs: 1_000 })).toEqual({
    ok: true,
    value: true,
  });
  expect(await refreshing).toMatchObject({ ok: false, code: 'cancelled' });
  expect(files.connection.prepare('SELECT count(*) FROM pair_refreshes').pluck().get()).toBe(0);
  expect((await refreshed(system)).disposition).toBe('recorded');
  files.close();
});
