/** A refresh of the pairs is one transaction: its row, definitions, scores, slots, the swap of what is active, and what is told. */
import { sql } from 'kysely';
import type { Statement, Verb } from '../statement.js';
import { define, rowsOf, verb } from '../statement.js';
import { core } from './core-tables.js';
import type { NewNotificationRow } from './outbox.js';
import { noticeEnded, noticeOfRefresh, noticeStarted } from './pair-notices.js';
import type { PairDefinitionRow, PairRefreshRow, PairScoreRow, PairSlotRow } from './pairs.js';

const refreshColumns = [
  'refresh_id',
  'inputs_hash',
  'mode',
  'rules_json',
  'candidates',
  'pool',
  'eligible',
  'excluded_json',
  'tested',
  'overlap_too_small',
  'too_correlated',
  'strict',
  'rescued',
  'kept',
  'active',
  'slots',
  'empty_slots',
  'explanation',
  'started_wall_ms',
  'recorded_wall_ms',
  'duration_ms',
] as const satisfies readonly (keyof PairRefreshRow)[];

const scoreColumns = [
  'refresh_id',
  'pair_id',
  'place',
  'rescued',
  'correlation',
  'weight_a',
  'weight_b',
  'points',
  'overlap',
  'sharpe',
  'profit_factor',
  'win_rate',
  'max_drawdown',
  'score',
  'rank',
  'oos_sharpe',
  'cpcv_sharpe',
  'slot',
  'outcome',
  'evidence_json',
] as const satisfies readonly (keyof PairScoreRow)[];

const slotColumns = [
  'refresh_id',
  'slot',
  'pool',
  'eligible',
  'pair_id',
  'empty_since_wall_ms',
  'head_json',
] as const satisfies readonly (keyof PairSlotRow)[];

const named = (columns: readonly string[]) => sql.join(columns.map((column) => sql.ref(column)));

type RefreshSlots = PairRefreshRow & {
  readonly previousId: string | null;
  readonly verdictsJson: string;
};

/** A leg whose rank has another verdict than the one that was read has changed since. */
const staleVerdicts = (verdictsJson: ReturnType<typeof sql<string>>) => sql`
  SELECT 1 FROM json_each(${verdictsJson}) AS given
    LEFT JOIN ranks ON ranks.strategy_id = json_extract(given.value, '$.strategyId')
  WHERE ranks.verdict_id IS NOT json_extract(given.value, '$.verdictId')`;

const latestId = sql<string | null>`(SELECT refresh_id FROM pair_refreshes ORDER BY seq DESC LIMIT 1)`;

const insertRefresh = define<RefreshSlots, { refresh_id: string }>('all', (slots) =>
  sql`INSERT INTO pair_refreshes (${named(refreshColumns)})
      SELECT ${sql.join(refreshColumns.map((column) => slots(column)))}
      WHERE ${latestId} IS ${slots('previousId')}
        AND NOT EXISTS (${staleVerdicts(slots('verdictsJson'))})
      ON CONFLICT (refresh_id) DO NOTHING
      RETURNING refresh_id`.compile(core),
);

const stands = (refreshId: ReturnType<typeof sql<string>>) =>
  sql`EXISTS (SELECT 1 FROM pair_refreshes WHERE refresh_id = ${refreshId})`;

const insertDefinition = define<PairDefinitionRow & { readonly refreshId: string }>('run', (slots) =>
  sql`INSERT INTO pair_definitions (pair_id, legacy_id, strategy_a, strategy_b, created_wall_ms)
      SELECT ${slots('pair_id')}, ${slots('legacy_id')}, ${slots('strategy_a')}, ${slots('strategy_b')},
        ${slots('created_wall_ms')}
      WHERE ${stands(slots('refreshId'))}
      ON CONFLICT (pair_id) DO NOTHING`.compile(core),
);

const insertScore = define<PairScoreRow>('run', (slots) =>
  sql`INSERT INTO pair_scores (${named(scoreColumns)})
      SELECT ${sql.join(scoreColumns.map((column) => slots(column)))}
      WHERE ${stands(slots('refresh_id'))}
      ON CONFLICT (refresh_id, pair_id) DO NOTHING`.compile(core),
);

const insertSlot = define<PairSlotRow>('run', (slots) =>
  sql`INSERT INTO pair_slots (${named(slotColumns)})
      SELECT ${sql.join(slotColumns.map((column) => slots(column)))}
      WHERE ${stands(slots('refresh_id'))}
      ON CONFLICT (refresh_id, slot) DO NOTHING`.compile(core),
);

interface Swap {
  readonly refreshId: string;
  readonly wallMs: number;
  /** The pairs that are to be active, as `WantedPair`. */
  readonly wantedJson: string;
  readonly verdictsJson: string;
}

export interface WantedPair {
  readonly pairId: string;
  readonly slot: string;
  readonly weightA: number;
  readonly weightB: number;
}

/** Only for the newest refresh: an old one that is asked for again must not undo what came after it. */
const endOthers = define<Swap>('run', (slots) =>
  sql`UPDATE pair_activations
      SET to_wall_ms = ${slots('wallMs')}, ended_by = ${slots('refreshId')},
        end_reason = CASE
          WHEN pair_id IN (SELECT json_extract(value, '$.pairId') FROM json_each(${slots('wantedJson')}))
            THEN 'reweighted'
          WHEN EXISTS (
            SELECT 1 FROM pair_scores
            WHERE pair_scores.refresh_id = ${slots('refreshId')}
              AND pair_scores.pair_id = pair_activations.pair_id
          ) THEN 'lost_slot'
          ELSE 'not_selected'
        END
      WHERE to_wall_ms IS NULL
        AND ${latestId} = ${slots('refreshId')}
        AND NOT EXISTS (
          SELECT 1 FROM json_each(${slots('wantedJson')}) AS wanted
          WHERE json_extract(wanted.value, '$.pairId') = pair_activations.pair_id
            AND json_extract(wanted.value, '$.slot') = pair_activations.slot
            AND json_extract(wanted.value, '$.weightA') = pair_activations.weight_a
            AND json_extract(wanted.value, '$.weightB') = pair_activations.weight_b
        )`.compile(core),
);

/** Looks at the legs' ranks once more: asked again after a demotion, it must not bring back what that has ended. */
const startWanted = define<Swap>('run', (slots) =>
  sql`INSERT INTO pair_activations (refresh_id, pair_id, slot, weight_a, weight_b, from_wall_ms)
      SELECT ${slots('refreshId')}, json_extract(value, '$.pairId'), json_extract(value, '$.slot'),
        json_extract(value, '$.weightA'), json_extract(value, '$.weightB'), ${slots('wallMs')}
      FROM json_each(${slots('wantedJson')}) AS wanted
      WHERE ${latestId} = ${slots('refreshId')}
        AND NOT EXISTS (${staleVerdicts(slots('verdictsJson'))})
        AND NOT EXISTS (
          SELECT 1 FROM pair_activations AS active
          WHERE active.pair_id = json_extract(wanted.value, '$.pairId') AND active.to_wall_ms IS NULL
        )
      ON CONFLICT (refresh_id, pair_id) DO NOTHING`.compile(core),
);

export const selectRefresh = define<{ refreshId: string }, PairRefreshRow>('get', (slots) =>
  core
    .selectFrom('pair_refreshes')
    .select([...refreshColumns])
    .where('refresh_id', '=', slots('refreshId'))
    .compile(),
);

export const selectLatestRefresh = define<object, PairRefreshRow>('get', () =>
  core
    .selectFrom('pair_refreshes')
    .select([...refreshColumns])
    .orderBy('seq', 'desc')
    .limit(1)
    .compile(),
);

export interface RefreshRows {
  readonly refresh: PairRefreshRow;
  /** The refresh that this one follows; null for the first. */
  readonly previousId: string | null;
  readonly definitions: readonly PairDefinitionRow[];
  readonly scores: readonly PairScoreRow[];
  readonly slots: readonly PairSlotRow[];
  readonly wanted: readonly WantedPair[];
  /** The ranks' verdicts, as they were read, of every leg that is to be active. */
  readonly verdicts: readonly { readonly strategyId: string; readonly verdictId: string }[];
  readonly started: readonly { readonly pairId: string; readonly notification: NewNotificationRow }[];
  /** What the refresh says as a whole; null when it has nothing to say. */
  readonly notice: NewNotificationRow | null;
  readonly expiresWallMs: number;
}

/** `conflict`: another refresh, or a change of a leg's rank, came between; nothing was stored, evaluate again. */
export type RefreshDisposition = 'recorded' | 'duplicate' | 'conflict';

export function recordRefresh(rows: RefreshRows): Verb<RefreshDisposition> {
  const { refresh, previousId } = rows;
  const refreshId = refresh.refresh_id;
  const wallMs = refresh.recorded_wall_ms;
  const verdictsJson = JSON.stringify(rows.verdicts);
  const swap = { refreshId, wallMs, wantedJson: JSON.stringify(rows.wanted), verdictsJson };
  const inserted = insertRefresh({ ...refresh, previousId, verdictsJson });
  const selected = selectRefresh({ refreshId });
  const statements: readonly Statement[] = [
    inserted,
    ...rows.definitions.map((definition) => insertDefinition({ ...definition, refreshId })),
    ...rows.scores.map((score) => insertScore(score)),
    ...rows.slots.map((slot) => insertSlot(slot)),
    endOthers(swap),
    startWanted(swap),
    noticeEnded({ endedBy: refreshId, wallMs, expiresWallMs: rows.expiresWallMs }),
    ...rows.started.map(({ pairId, notification }) => noticeStarted({ ...notification, refreshId, pairId })),
    ...(rows.notice === null ? [] : [noticeOfRefresh({ ...rows.notice, refreshId })]),
    selected,
  ];
  return verb(statements, (results) => {
    if (rowsOf(inserted, results[0]).length === 1) return 'recorded';
    return rowsOf(selected, results.at(-1)).length === 1 ? 'duplicate' : 'conflict';
  });
}
