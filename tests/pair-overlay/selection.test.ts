/** Selection in slices, with its small memory, against a plain one that keeps and sorts everything. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PairBench } from '../../actors/pair-overlay/math/evaluate-pair.js';
import { buildPool } from '../../actors/pair-overlay/math/pool.js';
import { compatibleRules, strictRules } from '../../actors/pair-overlay/math/rules.js';
import {
  addSelections,
  chosenPairs,
  nothingSelected,
  selectRows,
} from '../../actors/pair-overlay/math/selection.js';
import type { Leg, SelectionRules } from '../../actors/pair-overlay/math/selection.js';
import { distinctTrades } from '../../actors/pair-overlay/math/series.js';
import { rowSlices } from '../../actors/pair-overlay/slices.js';
import { naiveOverlap, naivePair, naiveSeries } from './naive-pairs.js';
import { columns, leg, pointsOf } from './trades.js';
import type { Trade } from './trades.js';

const trade: fc.Arbitrary<Trade> = fc.tuple(
  fc.integer({ min: 1, max: 12 }),
  fc.constantFrom(-2, -1, -0.5, 0, 0.5, 1, 1.5, 3),
);

const legs = fc
  .array(
    fc.record({
      trades: fc.array(trade, { minLength: 1, maxLength: 8 }),
      group: fc.constantFrom('EURUSD|60', 'USDJPY|60'),
    }),
    { minLength: 0, maxLength: 9 },
  )
  .map((made) => made.map(({ trades, group }, index) => leg(`leg ${index % 7}-${index}`, trades, group)));

const rules: fc.Arbitrary<SelectionRules> = fc.record({
  correlationMax: fc.constantFrom(0.05, 0.2),
  rescueCorrelationMax: fc.constantFrom(0.3, 0.6),
  pairsMax: fc.integer({ min: 1, max: 6 }),
  sameGroup: fc.boolean(),
  overlapMin: fc.constantFrom(null, 0.3, 0.8),
  ties: fc.constantFrom('first_met', 'last_met'),
});

function plainly(all: readonly Leg[], given: SelectionRules): readonly string[] {
  const met = all.flatMap((first, at) =>
    all.slice(at + 1).flatMap((second) => {
      const [a, b] = first.name < second.name ? [first, second] : [second, first];
      if (given.sameGroup && a.group !== b.group) return [];
      const [left, right] = [a, b].map((one) => new Map(pointsOf(one.series)));
      if (left === undefined || right === undefined) return [];
      if (given.overlapMin !== null && naiveOverlap(left, right) < given.overlapMin) return [];
      const { correlation, score } = naivePair(left, right);
      return [{ text: `${a.name}+${b.name}`, r: Math.abs(correlation), score }];
    }),
  );
  const strict = met.filter(({ r }) => r <= given.correlationMax);
  const rescue = met.filter(({ r }) => r > given.correlationMax && r <= given.rescueCorrelationMax);
  const kept = strict.length < given.pairsMax ? [...strict, ...rescue] : strict;
  const ordered = given.ties === 'first_met' ? kept : kept.reverse();
  // Stable: whoever comes first stays first among equals. Scores that differ by rounding only are equals to nobody.
  return ordered
    .sort((a, b) => b.score - a.score)
    .slice(0, given.pairsMax)
    .map(({ text }) => text);
}

const named = (all: readonly Leg[], id: string): string =>
  all.find(({ strategyId }) => strategyId === id)?.name ?? '';

test('selection in slices of any size is selection at once, and what a plain one gives', () => {
  fc.assert(
    fc.property(legs, rules, fc.integer({ min: 1, max: 12 }), (all, given, merges) => {
      const bench = new PairBench(100);
      const whole = selectRows(all, { from: 0, to: all.length }, given, bench);
      const parts = rowSlices(all.length, merges)
        .map((slice) => selectRows(all, slice, given, bench))
        .reduce((sum, part) => addSelections(sum, part, given), nothingSelected);
      expect(parts).toEqual(whole);
      const chosen = chosenPairs(whole, given);
      const plain = plainly(all, given);
      expect(chosen).toHaveLength(plain.length);
      // Equal up to rounding of the scores: compare by score where the names differ.
      const scoreOf = (text: string): number => {
        const [a, b] = text.split('+').map((name) => all.find((one) => one.name === name));
        if (a === undefined || b === undefined) throw new Error(text);
        return naivePair(new Map(pointsOf(a.series)), new Map(pointsOf(b.series))).score;
      };
      for (const [place, pair] of chosen.entries()) {
        const text = `${named(all, pair.a)}+${named(all, pair.b)}`;
        const expected = plain[place] ?? '';
        if (text !== expected) expect(Math.abs(scoreOf(text) - scoreOf(expected))).toBeLessThan(1e-9);
      }
    }),
    { numRuns: 300 },
  );
});

test('slices of rows cover every row once and stay near their size', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 1, max: 500 }), (count, merges) => {
      const rows = rowSlices(count, merges).flatMap(({ from, to }) =>
        Array.from({ length: to - from }, (_, index) => from + index),
      );
      expect(rows).toEqual(Array.from({ length: count }, (_, index) => index));
      for (const { from, to } of rowSlices(count, merges)) {
        const last = count - to;
        const merged = Array.from({ length: to - from }, (_, at) => count - 1 - from - at).reduce(
          (a, b) => a + b,
          0,
        );
        expect(merged - last).toBeLessThan(merges);
      }
    }),
  );
});

test('figures agree with a plain computation', () => {
  const bench = new PairBench(100);
  fc.assert(
    fc.property(fc.array(trade, { maxLength: 30 }), fc.array(trade, { maxLength: 30 }), (a, b) => {
      const [left, right] = [leg('a', a), leg('b', b)];
      const plain = naivePair(
        naiveSeries(
          a.map(([timeS, pnl]) => ({ timeS, pnl })),
          100,
        ),
        naiveSeries(
          b.map(([timeS, pnl]) => ({ timeS, pnl })),
          100,
        ),
      );
      const figures = bench.evaluate(left.series, right.series);
      for (const [key, value] of Object.entries(plain))
        expect([key, Math.abs(figures[key as keyof typeof plain] - value) < 1e-9]).toEqual([key, true]);
    }),
  );
});

test('distinct trades: unusable ones and repetitions do not count', () => {
  const { exitS, pnl } = distinctTrades(
    columns([
      [1, 1],
      [1, 1],
      [1, 2],
      [Number.NaN, 1],
      [2, Number.NaN],
      [2, 1],
    ]),
  );
  expect([Array.from(exitS), Array.from(pnl)]).toEqual([
    [1, 1, 2],
    [1, 2, 1],
  ]);
});

test('the pool takes the best of each group, by Sharpe and then by name', () => {
  const one = (name: string, symbol: string | null, sharpe: number | null, rank: string | null = 'A') => ({
    strategyId: name,
    name,
    symbol,
    timeframeMinutes: symbol === null ? null : 60,
    rank,
    sharpe,
  });
  const pool = buildPool(
    [
      one('c', 'X', 1),
      one('q', null, null),
      one('a', 'X', 2),
      one('B', 'X', 1),
      one('d', 'X', null),
      one('e', 'X', 9, 'LEGEND'),
      one('f', 'X', 9, null),
      one('s', 'Y', -1, 'S'),
    ],
    { ranks: strictRules.pool.ranks, groupMax: 3 },
  );
  expect(pool.map(({ name }) => name)).toEqual(['a', 'B', 'c', 'q', 's']);
  expect(compatibleRules.pool).toEqual(strictRules.pool);
});
