/** The worked examples of the pair mathematics: figures given to six digits, held to 1e-5. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareCodePoints } from '../../actors/pair-overlay/math/code-points.js';
import { evaluatePair, PairBench } from '../../actors/pair-overlay/math/evaluate-pair.js';
import type { PairFigures } from '../../actors/pair-overlay/math/evaluate-pair.js';
import { readLeg } from '../../actors/pair-overlay/math/eligibility.js';
import { merge } from '../../actors/pair-overlay/math/merge.js';
import { fnv1a64, legacyPairId, pairIdOf } from '../../actors/pair-overlay/math/pair-id.js';
import { pairRank } from '../../actors/pair-overlay/math/pair-rank.js';
import { compatibleRules, strictRules } from '../../actors/pair-overlay/math/rules.js';
import { chosenPairs, selectRows } from '../../actors/pair-overlay/math/selection.js';
import type { SelectionRules } from '../../actors/pair-overlay/math/selection.js';
import { columns, evenly, leg, pointsOf, series } from './trades.js';
import type { Trade } from './trades.js';

const near = (figures: PairFigures, expected: Partial<PairFigures>): void => {
  for (const [key, value] of Object.entries(expected))
    expect([key, Math.abs(figures[key as keyof PairFigures] - value) <= 1e-5]).toEqual([key, true]);
};

const alpha = [2, -1, 3, -2, 1, 2, -1, 4];
const beta = [-1, 2, 1, 1, -2, 3, 2, -2];

test('V1: legs that close at the same moments', () => {
  near(evaluatePair(series(evenly(alpha)), series(evenly(beta))), {
    points: 8,
    correlation: -0.450694,
    weightA: 0.474068,
    weightB: 0.525932,
    sharpe: 0.741642,
    profitFactor: 6.896273,
    winRate: 0.75,
    maxDrawdown: 0.339197,
    score: 2.588032,
  });
});

test('V2: legs that close at different moments, one of them twice at once', () => {
  const a: readonly Trade[] = [
    [1000, 1],
    [1060, -0.5],
    [1120, 1.5],
    [1180, -1],
    [1240, 0.5],
    [1300, 2],
    [1360, -0.5],
    [1420, 1],
  ];
  const b: readonly Trade[] = [
    [1030, 0.5],
    [1060, 1],
    [1120, -0.5],
    [1200, 1],
    [1240, 1],
    [1300, -1],
    [1300, 0.5],
    [1480, 0.5],
  ];
  const [left, right] = [series(a), series(b)];
  expect(pointsOf(right)).toHaveLength(7);
  const merged = merge(left, right);
  expect([...merged.x.slice(0, 11)]).toEqual([1, 0, -0.5, 1.5, -1, 0, 0.5, 2, -0.5, 1, 0]);
  expect([...merged.y.slice(0, 11)]).toEqual([0, 0.5, 1, -0.5, 0, 1, 1, -0.5, 0, 0, 0.5]);
  near(evaluatePair(left, right), {
    points: 11,
    correlation: -0.544819,
    weightA: 0.378958,
    weightB: 0.621042,
    sharpe: 0.963875,
    profitFactor: 6.944296,
    winRate: 0.818182,
    maxDrawdown: 0.274815,
    score: 2.758001,
  });
});

const sawtooth = [1, -0.5, 1, -0.5, 1, -0.5, 1, -0.5];

describe('edges', () => {
  test('V3: a flat leg counts as uncorrelated and weighs nothing', () => {
    near(evaluatePair(series(evenly(Array<number>(8).fill(1))), series(evenly(sawtooth))), {
      correlation: 0,
      weightA: 0,
      weightB: 1,
      sharpe: 0.333333,
      profitFactor: 2,
      score: 0.833333,
      maxDrawdown: 0.5,
    });
  });

  test('V4: legs of different eras look uncorrelated', () => {
    const figures = evaluatePair(series(evenly(sawtooth, 1, 1)), series(evenly(sawtooth, 101, 1)));
    near(figures, {
      points: 16,
      correlation: -0.052632,
      weightA: 0.5,
      weightB: 0.5,
      sharpe: 0.333333,
      profitFactor: 2,
      score: 0.833333,
      overlap: 0,
    });
  });

  test('V5: a leg and itself', () => {
    const both = series(evenly([1, -0.5, 1, -0.5]));
    near(evaluatePair(both, both), {
      correlation: 1,
      weightA: 0.5,
      weightB: 0.5,
      sharpe: 0.333333,
      profitFactor: 2,
      score: 0.833333,
      overlap: 1,
    });
  });

  test('V6: without a loss the profit factor is 0', () => {
    const figures = evaluatePair(series(evenly([1, 2, 3])), series(evenly([2, 1, 2])));
    expect(figures.profitFactor).toBe(0);
    expect(figures.score).toBeCloseTo(0.7 * figures.sharpe, 12);
  });

  test('V7: all zero', () => {
    near(evaluatePair(series(evenly([0, 0, 0])), series(evenly([0, 0, 0]))), {
      correlation: 0,
      sharpe: 0,
      profitFactor: 0,
      winRate: 0,
      maxDrawdown: 0,
      score: 0,
    });
  });

  test('V8: nothing at all', () => {
    near(evaluatePair(series([]), series([])), {
      points: 0,
      correlation: 0,
      sharpe: 0,
      profitFactor: 0,
      winRate: 0,
      maxDrawdown: 0,
      score: 0,
    });
  });

  test('V9: of 101 trades the oldest is dropped, before PnLs of one moment are added up', () => {
    const trades: readonly Trade[] = [[5, 7], ...evenly(Array<number>(99).fill(1), 5, 0), [4, 9]];
    const points = pointsOf(series(trades));
    expect(points).toEqual([[5, 106]]);
    const twice: readonly Trade[] = [[1, 50], ...evenly(Array<number>(100).fill(1), 1, 1)];
    expect(pointsOf(series(twice))[0]).toEqual([1, 1]);
  });

  test('V10: twice the deviation is half the weight', () => {
    const one = series(evenly([1, -1, 1, -1]));
    const two = series(evenly([2, -2, 2, -2]));
    near(evaluatePair(one, two), { weightA: 0.666667, weightB: 0.333333 });
  });
});

const five = [
  leg('alpha', evenly(alpha)),
  leg('beta', evenly(beta)),
  leg('gamma', evenly([1, 1, -1, -1, 1, 1, -1, -1])),
  leg('delta', evenly([1, -1, 2, 1, -1, -2, 1, 1])),
  leg('flat', evenly(Array<number>(8).fill(0.5))),
];

const table: readonly (readonly [
  string,
  string,
  number,
  number,
  number,
  number,
  number,
  number,
  boolean,
  string,
])[] = [
  ['alpha', 'beta', -0.450694, 0.474068, 0.525932, 0.741642, 6.896273, 2.588032, false, '0D40763A66575937'],
  ['alpha', 'delta', 0.144338, 0.393763, 0.606237, 0.457716, 3.398717, 1.340017, true, '885EE696E5468331'],
  ['alpha', 'flat', 0, 1, 0, 0.5, 3, 1.25, true, 'EAE1D61B8686FB0A'],
  ['alpha', 'gamma', 0, 0.333333, 0.666667, 0.353553, 2.142857, 0.890345, true, '060A309AFA82F67A'],
  ['beta', 'delta', -0.26688, 0.4188, 0.5812, 0.387981, 2.693889, 1.079753, false, 'B1319726CB363735'],
  ['beta', 'flat', 0, 1, 0, 0.27735, 1.8, 0.734145, true, '545709D453FAFD9E'],
  ['beta', 'gamma', 0, 0.356789, 0.643211, 0.196116, 1.713578, 0.651355, true, 'E8CFAF59906F4816'],
  ['delta', 'flat', 0, 1, 0, 0.19245, 1.5, 0.584715, true, 'A36B7BBE7527CE70'],
  ['delta', 'gamma', -0.7698, 0.434965, 0.565035, 0.283629, 2.251505, 0.873992, false, '7C9F9831E3E1B23C'],
  ['flat', 'gamma', 0, 0, 1, 0, 1, 0.3, true, '7705CEE95C5F5AFB'],
];

test.each(table)(
  'the selection vector: %s and %s',
  (a, b, correlation, weightA, weightB, sharpe, profitFactor, score, strict, id) => {
    const [left, right] = [a, b].map((name) => five.find((one) => one.name === name));
    if (left === undefined || right === undefined) throw new Error('an unknown leg');
    const figures = evaluatePair(left.series, right.series);
    near(figures, { correlation, weightA, weightB, sharpe, profitFactor, score });
    expect(Math.abs(figures.correlation) <= 0.2).toBe(strict);
    expect(legacyPairId(a, b)).toBe(id);
  },
);

function chosen(rules: SelectionRules): readonly string[] {
  const selection = selectRows(five, { from: 0, to: five.length }, rules, new PairBench(100));
  return chosenPairs(selection, rules).map(({ a, b }) => `${a}+${b}`.replaceAll('id-', ''));
}

test('the selection vector: five strict pairs leave no room for a rescue', () => {
  expect(chosen(compatibleRules.selection)).toEqual([
    'alpha+delta',
    'alpha+flat',
    'alpha+gamma',
    'beta+flat',
    'beta+gamma',
  ]);
});

test('the selection vector: with room for eight, a rescued pair takes the third place', () => {
  const rules = { ...compatibleRules.selection, pairsMax: 8 };
  const names = chosen(rules);
  expect(names).toHaveLength(8);
  expect(names[2]).toBe('beta+delta');
});

test('the flat leg of the selection vector is no leg in strict mode', () => {
  const eight = { tradesMin: 8 };
  const flat = columns(evenly(Array<number>(8).fill(0.5)));
  expect(readLeg(flat, { ...compatibleRules.leg, ...eight }).exclusion).toBeNull();
  expect(readLeg(flat, { ...strictRules.leg, ...eight }).exclusion).toBe('no_variance');
});

describe('pair ids', () => {
  test.each([
    ['', 'CBF29CE484222325'],
    ['a', 'AF63DC4C8601EC8C'],
    ['foobar', '85944171F73967E8'],
  ])('the hash checks itself on %j', (text, hash) => expect(fnv1a64(text)).toBe(hash));

  test.each([
    ['A', 'B', 'F9C9F119A01DA936'],
    ['B', 'A', 'F9C9F119A01DA936'],
    ['a', 'b', 'E726B11905478F76'],
    ['a', 'B', '16895F19B12E67CE'],
    ['A', 'A', 'F9C9F019A01DA783'],
    ['', 'A', '08E37F07B581FF4E'],
    ['Golden-Cross-50-200', 'RSI-2-Period-Connors', 'F17CE6AF28FF2CEE'],
    ['Bred-Bred--261-Gen36-N3980242439-83', 'Bred-Bred--437-Gen31-N3980235907-169', '4A6A961C4083D8DC'],
    ['RECRUIT-RND-1768781166-15', 'Golden-Cross-50-200', '5E824CD7105A0DF0'],
    ['alpha', 'beta', '0D40763A66575937'],
    ['alpha', 'delta', '885EE696E5468331'],
    ['A|B', 'C', 'C1A65150447125E7'],
    ['A', 'B|C', 'C1A65150447125E7'],
    ['é', 'z', 'CE796F198793CEFE'],
    ['戦略', 'A', 'F4F5E18B68B44E65'],
  ])('the alias of %j and %j', (a, b, id) => expect(legacyPairId(a, b)).toBe(id));

  test('our own id knows no order, and no separator to lean over', () => {
    expect(pairIdOf('x', 'y')).toBe(pairIdOf('y', 'x'));
    expect(pairIdOf('A|B', 'C')).not.toBe(pairIdOf('A', 'B|C'));
    expect(pairIdOf('1:a', 'b')).not.toBe(pairIdOf('1', 'a1:b'));
  });

  test('names are ordered by code point, where JavaScript would go by UTF-16 units', () => {
    expect(compareCodePoints('\u{1F600}', '\uFFFD')).toBeGreaterThan(0);
    const plainly = (a: string, b: string): number => {
      const [left, right] = [a, b].map((text) => Array.from(text, (one) => one.codePointAt(0) ?? 0));
      const at = (left ?? []).findIndex((one, place) => one !== right?.[place]);
      return at < 0 || right?.[at] === undefined
        ? (left?.length ?? 0) - (right?.length ?? 0)
        : (left?.[at] ?? 0) - right[at];
    };
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', '\uD7FF', '\uE000', '\uFFFD', '\u{10000}', '\u{1F600}'),
    });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareCodePoints(a, b))).toBe(Math.sign(plainly(a, b)));
      }),
    );
    expect(['\uFFFD', '\u{1F600}'].sort()).toEqual(['\u{1F600}', '\uFFFD']);
  });
});

test.each([
  [null, null, 'B'],
  [0.3, null, 'A'],
  [0.2999, null, 'B'],
  [0.9, 0.5, 'S'],
  [null, 0.4999, 'B'],
] as const)('a pair with OOS %p and CPCV %p is of rank %s', (oos, cpcv, rank) => {
  expect(pairRank(oos, cpcv, compatibleRules.rank)).toBe(rank);
});
