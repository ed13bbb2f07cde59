/** One strategy on its way to a verdict: what is known of it, what it would be, and what is still to be drawn. */
import type { Evidence, StandingRank } from '../../protocols/db-oos.js';
import type { NewNotification } from '../../protocols/db-notifier.js';
import type { RankVerdict } from '../../protocols/db-rows.js';
import type {
  MonteCarloResult,
  MonteCarloWork,
  RankCandidate,
  Ranked,
  RankingRules,
} from '../../protocols/oos-requests.js';
import { keptRanks } from '../../protocols/ranks.js';
import { pipSize } from './pip-size.js';
import { rankNotice } from './rank-notices.js';
import {
  aBaseGates,
  baseEvidence,
  bGates,
  firstShort,
  judgeA,
  judgeB,
  oosGate,
  policies,
  standsAside,
} from './rank-policy.js';
import type { BaseEvidence, Judged, MonteCarloEvidence, RankPolicy } from './rank-policy.js';
import { rankVerdict } from './rank-verdict.js';

export interface Asked {
  readonly phase: 'b' | 'a';
  readonly candidates: readonly RankCandidate[];
  readonly rules: RankingRules;
}

export interface Item {
  readonly candidate: RankCandidate;
  readonly phase: 'b' | 'a';
  readonly policy: RankPolicy;
  readonly standing: StandingRank | null;
  readonly base: BaseEvidence;
  readonly meetsB: boolean;
  readonly meetsABase: boolean;
  readonly judged: Judged;
  /** What has to be drawn before it can be judged for good; null when nothing does. */
  readonly draw: MonteCarloWork | null;
  readonly monteCarlo: MonteCarloEvidence | null;
  /** How often it was judged, from 1. */
  readonly round: number;
}

export const needsDraw = ({ draw, monteCarlo }: Item): boolean => draw !== null && monteCarlo === null;

/**
 * Who is to be decided, and who is not: what was not measured keeps its rank (and a recorded archive its record), and so
 * does whoever the phase is not about.
 */
export function itemsOf(
  { candidates, phase, rules }: Asked,
  evidence: ReadonlyMap<string, Evidence>,
  ranks: ReadonlyMap<string, StandingRank>,
): { readonly items: readonly Item[]; readonly decided: readonly Ranked[] } {
  const policy = policies[rules.policy];
  const items: Item[] = [];
  const decided: Ranked[] = [];
  for (const candidate of candidates) {
    const { strategyId } = candidate;
    const standing = ranks.get(strategyId) ?? null;
    const rank = standing?.rank ?? null;
    const result = evidence.get(candidate.backtestId);
    if (result === undefined || !(result.state === 'succeeded' || isTakenOver(candidate, phase))) {
      decided.push({ strategyId, rank, meetsB: false, meetsABase: false });
      continue;
    }
    const item = itemOf(
      candidate,
      standing,
      baseEvidence(result, pipSize(candidate.symbol, rules.pipSizes), policy),
      policy,
      phase,
      result,
    );
    if (item === null || !isToDecide(item))
      decided.push({
        strategyId,
        rank,
        meetsB: item?.meetsB ?? false,
        meetsABase: item?.meetsABase ?? false,
      });
    else items.push(item);
  }
  return { items, decided };
}

/** An archive rests on no figures of ours, so it is kept also where there are none. */
const isTakenOver = (candidate: RankCandidate, phase: 'b' | 'a'): boolean =>
  phase === 'b' && candidate.environment === 'production' && standsAside(candidate);

function itemOf(
  candidate: RankCandidate,
  standing: StandingRank | null,
  base: BaseEvidence,
  policy: RankPolicy,
  phase: 'b' | 'a',
  { attemptId }: Evidence,
): Item | null {
  const judged =
    phase === 'b' ? judgeB(candidate, base, policy) : judgedA(candidate, standing, base, null, policy);
  if (judged === null) return null;
  // Whoever stands aside is validated by nobody.
  const meetsB = !standsAside(candidate) && firstShort(bGates(base, policy)) === null;
  const meetsABase = meetsB && firstShort(aBaseGates(base, policy)) === null;
  const isToDraw = phase === 'a' && meetsABase && oosGate(candidate.oos, policy).passed && attemptId !== null;
  return {
    candidate,
    phase,
    policy,
    standing,
    base,
    meetsB,
    meetsABase,
    judged,
    draw: isToDraw ? drawOf(candidate, attemptId, policy) : null,
    monteCarlo: null,
    round: 1,
  };
}

const judgedA = (
  { oos }: RankCandidate,
  standing: StandingRank | null,
  base: BaseEvidence,
  monteCarlo: MonteCarloEvidence | null,
  policy: RankPolicy,
): Judged => judgeA(standing?.rank ?? null, { base, oos, monteCarlo, cpcv: null }, policy);

/** Seeded by the strategy: the same trades are drawn in the same way by everybody, always. */
const drawOf = (
  { strategyId }: RankCandidate,
  attemptId: string,
  { monteCarlo: { iterations, newestMax, startEquity, ruinDrawdown } }: RankPolicy,
): MonteCarloWork => ({ attemptId, seed: strategyId, iterations, newestMax, startEquity, ruinDrawdown });

/**
 * `b` decides who is in and who is out: whoever is in, and still meets B, is left to `a`. `a` decides among those who are in.
 * An archive is left by nobody.
 */
function isToDecide({ phase, standing, judged, meetsB }: Item): boolean {
  const rank = standing?.rank ?? null;
  if (rank !== null && keptRanks.has(rank)) return false;
  if (phase === 'b') return !(rank !== null && judged.rank === 'B');
  return meetsB && rank !== null;
}

/** Best first, unknown last, and a total order. */
export const bySharpeThenName = (a: Item, b: Item): number =>
  (b.base.sharpe ?? -Infinity) - (a.base.sharpe ?? -Infinity) ||
  compare(a.candidate.name, b.candidate.name) ||
  compare(a.candidate.strategyId, b.candidate.strategyId);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export function withDraw(item: Item, { values, ruinProbability }: MonteCarloResult): Item {
  const monteCarlo = { values, ruinProbability };
  const { candidate, standing, base, policy } = item;
  return { ...item, monteCarlo, judged: judgedA(candidate, standing, base, monteCarlo, policy) };
}

export interface Conclusion {
  readonly verdict: RankVerdict;
  readonly notification: NewNotification | null;
}

/** Judged again from where the rank stands now, which may have moved since. */
export function conclusionOf(item: Item, wallMs: number): Conclusion {
  const { candidate, standing, base, policy, monteCarlo, phase } = item;
  const judged = phase === 'b' ? item.judged : judgedA(candidate, standing, base, monteCarlo, policy);
  const oos = phase === 'b' ? null : candidate.oos;
  const before = standing?.rank ?? null;
  const grounds = { base, oos, monteCarlo };
  const verdict = rankVerdict(candidate.strategyId, before, judged, grounds, policy, wallMs);
  return { verdict, notification: rankNotice(candidate.name, verdict, judged) };
}

/** Every candidate has been decided or left as it was when the end is reached. */
export const rankedOf = ({ strategyId }: RankCandidate, decided: ReadonlyMap<string, Ranked>): Ranked =>
  decided.get(strategyId) ?? { strategyId, rank: null, meetsB: false, meetsABase: false };
