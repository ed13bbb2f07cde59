/** Who has which rank: the boundary vectors of the domain, and laws. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pipSize } from '../../actors/oos-requests/pip-size.js';
import { baseEvidence, judgeA, judgeB, policies } from '../../actors/oos-requests/rank-policy.js';
import type { AEvidence, BaseEvidence } from '../../actors/oos-requests/rank-policy.js';
import { rankVerdict } from '../../actors/oos-requests/rank-verdict.js';
import { isLegalTransition, legalTransitions } from '../../protocols/ranks.js';
import { base, evidence, oos } from './evidence.js';

const { documented, code } = policies;
const subject = { claimedRank: null, environment: 'production' } as const;
const calm = { values: 200, ruinProbability: 0.02 };
const full = (changes: Partial<AEvidence> = {}): AEvidence => ({
  base: base(),
  oos: oos(0.35),
  monteCarlo: calm,
  cpcv: null,
  ...changes,
});

/** What keeps a strategy with these figures, and all else in order, from rank A. */
const heldBack = (changes: Partial<BaseEvidence>, policy = documented): string | null => {
  const { rank, reason } = judgeA('B', full({ base: base(changes) }), policy);
  return rank === 'A' ? null : reason;
};

describe('rank B', () => {
  const least: Partial<BaseEvidence> = {
    sharpe: 0.15,
    profitFactor: 1.05,
    winRate: 0.35,
    maxDrawdown: 0.2499,
  };
  test.each<[string, Partial<BaseEvidence>, string | null]>([
    ['just enough of everything', {}, null],
    ['Sharpe 0.1499', { sharpe: 0.1499 }, 'b_sharpe_not_met'],
    ['profit factor 1.0499', { profitFactor: 1.0499 }, 'b_profit_factor_not_met'],
    ['win rate 0.3499', { winRate: 0.3499 }, 'b_win_rate_not_met'],
    ['drawdown 0.25, which has to lie below', { maxDrawdown: 0.25 }, 'b_max_drawdown_not_met'],
    ['an unknown Sharpe', { sharpe: null }, 'b_sharpe_unknown'],
    ['an unknown drawdown', { maxDrawdown: null }, 'b_max_drawdown_unknown'],
    ['no trades at all: B has no floor', { trades: 0 }, null],
  ])('with %s', (_what, changes, reason) => {
    const judged = judgeB(subject, base({ ...least, ...changes }), documented);
    expect(judged).toMatchObject(
      reason === null ? { rank: 'B', reason: 'b_met', decidedBy: null } : { rank: null, reason },
    );
  });

  test('a recorded rank is a claim: only the figures count', () => {
    expect(judgeB({ ...subject, claimedRank: 'S' }, base({ sharpe: -1 }), documented)?.rank).toBeNull();
  });

  test('LEGEND and RETIRED keep theirs, whatever they measure; tests have none', () => {
    for (const claimedRank of ['LEGEND', 'RETIRED'])
      expect(judgeB({ ...subject, claimedRank }, base({ sharpe: -1 }), documented)).toMatchObject({
        rank: claimedRank,
        reason: 'kept_as_recorded',
      });
    expect(judgeB({ claimedRank: 'LEGEND', environment: 'test' }, base(), documented)).toBeNull();
  });
});

describe('rank A', () => {
  test.each<[string, Partial<BaseEvidence>, string | null]>([
    ['Sharpe 0.45', { sharpe: 0.45 }, null],
    ['Sharpe 0.4499', { sharpe: 0.4499 }, 'a_sharpe_not_met'],
    ['profit factor 1.30', { profitFactor: 1.3 }, null],
    ['profit factor 1.2999', { profitFactor: 1.2999 }, 'a_profit_factor_not_met'],
    ['win rate 0.43', { winRate: 0.43 }, null],
    ['win rate 0.4299', { winRate: 0.4299 }, 'a_win_rate_not_met'],
    ['drawdown 0.1599', { maxDrawdown: 0.1599 }, null],
    ['drawdown 0.16', { maxDrawdown: 0.16 }, 'a_max_drawdown_not_met'],
    ['expectancy just above 0', { expectancyPips: Number.MIN_VALUE }, null],
    ['expectancy 0', { expectancyPips: 0 }, 'a_expectancy_pips_not_met'],
    ['expectancy unknown', { expectancyPips: null }, 'a_expectancy_pips_unknown'],
    ['evidence 50', { trades: 50 }, null],
    ['evidence 49', { trades: 49 }, 'a_evidence_not_met'],
  ])('with %s', (_what, changes, reason) => {
    expect(heldBack(changes)).toBe(reason);
  });

  test('the policy of the code wants 200 trades', () => {
    expect(heldBack({ trades: 199 }, code)).toBe('a_evidence_not_met');
    expect(heldBack({ trades: 200 }, code)).toBeNull();
    expect(heldBack({ trades: 199 }, documented)).toBeNull();
    const { name: _documented, a, s, ...rest } = documented;
    const { name: _code, a: aOfCode, s: sOfCode, ...restOfCode } = code;
    expect({ ...rest, a: { ...a, evidenceMin: 0 }, s: { ...s, evidenceMin: 0 } }).toEqual({
      ...restOfCode,
      a: { ...aOfCode, evidenceMin: 0 },
      s: { ...sOfCode, evidenceMin: 0 },
    });
  });

  test.each<[string, Partial<AEvidence>, string]>([
    ['out-of-sample Sharpe 0.3499', { oos: oos(0.3499) }, 'a_oos_sharpe_not_met'],
    ['no out-of-sample Sharpe', { oos: oos(null) }, 'a_oos_sharpe_unknown'],
    ['no out-of-sample request', { oos: null }, 'a_oos_sharpe_unknown'],
    ['29 values to draw from', { monteCarlo: { ...calm, values: 29 } }, 'monte_carlo_values_not_met'],
    [
      'ruin in 6 of 250 draws',
      { monteCarlo: { ...calm, ruinProbability: 0.024 } },
      'monte_carlo_ruin_not_met',
    ],
    ['no draws', { monteCarlo: null }, 'monte_carlo_values_unknown'],
  ])('not with %s', (_what, changes, reason) => {
    expect(judgeA('B', full(changes), documented)).toMatchObject({ rank: 'B', reason });
  });

  test('who had it and meets it no more goes back to B, and out when B is not met either', () => {
    expect(judgeA('A', full({ oos: oos(0.1) }), documented).rank).toBe('B');
    expect(judgeA('A', full({ base: base({ sharpe: 0.1 }) }), documented).rank).toBeNull();
  });
});

describe('rank S', () => {
  const passed = { passRate: 0.7, medianDrawdown: 0.1199 };

  test('is reached by nobody without cross-validation, and the reason says so', () => {
    expect(judgeA('A', full(), documented)).toMatchObject({
      rank: 'A',
      reason: 's_cpcv_pass_rate_unknown',
      decidedBy: { gate: 's_cpcv_pass_rate', value: null, threshold: 0.7 },
    });
  });

  test('from A with a pass rate of 0.70 and a median drawdown below 0.12; from B only by way of A', () => {
    const of = (standing: string, cpcv: typeof passed): string | null =>
      judgeA(standing, full({ cpcv }), documented).rank;
    expect(of('A', passed)).toBe('S');
    expect(of('B', passed)).toBe('A');
    expect(of('A', { ...passed, passRate: 0.6999 })).toBe('A');
    expect(of('A', { ...passed, medianDrawdown: 0.12 })).toBe('A');
  });

  test('with few trades wants what only trading shows', () => {
    const few = (trades: number): string =>
      judgeA('S', full({ base: base({ trades }), cpcv: passed }), documented).reason;
    expect([few(99), few(149), few(150)]).toEqual([
      's_evidence_not_met',
      's_dry_run_slippage_pips_unknown',
      's_met',
    ]);
  });
});

describe('transitions', () => {
  test('are a table: one step up at a time, any step down, archives left by nobody', () => {
    expect([...legalTransitions].map(([from, to]) => `${from ?? '-'} ${to ?? '-'}`).sort()).toEqual(
      ['- B', '- LEGEND', '- RETIRED', 'B A', 'B -', 'B RETIRED', 'A S', 'A B', 'A -', 'A RETIRED']
        .concat(['S A', 'S B', 'S -', 'S RETIRED', 'LEGEND RETIRED'])
        .sort(),
    );
    expect(isLegalTransition(null, 'A')).toBe(false);
    expect(isLegalTransition('B', 'S')).toBe(false);
    expect(isLegalTransition('RETIRED', 'B')).toBe(false);
    expect(isLegalTransition('B', 'B')).toBe(true);
    expect(isLegalTransition('B', 'GRAVEYARD')).toBe(false);
  });

  test('that a judgement asks for are always legal', () => {
    fc.assert(
      fc.property(anyEvidence, fc.constantFrom(null, 'B', 'A', 'S'), (given, standing) => {
        const b = judgeB(subject, given.base, documented);
        expect(isLegalTransition(standing, b?.rank ?? null) || (standing !== null && b?.rank === 'B')).toBe(
          true,
        );
        if (standing !== null)
          expect(isLegalTransition(standing, judgeA(standing, given, documented).rank)).toBe(true);
      }),
    );
  });
});

const figure = fc.oneof(fc.constant(null), fc.double({ min: -2, max: 3, noNaN: true }));
const anyEvidence = fc.record<AEvidence>({
  base: fc.record({
    requestId: fc.constant('bt'),
    dataHash: fc.constant(null),
    trades: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 300 })),
    sharpe: figure,
    profitFactor: figure,
    winRate: figure,
    maxDrawdown: figure,
    expectancyPips: figure,
  }),
  oos: figure.map((value) => (value === null ? null : oos(value))),
  monteCarlo: fc.oneof(
    fc.constant(null),
    fc.record({ values: fc.integer({ min: 0, max: 500 }), ruinProbability: figure }),
  ),
  cpcv: fc.oneof(
    fc.constant(null),
    fc.record({
      passRate: fc.double({ min: 0, max: 1, noNaN: true }),
      medianDrawdown: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  ),
});

describe('laws', () => {
  test('a verdict is a function of evidence and policy: its id says all of it, and the time says nothing', () => {
    fc.assert(
      fc.property(
        anyEvidence,
        fc.constantFrom(documented, code),
        fc.nat(),
        fc.nat(),
        (given, policy, early, late) => {
          const verdictAt = (wallMs: number) =>
            rankVerdict('s1', 'B', judgeA('B', given, policy), given, policy, wallMs);
          expect({ ...verdictAt(early), decidedWallMs: 0 }).toEqual({ ...verdictAt(late), decidedWallMs: 0 });
          const other = policy === code ? documented : code;
          expect(rankVerdict('s1', 'B', judgeA('B', given, other), given, other, early).verdictId).not.toBe(
            verdictAt(early).verdictId,
          );
        },
      ),
    );
  });

  test('the gate that decided is the first that is not met, and without one everything is', () => {
    fc.assert(
      fc.property(anyEvidence, (given) => {
        const { gates, decidedBy, rank } = judgeA('A', given, documented);
        const short = gates.filter(({ passed }) => !passed);
        expect(decidedBy).toEqual(short[0] ?? null);
        if (rank === 'S') expect(short).toEqual([]);
      }),
    );
  });

  test('better figures never make a lower rank', () => {
    const order = [null, 'B', 'A', 'S'];
    fc.assert(
      fc.property(anyEvidence, fc.double({ min: 0, max: 2, noNaN: true }), (given, more) => {
        const better = { ...given, base: { ...given.base, sharpe: (given.base.sharpe ?? 0) + more } };
        if (given.base.sharpe === null) return;
        expect(order.indexOf(judgeA('A', better, documented).rank)).toBeGreaterThanOrEqual(
          order.indexOf(judgeA('A', given, documented).rank),
        );
      }),
    );
  });
});

describe('what is measured', () => {
  test('pips are 0.01 in yen, 0.0001 for other currencies, and the configuration has the last word', () => {
    expect(pipSize('USDJPY', {})).toBe(0.01);
    expect(pipSize('EURUSD', {})).toBe(0.0001);
    for (const symbol of ['XAUUSD', 'BTCUSD', 'SPY', 'BTCPERP', '']) expect(pipSize(symbol, {})).toBeNull();
    expect(pipSize('XAUUSD', { XAUUSD: 0.1 })).toBe(0.1);
    expect(pipSize('toString', {})).toBeNull();
  });

  test('expectancy is the average trade in pips, less a spread of 3', () => {
    const of = (trades: number, pnl: number): number | null =>
      baseEvidence(evidence('bt', { trades, pnl }), 0.01, documented).expectancyPips;
    expect(of(100, 4)).toBeCloseTo(1, 12);
    expect(of(100, 3)).toBeCloseTo(0, 12);
    expect(of(0, 0)).toBeNull();
    expect(baseEvidence(evidence('bt'), null, documented).expectancyPips).toBeNull();
  });

  test('a win rate in percent becomes a share, and what is unknown stays unknown', () => {
    expect(baseEvidence(evidence('bt', { winRate: 43 }), 0.01, documented).winRate).toBe(0.43);
    expect(baseEvidence(evidence('bt', { winRate: null }), 0.01, documented).winRate).toBeNull();
  });
});
