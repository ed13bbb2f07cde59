/**
 * Who has which rank, as a pure function of evidence and policy. `docs/ranks.md` tells the tables and their sources.
 * Comparisons are closed (at least) but for drawdown, which must lie below. An unknown figure never passes.
 */
import type { Evidence, OosVerdict } from '../../protocols/db-oos.js';
import type { PolicyName } from '../../protocols/oos-requests.js';
import { keptRanks } from '../../protocols/ranks.js';
import type { GateResult } from '../../protocols/ranks.js';

/** Shares are fractions. */
export interface Figures {
  readonly sharpeMin: number;
  readonly profitFactorMin: number;
  readonly winRateMin: number;
  readonly maxDrawdownBelow: number;
}

export interface RankPolicy {
  readonly name: PolicyName;
  readonly version: number;
  readonly b: Figures;
  readonly a: Figures & {
    readonly oosSharpeMin: number;
    /** Average pips of a trade, less the spread, lie above it. */
    readonly expectancyPipsAbove: number;
    readonly spreadPips: number;
    /** Trades of the in-sample backtest. */
    readonly evidenceMin: number;
  };
  readonly s: Figures & {
    readonly cpcvPassRateMin: number;
    readonly cpcvMedianDrawdownBelow: number;
    readonly slippagePipsMax: number;
    readonly evidenceMin: number;
  };
  readonly monteCarlo: {
    readonly ruinProbabilityMax: number;
    readonly valuesMin: number;
    readonly iterations: number;
    readonly newestMax: number;
    readonly startEquity: number;
    readonly ruinDrawdown: number;
  };
}

/** Domain 3.1, 2.1, 2.2 and 3.4; the policies differ in their evidence floors alone. */
const common = (name: PolicyName, floors: { readonly a: number; readonly s: number }): RankPolicy => ({
  name,
  version: 1,
  b: { sharpeMin: 0.15, profitFactorMin: 1.05, winRateMin: 0.35, maxDrawdownBelow: 0.25 },
  a: {
    sharpeMin: 0.45,
    profitFactorMin: 1.3,
    winRateMin: 0.43,
    maxDrawdownBelow: 0.16,
    oosSharpeMin: 0.35,
    expectancyPipsAbove: 0,
    spreadPips: 3,
    evidenceMin: floors.a,
  },
  s: {
    sharpeMin: 0.75,
    profitFactorMin: 1.7,
    winRateMin: 0.5,
    maxDrawdownBelow: 0.1,
    cpcvPassRateMin: 0.7,
    cpcvMedianDrawdownBelow: 0.12,
    slippagePipsMax: 3,
    evidenceMin: floors.s,
  },
  monteCarlo: {
    ruinProbabilityMax: 0.02,
    valuesMin: 30,
    iterations: 250,
    newestMax: 500,
    startEquity: 100_000,
    ruinDrawdown: 0.2,
  },
});

export const policies: Readonly<Record<PolicyName, RankPolicy>> = {
  /** As Swimmy's documents say. */
  documented: common('documented', { a: 50, s: 100 }),
  /** As its code does. */
  code: common('code', { a: 200, s: 200 }),
};

/** The in-sample figures; win rate is a fraction here, unknown is null. */
export interface BaseEvidence {
  readonly requestId: string;
  readonly dataHash: string | null;
  readonly trades: number | null;
  readonly sharpe: number | null;
  readonly profitFactor: number | null;
  readonly winRate: number | null;
  readonly maxDrawdown: number | null;
  /** Average of all trades, less the spread; null when it, or the size of a pip, is unknown. */
  readonly expectancyPips: number | null;
}

export function baseEvidence(result: Evidence, pipSize: number | null, policy: RankPolicy): BaseEvidence {
  const { requestId, dataHash, trades, sharpe, profitFactor, winRate, maxDrawdown, pnl } = result;
  const known = pipSize !== null && pnl !== null && trades !== null && trades > 0;
  return {
    requestId,
    dataHash,
    trades,
    sharpe,
    profitFactor,
    winRate: winRate === null ? null : winRate / 100,
    maxDrawdown,
    expectancyPips: known ? pnl / trades / pipSize - policy.a.spreadPips : null,
  };
}

export interface MonteCarloEvidence {
  readonly values: number;
  readonly ruinProbability: number | null;
}

const atLeast = (gate: string, value: number | null, threshold: number): GateResult => ({
  gate,
  value,
  threshold,
  rule: 'at_least',
  passed: value !== null && value >= threshold,
});

const below = (gate: string, value: number | null, threshold: number): GateResult => ({
  gate,
  value,
  threshold,
  rule: 'below',
  passed: value !== null && value < threshold,
});

const figureGates = (rank: string, base: BaseEvidence, figures: Figures): readonly GateResult[] => [
  atLeast(`${rank}_sharpe`, base.sharpe, figures.sharpeMin),
  atLeast(`${rank}_profit_factor`, base.profitFactor, figures.profitFactorMin),
  atLeast(`${rank}_win_rate`, base.winRate, figures.winRateMin),
  below(`${rank}_max_drawdown`, base.maxDrawdown, figures.maxDrawdownBelow),
];

export const bGates = (base: BaseEvidence, { b }: RankPolicy): readonly GateResult[] =>
  figureGates('b', base, b);

/** In Swimmy's order, but for the out-of-sample part: figures, expectancy, evidence. */
export function aBaseGates(base: BaseEvidence, { a }: RankPolicy): readonly GateResult[] {
  const { expectancyPips: pips } = base;
  const expectancy: GateResult = {
    gate: 'a_expectancy_pips',
    value: pips,
    threshold: a.expectancyPipsAbove,
    rule: 'above',
    passed: pips !== null && pips > a.expectancyPipsAbove,
  };
  return [...figureGates('a', base, a), expectancy, atLeast('a_evidence', base.trades, a.evidenceMin)];
}

export const oosGate = (oos: OosVerdict | null, { a }: RankPolicy): GateResult =>
  atLeast('a_oos_sharpe', oos?.value ?? null, a.oosSharpeMin);

export function monteCarloGates(
  drawn: MonteCarloEvidence | null,
  { monteCarlo }: RankPolicy,
): readonly GateResult[] {
  const risk = drawn?.ruinProbability ?? null;
  const { valuesMin, ruinProbabilityMax } = monteCarlo;
  return [
    atLeast('monte_carlo_values', drawn?.values ?? null, valuesMin),
    {
      gate: 'monte_carlo_ruin',
      value: risk,
      threshold: ruinProbabilityMax,
      rule: 'at_most',
      passed: risk !== null && risk <= ruinProbabilityMax,
    },
  ];
}

export interface CpcvEvidence {
  readonly passRate: number;
  readonly medianDrawdown: number;
}

/** From here on a passed cross-validation stands for what only trading can show. */
const bootstrapEvidenceMin = 150;

/** Rank S stands behind rank A; nobody reaches it before combinatorial cross-validation (CPCV) has been done. */
export function sGates(
  base: BaseEvidence,
  cpcv: CpcvEvidence | null,
  { s }: RankPolicy,
): readonly GateResult[] {
  const passRate = atLeast('s_cpcv_pass_rate', cpcv?.passRate ?? null, s.cpcvPassRateMin);
  return [
    ...figureGates('s', base, s),
    atLeast('s_evidence', base.trades, s.evidenceMin),
    passRate,
    below('s_cpcv_median_drawdown', cpcv?.medianDrawdown ?? null, s.cpcvMedianDrawdownBelow),
    {
      gate: 's_dry_run_slippage_pips',
      // Paper and live trades are not seen yet, so nobody knows it.
      value: null,
      threshold: s.slippagePipsMax,
      rule: 'at_most',
      passed: passRate.passed && (base.trades ?? 0) >= bootstrapEvidenceMin,
    },
  ];
}

export const firstShort = (gates: readonly GateResult[]): GateResult | null =>
  gates.find(({ passed }) => !passed) ?? null;

export interface Judged {
  readonly rank: string | null;
  /** `kept_as_recorded`, `b_met`, `s_met`, or the gate of the next rank that decided, with `_not_met` or `_unknown`. */
  readonly reason: string;
  /** All that were asked, up to those of the next rank. */
  readonly gates: readonly GateResult[];
  /** Which of them decided; null when none did. */
  readonly decidedBy: GateResult | null;
}

const reasonOf = ({ gate, value }: GateResult): string => `${gate}_${value === null ? 'unknown' : 'not_met'}`;

interface Subject {
  readonly claimedRank: string | null;
  readonly environment: 'production' | 'test';
}

/** Whoever is not for ranking at all (test names, REQ-63), or is measured and keeps the rank of an archive. */
export const standsAside = ({ claimedRank, environment }: Subject): boolean =>
  environment === 'test' || (claimedRank !== null && keptRanks.has(claimedRank));

/** The rank after the in-sample backtest; null for test names, which have none and get no verdict. */
export function judgeB(subject: Subject, base: BaseEvidence, policy: RankPolicy): Judged | null {
  if (subject.environment === 'test') return null;
  if (standsAside(subject))
    return { rank: subject.claimedRank, reason: 'kept_as_recorded', gates: [], decidedBy: null };
  const gates = bGates(base, policy);
  const short = firstShort(gates);
  return short === null
    ? { rank: 'B', reason: 'b_met', gates, decidedBy: null }
    : { rank: null, reason: reasonOf(short), gates, decidedBy: short };
}

export interface AEvidence {
  readonly base: BaseEvidence;
  readonly oos: OosVerdict | null;
  readonly monteCarlo: MonteCarloEvidence | null;
  readonly cpcv: CpcvEvidence | null;
}

/**
 * The rank of a strategy that meets B, once out-of-sample is known: B or A, or S from A. It rises one rank at a time.
 * @param standing the rank that it has
 */
export function judgeA(standing: string | null, evidence: AEvidence, policy: RankPolicy): Judged {
  const { base, oos, monteCarlo, cpcv } = evidence;
  const gates = [
    ...bGates(base, policy),
    ...aBaseGates(base, policy),
    oosGate(oos, policy),
    ...monteCarloGates(monteCarlo, policy),
  ];
  const short = firstShort(gates);
  if (short !== null) {
    const rank = short.gate.startsWith('b_') ? null : 'B';
    return { rank, reason: reasonOf(short), gates, decidedBy: short };
  }
  const next = sGates(base, cpcv, policy);
  const sShort = firstShort(next);
  if (sShort !== null)
    return { rank: 'A', reason: reasonOf(sShort), gates: [...gates, ...next], decidedBy: sShort };
  const rank = standing === 'A' || standing === 'S' ? 'S' : 'A';
  return { rank, reason: `${rank.toLowerCase()}_met`, gates: [...gates, ...next], decidedBy: null };
}
