import type { StoredResult } from '../../protocols/db-views.js';

/** The thresholds of rank B, as documented (closed at Sharpe, profit factor and win rate, open at drawdown). */
export const documentedPolicy = {
  name: 'documented',
  version: 1,
  b: { sharpeMin: 0.15, profitFactorMin: 1.05, winRateMin: 0.35, maxDrawdownBelow: 0.25 },
} as const;

export type RankPolicy = typeof documentedPolicy;

/** The measured figures that a verdict of rank B rests on; shares are fractions, unknown is null. */
export interface BEvidence {
  readonly trades: number | null;
  readonly sharpe: number | null;
  readonly profitFactor: number | null;
  readonly winRate: number | null;
  readonly maxDrawdown: number | null;
}

export const evidenceOf = (
  result: Pick<StoredResult, 'trades' | 'sharpe' | 'profitFactor' | 'winRate' | 'maxDrawdown'>,
): BEvidence => ({
  trades: result.trades,
  sharpe: result.sharpe,
  profitFactor: result.profitFactor,
  winRate: result.winRate === null ? null : result.winRate / 100,
  maxDrawdown: result.maxDrawdown,
});

/** The criteria of rank B that the figures do not meet; empty when it is reached. An unknown figure never passes. */
export function bShortcomings(evidence: BEvidence, { b }: RankPolicy = documentedPolicy): readonly string[] {
  const reaches = (value: number | null, least: number): boolean => value !== null && value >= least;
  const found: string[] = [];
  if (!reaches(evidence.sharpe, b.sharpeMin)) found.push('sharpe');
  if (!reaches(evidence.profitFactor, b.profitFactorMin)) found.push('profit_factor');
  if (!reaches(evidence.winRate, b.winRateMin)) found.push('win_rate');
  if (!(evidence.maxDrawdown !== null && evidence.maxDrawdown < b.maxDrawdownBelow))
    found.push('max_drawdown');
  return found;
}

/** Archives: whoever was put there is measured and stays there. */
const keptRanks = new Set(['LEGEND', 'RETIRED']);

export interface Judged {
  readonly rank: string | null;
  readonly reason: string;
}

/**
 * The rank of a strategy after its in-sample backtest, or null when it is not for ranking at all (test names, REQ-63).
 * @param claimedRank what its record says, upper case
 */
export function judge(
  strategy: { readonly claimedRank: string | null; readonly environment: 'production' | 'test' },
  evidence: BEvidence,
  policy: RankPolicy = documentedPolicy,
): Judged | null {
  if (strategy.environment === 'test') return null;
  const { claimedRank } = strategy;
  if (claimedRank !== null && keptRanks.has(claimedRank))
    return { rank: claimedRank, reason: 'kept_as_recorded' };
  const shortcomings = bShortcomings(evidence, policy);
  return shortcomings.length === 0
    ? { rank: 'B', reason: 'b_metrics_met' }
    : { rank: null, reason: `b_metrics_not_met: ${shortcomings.join(', ')}` };
}
