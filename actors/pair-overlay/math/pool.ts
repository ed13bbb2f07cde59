import { compareCodePoints } from './code-points.js';

export interface Candidate {
  readonly strategyId: string;
  readonly name: string;
  readonly symbol: string | null;
  readonly timeframeMinutes: number | null;
  readonly rank: string | null;
  /** Of its in-sample backtest; only orders the pool. */
  readonly sharpe: number | null;
}

export interface PoolRules {
  readonly ranks: readonly string[];
  readonly groupMax: number;
}

/** The place that strategies compete for: "symbol|minutes", with the minutes as they are and nothing for what is unknown. */
export const groupOf = ({
  symbol,
  timeframeMinutes,
}: Pick<Candidate, 'symbol' | 'timeframeMinutes'>): string => `${symbol ?? ''}|${timeframeMinutes ?? 0}`;

/** Best Sharpe first, unknown as 0; then by name, and by id where names are equal, so that the order is total. */
export const bestFirst = (a: Candidate, b: Candidate): number =>
  (b.sharpe ?? 0) - (a.sharpe ?? 0) ||
  compareCodePoints(a.name, b.name) ||
  compareCodePoints(a.strategyId, b.strategyId);

/** Who may become a leg: the best of each group, groups in the order in which they are first met (domain 4.2). */
export function buildPool<C extends Candidate>(candidates: readonly C[], rules: PoolRules): readonly C[] {
  const groups = new Map<string, C[]>();
  for (const candidate of candidates) {
    if (candidate.rank === null || !rules.ranks.includes(candidate.rank)) continue;
    const group = groupOf(candidate);
    const members = groups.get(group);
    if (members === undefined) groups.set(group, [candidate]);
    else members.push(candidate);
  }
  return [...groups.values()].flatMap((members) => members.sort(bestFirst).slice(0, rules.groupMax));
}
