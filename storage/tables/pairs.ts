/** Pairs: definitions, refreshes with their scores and slots, and activations with their validity. */
import { sql } from 'kysely';
import type { Generated } from 'kysely';
import type { Statement } from '../statement.js';
import { define } from '../statement.js';
import { core } from './core-tables.js';
import { noticeEnded } from './pair-notices.js';

export interface PairDefinitionRow {
  readonly pair_id: string;
  /** Swimmy's id, made of the names; not unique. */
  readonly legacy_id: string;
  /** The leg with the smaller name. */
  readonly strategy_a: string;
  readonly strategy_b: string;
  readonly created_wall_ms: number;
}

export interface PairRefreshRow {
  readonly refresh_id: string;
  readonly inputs_hash: string;
  readonly mode: 'strict' | 'compatible';
  readonly rules_json: string;
  /** Strategies of an eligible rank. */
  readonly candidates: number;
  readonly pool: number;
  readonly eligible: number;
  /** Strategies of the pool that are no legs, by reason. */
  readonly excluded_json: string;
  readonly tested: number;
  readonly overlap_too_small: number;
  readonly too_correlated: number;
  /** Pairs within the first correlation limit. */
  readonly strict: number;
  /** Of the kept pairs, those taken by the second limit. */
  readonly rescued: number;
  readonly kept: number;
  readonly active: number;
  readonly slots: number;
  readonly empty_slots: number;
  /** Why nothing is active; null when something is. */
  readonly explanation: string | null;
  readonly started_wall_ms: number;
  readonly recorded_wall_ms: number;
  readonly duration_ms: number;
}

export interface PairScoreRow {
  readonly refresh_id: string;
  readonly pair_id: string;
  /** 1 is the best of the refresh. */
  readonly place: number;
  readonly rescued: 0 | 1;
  readonly correlation: number;
  readonly weight_a: number;
  readonly weight_b: number;
  readonly points: number;
  readonly overlap: number;
  readonly sharpe: number;
  readonly profit_factor: number;
  readonly win_rate: number;
  readonly max_drawdown: number;
  readonly score: number;
  readonly rank: 'S' | 'A' | 'B';
  /** Null: too few trades of that kind. */
  readonly oos_sharpe: number | null;
  readonly cpcv_sharpe: number | null;
  readonly slot: string;
  readonly outcome: 'active' | 'slot_taken' | 'outranked';
  /** The accepted attempts whose trades were looked at, for each leg. */
  readonly evidence_json: string;
}

export interface PairSlotRow {
  readonly refresh_id: string;
  readonly slot: string;
  readonly pool: number;
  readonly eligible: number;
  /** Null: the slot is empty, since then. */
  readonly pair_id: string | null;
  readonly empty_since_wall_ms: number | null;
  /** The head of the list in which pairs and single strategies stand for this slot. */
  readonly head_json: string;
}

export interface PairActivationRow {
  readonly refresh_id: string;
  readonly pair_id: string;
  readonly slot: string;
  readonly weight_a: number;
  readonly weight_b: number;
  readonly from_wall_ms: number;
  /** Null while it is active. */
  readonly to_wall_ms: number | null;
  readonly end_reason: 'leg_demoted' | 'not_selected' | 'lost_slot' | 'reweighted' | null;
  /** The refresh or the verdict that ended it. */
  readonly ended_by: string | null;
}

export interface PairTables {
  pair_definitions: PairDefinitionRow;
  pair_refreshes: PairRefreshRow & { readonly seq: Generated<number> };
  pair_scores: PairScoreRow;
  pair_slots: PairSlotRow;
  pair_activations: PairActivationRow;
}

export interface Demotion {
  readonly strategyId: string;
  /** The verdict that may have demoted it; unless it stands and took the leg's rank away, nothing happens. */
  readonly verdictId: string;
  readonly wallMs: number;
  /** Until when it is worth telling. */
  readonly expiresWallMs: number;
}

const endPairsOf = define<Pick<Demotion, 'strategyId' | 'verdictId' | 'wallMs'>>('run', (slots) =>
  sql`UPDATE pair_activations
      SET to_wall_ms = ${slots('wallMs')}, end_reason = 'leg_demoted', ended_by = ${slots('verdictId')}
      WHERE to_wall_ms IS NULL
        AND pair_id IN (
          SELECT pair_id FROM pair_definitions WHERE strategy_a = ${slots('strategyId')}
          UNION ALL
          SELECT pair_id FROM pair_definitions WHERE strategy_b = ${slots('strategyId')}
        )
        AND EXISTS (
          SELECT 1 FROM ranks
          WHERE strategy_id = ${slots('strategyId')}
            AND verdict_id = ${slots('verdictId')}
            AND (rank IS NULL OR rank NOT IN ('A', 'S'))
        )`.compile(core),
);

/**
 * Ends the active pairs of a leg that is no longer of rank A or S, and tells of each. It belongs behind the statements
 * of the rank's change, in their transaction, so that nobody ever sees a demoted leg in an active pair.
 */
export const deactivatePairsOf = (demotion: Demotion): readonly Statement[] => [
  endPairsOf(demotion),
  noticeEnded({
    endedBy: demotion.verdictId,
    wallMs: demotion.wallMs,
    expiresWallMs: demotion.expiresWallMs,
  }),
];
