import { describe, expect, test } from '@jest/globals';
import { bShortcomings, judge } from '../../runtime/pipeline/rank-policy.js';
import type { BEvidence } from '../../runtime/pipeline/rank-policy.js';

const justEnough: BEvidence = {
  trades: 10,
  sharpe: 0.15,
  profitFactor: 1.05,
  winRate: 0.35,
  maxDrawdown: 0.2499,
};

test('the thresholds are reached at Sharpe, profit factor and win rate, and not at drawdown', () => {
  expect(bShortcomings(justEnough)).toEqual([]);
  expect(bShortcomings({ ...justEnough, sharpe: 0.1499 })).toEqual(['sharpe']);
  expect(bShortcomings({ ...justEnough, profitFactor: 1.0499 })).toEqual(['profit_factor']);
  expect(bShortcomings({ ...justEnough, winRate: 0.3499 })).toEqual(['win_rate']);
  expect(bShortcomings({ ...justEnough, maxDrawdown: 0.25 })).toEqual(['max_drawdown']);
});

test('an unknown figure never passes', () => {
  const unknown = { trades: 0, sharpe: null, profitFactor: null, winRate: null, maxDrawdown: null };
  expect(bShortcomings(unknown)).toEqual(['sharpe', 'profit_factor', 'win_rate', 'max_drawdown']);
});

describe('who is ranked', () => {
  const strategy = (claimedRank: string | null, environment: 'production' | 'test' = 'production') => ({
    claimedRank,
    environment,
  });

  test('a recorded rank is a claim: only the figures count', () => {
    expect(judge(strategy('S'), { ...justEnough, sharpe: -1 })?.rank).toBeNull();
    expect(judge(strategy(null), justEnough)).toEqual({ rank: 'B', reason: 'b_metrics_met' });
  });

  test('LEGEND and RETIRED keep theirs, whatever they measure', () => {
    for (const rank of ['LEGEND', 'RETIRED'])
      expect(judge(strategy(rank), { ...justEnough, sharpe: -1 })).toEqual({
        rank,
        reason: 'kept_as_recorded',
      });
  });

  test('test fixtures get no verdict at all', () => {
    expect(judge(strategy('LEGEND', 'test'), justEnough)).toBeNull();
  });
});
