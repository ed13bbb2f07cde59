import type { NewPairRefresh, PairRefresh, PairScore } from '../../protocols/db-pairs.js';
import type { RankVerdictRow } from '../../storage/tables/ranks.js';

export const refreshRow = (refreshId: string, changes: Partial<PairRefresh> = {}): PairRefresh => ({
  refreshId,
  inputsHash: `inputs of ${refreshId}`,
  mode: 'strict',
  rulesJson: '{}',
  candidates: 2,
  pool: 2,
  eligible: 2,
  excludedJson: '{}',
  tested: 1,
  overlapTooSmall: 0,
  tooCorrelated: 0,
  strict: 1,
  rescued: 0,
  kept: 1,
  active: 1,
  slots: 1,
  emptySlots: 0,
  explanation: null,
  startedWallMs: 1_000,
  recordedWallMs: 1_001,
  durationMs: 1,
  ...changes,
});

export const scoreRow = (refreshId: string, pairId: string, changes: Partial<PairScore> = {}): PairScore => ({
  refreshId,
  pairId,
  place: 1,
  rescued: 0,
  correlation: 0.1,
  weightA: 0.4,
  weightB: 0.6,
  points: 200,
  overlap: 0.9,
  sharpe: 0.2,
  profitFactor: 1.5,
  winRate: 0.5,
  maxDrawdown: 0.1,
  score: 0.59,
  rank: 'B',
  oosSharpe: null,
  cpcvSharpe: null,
  slot: 'USDJPY|60',
  outcome: 'active',
  evidenceJson: '{}',
  ...changes,
});

export const slot = 'USDJPY|60';

/** A refresh that makes the pair of strategies `s1` and `s2` active, whose ranks were read with verdicts `v1` and `v2`. */
export const refreshOfOnePair = (
  refreshId: string,
  previousId: string | null,
  changes: Partial<NewPairRefresh> = {},
): NewPairRefresh => ({
  refresh: refreshRow(refreshId),
  previousId,
  definitions: [{ pairId: 'p', legacyId: 'legacy', strategyA: 's1', strategyB: 's2' }],
  scores: [scoreRow(refreshId, 'p')],
  slots: [
    {
      refreshId,
      slot,
      pool: 2,
      eligible: 2,
      pairId: 'p',
      emptySinceWallMs: null,
      headJson: '[]',
    },
  ],
  wanted: [{ pairId: 'p', slot, weightA: 0.4, weightB: 0.6 }],
  verdicts: [
    { strategyId: 's1', verdictId: 'v1' },
    { strategyId: 's2', verdictId: 'v2' },
  ],
  started: [
    {
      pairId: 'p',
      notification: {
        notificationId: `pair_active:${refreshId}:p`,
        topic: 'pairs',
        severity: 'info',
        title: 'Pair active: s1 + s2',
        body: 'body',
        collapseKey: null,
        sourceWallMs: 1_001,
        createdWallMs: 1_001,
        expiresWallMs: 99_999,
      },
    },
  ],
  notice: null,
  expiresWallMs: 99_999,
  ...changes,
});

/** A refresh that wants nothing active. */
export const emptyRefresh = (refreshId: string, previousId: string | null): NewPairRefresh => ({
  ...refreshOfOnePair(refreshId, previousId),
  refresh: refreshRow(refreshId, { active: 0, kept: 0, emptySlots: 1, explanation: 'nothing' }),
  definitions: [],
  scores: [],
  slots: [],
  wanted: [],
  verdicts: [],
  started: [],
  notice: {
    notificationId: `pairs_empty:${refreshId}`,
    topic: 'pairs',
    severity: 'warn',
    title: 'No pair is active',
    body: 'nothing',
    collapseKey: 'pairs_empty',
    sourceWallMs: 1_001,
    createdWallMs: 1_001,
    expiresWallMs: 99_999,
  },
});

export const verdict = (verdictId: string, strategyId: string, rankAfter: string | null): RankVerdictRow => ({
  verdict_id: verdictId,
  strategy_id: strategyId,
  rank_before: null,
  rank_after: rankAfter,
  reason: 'test',
  policy_name: 'test',
  policy_version: 1,
  thresholds_json: '{}',
  evidence_json: '{}',
  decided_wall_ms: 1,
});
