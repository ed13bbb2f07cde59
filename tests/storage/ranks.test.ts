import { expect, test } from '@jest/globals';
import {
  countRanks,
  decideRank,
  type RankVerdictRow,
  selectRank,
  selectVerdicts,
} from '../../storage/tables/ranks.js';
import { coreStore } from './core-store.js';

const verdict = (id: string, changes: Partial<RankVerdictRow> = {}): RankVerdictRow => ({
  verdict_id: id,
  strategy_id: 's1',
  rank_before: null,
  rank_after: 'B',
  reason: 'meets B',
  policy_name: 'documented',
  policy_version: 1,
  thresholds_json: '{}',
  evidence_json: '{}',
  decided_wall_ms: 1_000,
  ...changes,
});

test('a rank and its verdict are stored together, against the version that was judged', () => {
  const store = coreStore();
  expect(store.run(decideRank(verdict('v1'), 0))).toMatchObject({
    disposition: 'changed',
    current: { version: 1 },
  });
  const next = verdict('v2', { rank_before: 'B', rank_after: 'A', decided_wall_ms: 2_000 });
  expect(store.run(decideRank(next, 1))).toMatchObject({
    disposition: 'changed',
    current: { rank: 'A', version: 2 },
  });
  const verdicts = store.all(selectVerdicts({ strategyId: 's1', limit: 10 }));
  expect(verdicts.map((row) => row.verdict_id)).toEqual(['v2', 'v1']);
});

test('who judged an older version changes nothing and is told the present one', () => {
  const store = coreStore();
  store.run(decideRank(verdict('v1'), 0));
  const outcome = store.run(decideRank(verdict('v2', { rank_after: 'S' }), 0));
  expect(outcome).toEqual({
    disposition: 'conflict',
    current: { strategy_id: 's1', rank: 'B', version: 1, verdict_id: 'v1' },
  });
  expect(store.run(decideRank(verdict('v3', { strategy_id: 's2' }), 4))).toEqual({
    disposition: 'conflict',
    current: null,
  });
  expect([store.count('ranks'), store.count('rank_verdicts')]).toEqual([1, 1]);
});

test('the same verdict again is a duplicate', () => {
  const store = coreStore();
  store.run(decideRank(verdict('v1'), 0));
  expect(store.run(decideRank(verdict('v1'), 0))).toMatchObject({
    disposition: 'duplicate',
    current: { version: 1 },
  });
  expect(store.count('rank_verdicts')).toBe(1);
});

test('unranked is a rank of null, not the absence of a judgement; counted are both', () => {
  const store = coreStore();
  store.run(decideRank(verdict('v1', { rank_after: null, reason: 'too few trades' }), 0));
  expect(store.all(selectRank({ strategyId: 's1' }))).toMatchObject([{ rank: null, version: 1 }]);
  expect(store.all(selectRank({ strategyId: 's2' }))).toEqual([]);
  const unranked = store.count('strategies');
  expect(unranked).toBeGreaterThan(1);
  expect(store.all(countRanks({}))).toEqual([{ rank: null, count: unranked }]);
});
