/** What the evaluator reads, draws and stores, in what order, and what it leaves alone. */
import { describe, expect, test } from '@jest/globals';
import { defaults, handle, init } from '../../actors/oos-requests/rank-evaluator.js';
import type { StandingRank } from '../../protocols/db-oos.js';
import type { RankVerdict } from '../../protocols/db-rows.js';
import type { RankCandidate, Ranked } from '../../protocols/oos-requests.js';
import { asked, replied, turnsOf } from '../../runtime/testing/index.js';
import { evidence, oos } from './evidence.js';

const core = 'db-writes/core';
const reader = 'db-writes/reader';
const draws = 'oos-requests/monte-carlo';

const candidate = (strategyId: string, changes: Partial<RankCandidate> = {}): RankCandidate => ({
  strategyId,
  name: `name of ${strategyId}`,
  claimedRank: null,
  environment: 'production',
  symbol: 'USDJPY',
  backtestId: `bt-${strategyId}`,
  oos: null,
  ...changes,
});

const standing = (strategyId: string, rank: string | null): StandingRank => ({
  strategyId,
  rank,
  version: 1,
  verdictId: 'v1',
});

interface Decide {
  readonly type: 'decide_rank';
  readonly verdict: RankVerdict;
  readonly expectedVersion: number;
  readonly notification: { readonly title: string } | null;
}

function begin(atOnce = 32) {
  const turns = turnsOf({ init, handle }, { ...defaults, atOnce }, { wallMs: 1_000 });
  const value = (of: string, given: unknown) => turns.answer(of, { ok: true, value: given });
  return {
    turns,
    value,
    /** Up to where something has to be drawn or stored. */
    evaluate: (
      phase: 'b' | 'a',
      candidates: readonly RankCandidate[],
      figures: Readonly<Record<string, Parameters<typeof evidence>[1]>>,
      ranks: readonly StandingRank[] = [],
    ) => {
      turns.tell({ type: 'evaluate', phase, candidates, rules: { policy: 'documented', pipSizes: {} } });
      value(
        reader,
        Object.entries(figures).map(([id, changes]) => evidence(`bt-${id}`, { strategyId: id, ...changes })),
      );
      return value(reader, ranks);
    },
    changed: (rank: string | null) => value(core, { disposition: 'changed', current: { rank, version: 2 } }),
    standing: () => replied(turns.tell({ type: 'evaluator_standing' }))[0],
  };
}

const verdictsIn = (effects: Parameters<typeof asked>[0]) =>
  (asked(effects, core) as Decide[]).map(({ verdict }) => [
    verdict.strategyId,
    verdict.rankBefore,
    verdict.rankAfter,
    verdict.reason,
  ]);

const valueOf = (effects: Parameters<typeof replied>[0]) =>
  (replied(effects)[0] as { value: Ranked[] }).value;

describe('the first phase', () => {
  test('decides by (Sharpe, name), unknown last', () => {
    const { evaluate } = begin();
    const effects = evaluate(
      'b',
      ['d', 'a', 'c', 'b'].map((id) => candidate(id)),
      { a: { sharpe: 1 }, b: { sharpe: 2 }, c: { sharpe: 1 }, d: { sharpe: null } },
    );
    expect(verdictsIn(effects)).toEqual([
      ['b', null, 'B', 'b_met'],
      ['a', null, 'B', 'b_met'],
      ['c', null, 'B', 'b_met'],
      ['d', null, null, 'b_sharpe_unknown'],
    ]);
  });

  test('leaves alone who is in and meets it still, who was not measured, and who is in an archive', () => {
    const { evaluate } = begin();
    const effects = evaluate(
      'b',
      ['in', 'top', 'unmeasured', 'retired', 'fixture'].map((id) =>
        candidate(id, id === 'fixture' ? { environment: 'test' } : {}),
      ),
      { in: {}, top: {}, unmeasured: { state: 'failed' }, retired: {}, fixture: {} },
      [
        standing('in', 'B'),
        standing('top', 'A'),
        standing('unmeasured', 'B'),
        standing('retired', 'RETIRED'),
      ],
    );
    expect(asked(effects)).toEqual([]);
    expect(valueOf(effects)).toEqual([
      { strategyId: 'in', rank: 'B', meetsB: true, meetsABase: true },
      { strategyId: 'top', rank: 'A', meetsB: true, meetsABase: true },
      { strategyId: 'unmeasured', rank: 'B', meetsB: false, meetsABase: false },
      expect.objectContaining({ strategyId: 'retired', rank: 'RETIRED' }),
      { strategyId: 'fixture', rank: null, meetsB: false, meetsABase: false },
    ]);
  });

  test('takes the rank from who meets B no more, whatever it was, and tells so', () => {
    const { evaluate, changed } = begin();
    const effects = evaluate('b', [candidate('a')], { a: { sharpe: 0.1 } }, [standing('a', 'A')]);
    expect(asked(effects, core)).toMatchObject([
      {
        expectedVersion: 1,
        verdict: { rankBefore: 'A', rankAfter: null, reason: 'b_sharpe_not_met' },
        notification: { topic: 'ranks', title: 'name of a: A to unranked' },
      },
    ]);
    expect(valueOf(changed(null))).toMatchObject([{ rank: null, meetsB: false }]);
  });

  test.each([
    ['that is measured', {}],
    ['that cannot be measured', { state: 'failed' }],
  ] as const)('an archive %s is taken over in silence, and validated by nobody', (_what, found) => {
    const { evaluate, changed } = begin();
    const effects = evaluate('b', [candidate('a', { claimedRank: 'LEGEND' })], { a: found });
    expect(asked(effects, core)).toMatchObject([
      { verdict: { rankAfter: 'LEGEND', reason: 'kept_as_recorded' }, notification: null },
    ]);
    expect(valueOf(changed('LEGEND'))).toEqual([
      { strategyId: 'a', rank: 'LEGEND', meetsB: false, meetsABase: false },
    ]);
  });
});

describe('the second phase', () => {
  const isIn = [standing('a', 'B')];

  test('draws for who meets all else, and promotes by the draw', () => {
    const { evaluate, value, changed, standing: look } = begin();
    const effects = evaluate('a', [candidate('a', { oos: oos(0.5) })], { a: {} }, isIn);
    expect(asked(effects, draws)).toMatchObject([
      { request: { attemptId: 'attempt of bt-a', seed: 'a', iterations: 250, newestMax: 500 } },
    ]);
    const drawn = value(draws, { values: 200, ruinProbability: 0 });
    expect(verdictsIn(drawn)).toEqual([['a', 'B', 'A', 's_cpcv_pass_rate_unknown']]);
    expect(valueOf(changed('A'))).toMatchObject([{ rank: 'A' }]);
    expect(look()).toMatchObject({ changed: 1, monteCarlo: { asked: 1, passed: 1 } });
  });

  test('does not draw for who is held back before', () => {
    const { evaluate } = begin();
    const effects = evaluate('a', [candidate('a', { oos: oos(0.1) })], { a: {} }, isIn);
    expect(verdictsIn(effects)).toEqual([['a', 'B', 'B', 'a_oos_sharpe_not_met']]);
    expect(asked(effects, core)).toMatchObject([{ notification: null }]);
  });

  test('a draw that cannot be made is no verdict', () => {
    const { evaluate, turns } = begin();
    evaluate('a', [candidate('a', { oos: oos(0.5) })], { a: {} }, isIn);
    const refused = turns.answer(draws, {
      ok: false,
      code: 'corrupt',
      message: 'the file',
      retryable: false,
    });
    expect(asked(refused, core)).toEqual([]);
    expect(replied(refused)).toMatchObject([{ ok: false, code: 'corrupt' }]);
  });

  test('takes rank A from who does not do it out of sample any more', () => {
    const { evaluate } = begin();
    const effects = evaluate('a', [candidate('a', { oos: oos(0.2) })], { a: {} }, [standing('a', 'A')]);
    expect(asked(effects, core)).toMatchObject([
      { verdict: { rankBefore: 'A', rankAfter: 'B' }, notification: { title: 'name of a: A to B' } },
    ]);
  });
});

describe('the store', () => {
  test('gets so many decisions at once and no more, in order', () => {
    const { evaluate, changed } = begin(2);
    const effects = evaluate(
      'b',
      ['a', 'b', 'c'].map((id) => candidate(id)),
      { a: {}, b: {}, c: {} },
    );
    expect(asked(effects, core)).toHaveLength(2);
    expect(changed('B')).toEqual([]);
    expect(verdictsIn(changed('B'))).toEqual([['c', null, 'B', 'b_met']]);
  });

  test('that has moved on is judged again from where it stands, at most five times', () => {
    const { evaluate, value, standing: look } = begin();
    evaluate('b', [candidate('a')], { a: { sharpe: 0.1 } }, [standing('a', 'B')]);
    let effects = value(core, { disposition: 'conflict', current: { rank: 'A', version: 7 } });
    expect(asked(effects, core)).toMatchObject([{ expectedVersion: 7, verdict: { rankBefore: 'A' } }]);
    for (let round = 3; round <= defaults.roundsMax + 1; round += 1)
      effects = value(core, { disposition: 'conflict', current: { rank: 'A', version: 5 + round } });
    expect(valueOf(effects)).toMatchObject([{ rank: 'A' }]);
    expect(look()).toMatchObject({ conflicts: 5, changed: 0 });
  });

  test('that rejects a transition is counted, and the rank stays', () => {
    const { evaluate, value, standing: look } = begin();
    evaluate('b', [candidate('a')], { a: {} });
    const effects = value(core, { disposition: 'illegal', current: null });
    expect(valueOf(effects)).toMatchObject([{ rank: null }]);
    expect(look()).toMatchObject({ illegal: 1 });
  });

  test('that is busy is asked again for what it did not take', () => {
    const { evaluate, changed, turns } = begin();
    evaluate(
      'b',
      ['a', 'b'].map((id) => candidate(id)),
      { a: {}, b: {} },
    );
    turns.answer(core, { ok: false, code: 'busy', message: 'later', retryable: true });
    expect(changed('B')).not.toContainEqual(expect.objectContaining({ verb: 'reply' }));
    expect(verdictsIn(turns.advance(200))).toEqual([['a', null, 'B', 'b_met']]);
    expect(valueOf(changed('B'))).toHaveLength(2);
  });
});
