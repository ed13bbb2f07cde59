/** What a refresh is about, from what was read: the pool, each member's lists, and a hash that says when it is the same again. */
import { createHash } from 'node:crypto';
import type { PairCandidate, PairRival } from '../../protocols/db-pairs.js';
import type { ListRef, PoolMember } from './evaluation.js';
import { buildPool, groupOf } from './math/pool.js';
import type { PairRules } from './math/rules.js';

/** A change of the arithmetic is another input. */
const arithmeticVersion = 1;

export interface PlannedMember extends PoolMember {
  readonly rank: string;
  readonly verdictId: string;
}

export interface Plan {
  readonly rules: PairRules;
  readonly candidates: number;
  readonly members: readonly PlannedMember[];
  readonly inputsHash: string;
}

/**
 * In strict mode a strategy stands where it was tested: its symbol is that of its candles, and what pairs are selected by
 * is one accepted request, the newest backtest. In compatible mode it is every list that was ever accepted.
 */
export function memberOf(candidate: PairCandidate, rules: PairRules): PlannedMember {
  const strict = rules.mode === 'strict';
  const { strategyId, name, rank, verdictId } = candidate;
  const of = (kind: string): readonly ListRef[] =>
    candidate.lists
      .filter((list) => list.kind === kind)
      .slice(0, strict ? 1 : undefined)
      .map(refOf);
  return {
    strategyId,
    name,
    group: groupOf(placed(candidate, rules)),
    rank,
    verdictId,
    selection: strict ? of('backtest') : candidate.lists.map(refOf),
    oos: of('oos'),
    cpcv: of('cpcv'),
  };
}

const refOf = ({ attemptId, count }: PairCandidate['lists'][number]): ListRef => ({
  attemptId,
  count: count ?? 0,
});

const placed = (candidate: PairCandidate, { mode }: PairRules): PairCandidate =>
  mode === 'strict' ? { ...candidate, symbol: candidate.testedSymbol ?? candidate.symbol } : candidate;

export function planOf(
  candidates: readonly PairCandidate[],
  singles: readonly PairRival[],
  rules: PairRules,
): Plan {
  const pool = buildPool(
    candidates.map((candidate) => placed(candidate, rules)),
    rules.pool,
  );
  const read = candidates.map((candidate) => [
    candidate.strategyId,
    candidate.name,
    groupOf(placed(candidate, rules)),
    candidate.rank,
    candidate.verdictId,
    candidate.sharpe,
    candidate.lists.map(({ kind, attemptId, count, hash }) => [kind, attemptId, count, hash]),
  ]);
  const inputsHash = createHash('sha256')
    .update(JSON.stringify([arithmeticVersion, rules, read, singles]))
    .digest('hex');
  return {
    rules,
    candidates: candidates.length,
    members: pool.map((candidate) => memberOf(candidate, rules)),
    inputsHash,
  };
}
