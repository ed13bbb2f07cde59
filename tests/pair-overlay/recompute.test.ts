/**
 * Everything that a refresh has stored, computed once more from the files alone: SQL of its own, arithmetic of its own,
 * and agreement to 1e-9.
 */
import { expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { crowd } from './crowd.js';
import { naiveFigures, naiveOverlap, naivePair, naiveSeries } from './naive-pairs.js';
import type { NaiveSeries } from './naive-pairs.js';
import { Files, refreshed, startOverlay } from './rig.js';

interface NaiveLeg {
  readonly id: string;
  readonly name: string;
  readonly group: string;
  readonly sharpe: number;
  readonly series: NaiveSeries;
}

/** The newest accepted list of a kind. */
function tradesOf(core: Database.Database, trades: Database.Database, strategyId: string, kind: string) {
  const attempt = core
    .prepare(
      `SELECT accepted_attempt_id FROM requests WHERE strategy_id = ? AND kind = ? AND state = 'succeeded'
       ORDER BY seq DESC LIMIT 1`,
    )
    .pluck()
    .get(strategyId, kind);
  const rows = trades
    .prepare(
      `SELECT exit_s AS timeS, pnl FROM trades JOIN trade_lists USING (list_id) WHERE attempt_id = ? ORDER BY seq`,
    )
    .all(attempt) as { timeS: number; pnl: number }[];
  return [...new Map(rows.map((row) => [`${row.timeS} ${row.pnl}`, row])).values()];
}

const variance = (values: readonly number[]): number => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length;
};

function recomputed(file: string) {
  const core = new Database(file, { readonly: true });
  const trades = new Database(`${file}.trades`, { readonly: true });
  try {
    const candidates = core
      .prepare(
        `SELECT s.strategy_id AS id, s.name, coalesce(s.symbol, '') || '|' || s.timeframe_minutes AS "group", (
           SELECT results.sharpe FROM requests JOIN results USING (request_id)
           WHERE strategy_id = s.strategy_id AND kind = 'backtest' ORDER BY seq DESC LIMIT 1
         ) AS sharpe
         FROM strategies AS s JOIN ranks USING (strategy_id) WHERE rank IN ('A', 'S') ORDER BY s.strategy_id`,
      )
      .all() as Omit<NaiveLeg, 'series'>[];
    const legs: NaiveLeg[] = candidates.flatMap((candidate) => {
      const usable = tradesOf(core, trades, candidate.id, 'backtest');
      const series = naiveSeries(usable, 100);
      return usable.length >= 100 && variance([...series.values()]) > 1e-16 ? [{ ...candidate, series }] : [];
    });
    const met = legs.flatMap((a) =>
      legs
        .filter((b) => a.name < b.name && a.group === b.group && naiveOverlap(a.series, b.series) >= 0.5)
        .map((b) => ({ a, b, ...naivePair(a.series, b.series) })),
    );
    const strict = met.filter(({ correlation }) => Math.abs(correlation) <= 0.2);
    const rescue = met.filter(
      ({ correlation }) => Math.abs(correlation) > 0.2 && Math.abs(correlation) <= 0.3,
    );
    const kept = [...strict, ...(strict.length < 5 ? rescue : [])]
      .sort((one, other) => other.score - one.score)
      .slice(0, 5);
    const gate = (id: string, other: string): number | null => {
      const [x, y] = [tradesOf(core, trades, id, 'oos'), tradesOf(core, trades, other, 'oos')];
      return x.length < 100 || y.length < 100
        ? null
        : naivePair(naiveSeries(x, 100), naiveSeries(y, 100)).sharpe;
    };
    const scored = kept.map((pair) => {
      const singles = legs
        .filter(({ group }) => group === pair.a.group)
        .map(
          ({ series }) =>
            naiveFigures([...series.entries()].sort(([p], [q]) => p - q).map(([, pnl]) => pnl)).score,
        );
      const pairs = kept.filter(({ a }) => a.group === pair.a.group).map(({ score }) => score);
      const better = [...singles, ...pairs].filter((score) => score > pair.score).length;
      const betterPairs = pairs.filter((score) => score > pair.score).length;
      const outcome = better > 1 ? 'outranked' : betterPairs > 0 ? 'slot_taken' : 'active';
      return { ...pair, outcome, oosSharpe: gate(pair.a.id, pair.b.id) };
    });
    const stored = core
      .prepare(
        `SELECT scores.*, strategy_a, strategy_b FROM pair_scores AS scores JOIN pair_definitions USING (pair_id)
         WHERE refresh_id = (SELECT refresh_id FROM pair_refreshes ORDER BY seq DESC LIMIT 1) ORDER BY place`,
      )
      .all() as Record<string, unknown>[];
    const active = core
      .prepare('SELECT pair_id FROM pair_activations WHERE to_wall_ms IS NULL ORDER BY pair_id')
      .pluck()
      .all();
    const refresh = core.prepare('SELECT * FROM pair_refreshes ORDER BY seq DESC LIMIT 1').get() as Record<
      string,
      unknown
    >;
    return { candidates, legs, met, strict, scored, stored, active, refresh };
  } finally {
    core.close();
    trades.close();
  }
}

test.each([1, 2_000, 30_000])('a refresh of crowd %p agrees with the files to 1e-9', async (seed) => {
  const files = new Files();
  files.add(crowd(seed));
  files.close();
  const system = await startOverlay(files.core);
  await refreshed(system);
  const { candidates, legs, met, strict, scored, stored, active, refresh } = recomputed(files.core);
  expect(refresh).toMatchObject({
    candidates: candidates.length,
    eligible: legs.length,
    tested: met.length,
    strict: strict.length,
    kept: scored.length,
    active: active.length,
  });
  expect(scored.length).toBeGreaterThan(0);
  expect(stored.map(({ strategy_a, strategy_b }) => [strategy_a, strategy_b])).toEqual(
    scored.map(({ a, b }) => [a.id, b.id]),
  );
  const columns = {
    correlation: 'correlation',
    weightA: 'weight_a',
    weightB: 'weight_b',
    points: 'points',
    sharpe: 'sharpe',
    profitFactor: 'profit_factor',
    winRate: 'win_rate',
    maxDrawdown: 'max_drawdown',
    score: 'score',
  } as const;
  for (const [place, pair] of scored.entries()) {
    const row = stored[place] ?? {};
    for (const [field, column] of Object.entries(columns))
      expect([field, Math.abs(Number(row[column]) - pair[field as keyof typeof columns]) < 1e-9]).toEqual([
        field,
        true,
      ]);
    expect(row['outcome']).toBe(pair.outcome);
    if (pair.oosSharpe === null) expect(row['oos_sharpe']).toBeNull();
    else expect(Math.abs(Number(row['oos_sharpe']) - pair.oosSharpe)).toBeLessThan(1e-9);
  }
  expect(
    stored
      .filter(({ outcome }) => outcome === 'active')
      .map(({ pair_id }) => pair_id)
      .sort(),
  ).toEqual(active);
});
