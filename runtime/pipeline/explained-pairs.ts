/** Pairs as a page asks for them: all that the pool allows with what keeps each from being active, or one gate by gate. */
import type { Explained, ExplainWork } from '../../protocols/explanations.js';
import type { Gate, Known, PairExplained, PairExplainer } from './explain-pairs.js';
import type { PairFiles } from './read-pairs.js';

/** Pairs that are computed for one list; a pool of 50 allows 1,225. */
const computedMax = 2_500;

/**
 * What the newest refresh left over at each gate, and the pairs themselves: the active ones, those that it kept by their
 * place, then the rest by how little they are correlated.
 */
export function listPairs(explainer: PairExplainer, asked: Extract<ExplainWork, { type: 'pairs' }>) {
  const { overview, current, plan, rules } = explainer;
  const { refresh, slots } = overview;
  const sought = asked.query.toLowerCase();
  const computed: Listed[] = [];
  let total = 0;
  plan.members.forEach((a, at) => {
    for (const b of plan.members.slice(at + 1)) {
      if (rules.selection.sameGroup && a.group !== b.group) continue;
      if (![a, b].some(({ name }) => name.toLowerCase().includes(sought))) continue;
      total += 1;
      if (computed.length < computedMax) computed.push(listed(explainer, explainer.pair(a, b), a.group));
    }
  });
  computed.sort((a, b) => placeOf(a) - placeOf(b) || sizeOf(a.correlation) - sizeOf(b.correlation));
  return {
    mode: rules.mode,
    ranks: rules.pool.ranks,
    tradesMin: rules.leg.tradesMin,
    refresh,
    current,
    active: overview.active.length,
    members: plan.members.length,
    emptySlots: slots.filter(({ pairId }) => pairId === null).map(({ slot }) => slot),
    total,
    pairs: computed.slice(0, asked.limit),
  };
}

interface Listed {
  readonly pairId: string;
  readonly nameA: string;
  readonly nameB: string;
  readonly strategyA: string;
  readonly strategyB: string;
  readonly group: string;
  readonly active: boolean;
  /** In the newest refresh; null when it did not keep the pair. */
  readonly place: number | null;
  readonly score: number | null;
  readonly correlation: number | null;
  /** The first gate that is shut, with whose it is when it is one leg's. */
  readonly shut: (Gate & { readonly of: string | null }) | null;
}

function listed(
  { overview }: PairExplainer,
  { pairId, legs, gates, figures, active }: PairExplained,
  group: string,
): Listed {
  const [a, b] = legs;
  const kept = overview.scores.find((score) => score.pairId === pairId);
  const all = [
    ...legs.flatMap((leg) => leg.gates.map((gate) => ({ ...gate, of: leg.name }))),
    ...gates.map((gate) => ({ ...gate, of: null })),
  ];
  return {
    pairId,
    nameA: a.name,
    nameB: b.name,
    strategyA: a.strategyId,
    strategyB: b.strategyId,
    group,
    active,
    place: kept?.place ?? null,
    score: kept?.score ?? figures?.score ?? null,
    correlation: figures?.correlation ?? kept?.correlation ?? null,
    shut: active ? null : (all.find(({ passed }) => passed === false) ?? null),
  };
}

const placeOf = ({ active, place }: Listed): number => (active ? 0 : (place ?? Infinity));

const sizeOf = (correlation: number | null): number =>
  correlation === null ? Infinity : Math.abs(correlation);

type Refused = Exclude<Explained, { outcome: 'found' }>;

/** @returns a refusal, or the pair with the spells in which it was active */
export function explainPairOf(
  explainer: PairExplainer,
  files: PairFiles,
  { a, b }: Extract<ExplainWork, { type: 'pair' }>,
): Refused | object {
  const legs = b === null ? legsOf(files, a) : ([a, b] as const);
  if ('outcome' in legs) return legs;
  const [left, right] = [knownStrategy(files, legs[0]), knownStrategy(files, legs[1])];
  if ('outcome' in left) return left;
  if ('outcome' in right) return right;
  if (left.strategyId === right.strategyId)
    return refused('unusable', `a pair has two strategies; ${JSON.stringify(left.name)} was given twice`);
  const explained = explainer.pair(left, right);
  const spells = files.spells(explained.pairId).map((spell) => ({
    fromWallMs: spell.from_wall_ms,
    toWallMs: spell.to_wall_ms,
    endReason: spell.end_reason,
  }));
  const refreshedWallMs = explainer.overview.refresh?.recordedWallMs ?? null;
  return { ...explained, mode: explainer.rules.mode, current: explainer.current, refreshedWallMs, spells };
}

const refused = (outcome: Refused['outcome'], message: string, near: readonly string[] = []): Refused => ({
  outcome,
  message,
  near,
});

function legsOf(files: PairFiles, id: string): Refused | readonly [string, string] {
  const [pair, ...others] = files.pairs(id);
  if (pair === undefined)
    return refused('unknown', `no pair that was ever kept has the id ${JSON.stringify(id)}`);
  if (others.length === 0) return [pair.strategy_a, pair.strategy_b];
  const ids = [pair, ...others].map(({ pair_id }) => pair_id);
  return refused('ambiguous', `${JSON.stringify(id)} is Swimmy's id of ${ids.length} pairs; say ours`, ids);
}

function knownStrategy(files: PairFiles, nameOrId: string): Refused | Known {
  const [strategy, ...others] = files.strategies(nameOrId);
  if (strategy === undefined)
    return refused(
      'unknown',
      `no strategy has the name or the id ${JSON.stringify(nameOrId)}`,
      files.near(nameOrId),
    );
  const { strategy_id: strategyId, name } = strategy;
  if (others.length === 0) return { strategyId, name, rank: files.rank(strategyId) };
  const ids = [strategy, ...others].map(({ strategy_id }) => strategy_id);
  return refused(
    'ambiguous',
    `${ids.length} strategies are called ${JSON.stringify(name)}; say which by its id`,
    ids,
  );
}
