import type { SlotRules } from './competition.js';
import type { LegRules } from './eligibility.js';
import type { LotRules } from './lots.js';
import type { PairRankRules } from './pair-rank.js';
import type { PoolRules } from './pool.js';
import type { SelectionRules } from './selection.js';

export type PairMode = 'strict' | 'compatible';

/** Everything a refresh decides by. It is stored with each refresh. */
export interface PairRules {
  readonly mode: PairMode;
  readonly pool: PoolRules;
  readonly leg: LegRules;
  readonly selection: SelectionRules;
  readonly rank: PairRankRules;
  readonly slots: SlotRules;
}

/** The constants of domain 4.1. */
const constants = {
  pool: { ranks: ['A', 'S'], groupMax: 50 },
  leg: { windowTrades: 100, tradesMin: 100 },
  selection: { correlationMax: 0.2, rescueCorrelationMax: 0.3, pairsMax: 5 },
  rank: { oosSharpeMin: 0.3, cpcvSharpeMin: 0.5 },
  slots: { slots: 1, depth: 2 },
} as const;

/** As Swimmy computes, flaws included: what the vectors of domain 4 hold. */
export const compatibleRules: PairRules = {
  ...constants,
  mode: 'compatible',
  leg: { ...constants.leg, distinct: false, varianceAbove: null },
  selection: { ...constants.selection, sameGroup: false, overlapMin: null, ties: 'last_met' },
};

/** With the repairs of REQ-30. The least variance is that of a PnL that moves by 1e-8. */
export const strictRules: PairRules = {
  ...constants,
  mode: 'strict',
  leg: { ...constants.leg, distinct: true, varianceAbove: 1e-16 },
  selection: { ...constants.selection, sameGroup: true, overlapMin: 0.5, ties: 'first_met' },
};

export const rulesOf = (mode: PairMode): PairRules => (mode === 'strict' ? strictRules : compatibleRules);

export const lotRules: LotRules = { budgetLots: 0.05, stepLots: 0.01 };
