/** The rank of a strategy and every verdict on it. A rank changes only against the version that was judged. */
import { sql } from 'kysely';
import type { Statement, Verb } from '../statement.js';
import { define, listRows, rowsOf, verb } from '../statement.js';
import { core } from './core-tables.js';
import { notificationColumns } from './outbox.js';
import type { NewNotificationRow } from './outbox.js';
import { deactivatePairsOf } from './pairs.js';

export interface RankRow {
  readonly strategy_id: string;
  /** Null: unranked. */
  readonly rank: string | null;
  /** Counts verdicts that took effect, from 1; a strategy without a row has version 0. */
  readonly version: number;
  readonly verdict_id: string;
}

/** A conclusion from evidence by a policy. The same evidence under the same policy is the same verdict. */
export interface RankVerdictRow {
  readonly verdict_id: string;
  readonly strategy_id: string;
  readonly rank_before: string | null;
  readonly rank_after: string | null;
  readonly reason: string;
  readonly policy_name: string;
  readonly policy_version: number;
  readonly thresholds_json: string;
  readonly evidence_json: string;
  readonly decided_wall_ms: number;
}

/** When which verdict took effect: one row for each version of a strategy's rank. */
export interface RankTransitionRow {
  readonly strategy_id: string;
  readonly version: number;
  readonly rank_before: string | null;
  readonly rank_after: string | null;
  readonly verdict_id: string;
  readonly decided_by: string;
  readonly decided_wall_ms: number;
}

type VerdictSlots = RankVerdictRow & { readonly expectedVersion: number };

/** The verdict that stands already changes nothing again. */
const compareAndSet = define<VerdictSlots, { version: number }>('all', (slots) =>
  sql`INSERT INTO ranks (strategy_id, rank, version, verdict_id)
      SELECT ${slots('strategy_id')}, ${slots('rank_after')}, 1, ${slots('verdict_id')}
      WHERE ${slots('expectedVersion')} = 0
        OR EXISTS (SELECT 1 FROM ranks WHERE strategy_id = ${slots('strategy_id')})
      ON CONFLICT (strategy_id) DO UPDATE
        SET rank = excluded.rank, version = ranks.version + 1, verdict_id = excluded.verdict_id
        WHERE ranks.version = ${slots('expectedVersion')} AND ranks.verdict_id <> excluded.verdict_id
      RETURNING version`.compile(core),
);

const verdictColumns = [
  'verdict_id',
  'strategy_id',
  'rank_before',
  'rank_after',
  'reason',
  'policy_name',
  'policy_version',
  'thresholds_json',
  'evidence_json',
  'decided_wall_ms',
] as const satisfies readonly (keyof RankVerdictRow)[];

/** What follows from a change is written only where the change is the one that stands, at the version that it made. */
const tookEffect = (slots: {
  (key: 'strategy_id' | 'verdict_id'): ReturnType<typeof sql<string>>;
  (key: 'expectedVersion'): ReturnType<typeof sql<number>>;
}) => sql<boolean>`ranks.strategy_id = ${slots('strategy_id')}
    AND ranks.verdict_id = ${slots('verdict_id')} AND ranks.version = ${slots('expectedVersion')} + 1`;

const insertVerdict = define<VerdictSlots>('run', (slots) =>
  core
    .insertInto('rank_verdicts')
    .columns([...verdictColumns])
    .expression((eb) =>
      eb
        .selectFrom('ranks')
        .select(verdictColumns.map((column) => slots(column).as(column)))
        .where(tookEffect(slots)),
    )
    .onConflict((conflict) => conflict.doNothing())
    .compile(),
);

const insertTransition = define<VerdictSlots & { readonly decidedBy: string }>('run', (slots) =>
  sql`INSERT INTO rank_transitions
        (strategy_id, version, rank_before, rank_after, verdict_id, decided_by, decided_wall_ms)
      SELECT strategy_id, version, ${slots('rank_before')}, ${slots('rank_after')}, verdict_id,
        ${slots('decidedBy')}, ${slots('decided_wall_ms')}
      FROM ranks WHERE ${tookEffect(slots)}
      ON CONFLICT (strategy_id, version) DO NOTHING`.compile(core),
);

const columns = sql.join(notificationColumns.map((column) => sql.ref(column)));

/** Told only of a change that happened, and of each once: its id counts the versions. */
const noticeOfChange = define<VerdictSlots & NewNotificationRow>('run', (slots) =>
  sql`INSERT INTO outbox (${columns})
      SELECT ${sql.join(
        notificationColumns.map((column) =>
          column === 'notification_id'
            ? sql`${slots('notification_id')} || ':' || ranks.version`
            : slots(column),
        ),
      )}
      FROM ranks
      WHERE ${tookEffect(slots)} AND ${slots('rank_before')} IS DISTINCT FROM ${slots('rank_after')}
      ON CONFLICT (notification_id) DO NOTHING`.compile(core),
);

export const selectRank = define<{ strategyId: string }, RankRow>('get', (slots) =>
  core.selectFrom('ranks').selectAll().where('strategy_id', '=', slots('strategyId')).compile(),
);

const ranksOf = define<{ strategyIds: string }, RankRow>('all', (slots) =>
  core
    .selectFrom(listRows(slots('strategyIds')).as('wanted'))
    .innerJoin('ranks', 'ranks.strategy_id', 'wanted.value')
    .select(['ranks.strategy_id', 'rank', 'version', 'verdict_id'])
    .compile(),
);

/** Strategies that were never ranked are left out; ask for some thousands at most. */
export const selectRanksOf = (strategyIds: readonly string[]): Statement<RankRow> =>
  ranksOf({ strategyIds: JSON.stringify(strategyIds) });

export interface RankOutcome {
  /** `conflict`: the rank changed since it was judged; nothing was stored, judge again. */
  readonly disposition: 'changed' | 'duplicate' | 'conflict';
  readonly current: RankRow | null;
}

/** What goes with a change of rank, in its transaction. */
export interface RankCircumstances {
  readonly decidedBy: string;
  /** Null when nobody needs to be told. Its id gets the version behind it. */
  readonly notification: NewNotificationRow | null;
  /** Until when the end of a demoted leg's pairs is worth telling. */
  readonly expiresWallMs: number;
}

/** A day, as for other news. */
const worthTellingMs = 24 * 3_600_000;

/**
 * Sets the rank, records why and when, tells of it and ends the pairs of a demoted leg; all of it, or nothing.
 * @param expectedVersion 0 when the strategy has never been ranked
 */
export function decideRank(
  verdict: RankVerdictRow,
  expectedVersion: number,
  circumstances: Partial<RankCircumstances> = {},
): Verb<RankOutcome> {
  const { decidedBy = 'unnamed', notification = null } = circumstances;
  const { expiresWallMs = verdict.decided_wall_ms + worthTellingMs } = circumstances;
  const slots = { ...verdict, expectedVersion };
  const changed = compareAndSet(slots);
  const selected = selectRank({ strategyId: verdict.strategy_id });
  const statements = [
    changed,
    insertVerdict(slots),
    insertTransition({ ...slots, decidedBy }),
    ...(notification === null ? [] : [noticeOfChange({ ...slots, ...notification })]),
    ...deactivatePairsOf({
      strategyId: verdict.strategy_id,
      verdictId: verdict.verdict_id,
      wallMs: verdict.decided_wall_ms,
      expiresWallMs,
    }),
    selected,
  ];
  return verb(statements, (results) => {
    const [current] = rowsOf(selected, results.at(-1));
    const again = current?.verdict_id === verdict.verdict_id ? 'duplicate' : 'conflict';
    const disposition = rowsOf(changed, results[0]).length === 1 ? 'changed' : again;
    return { disposition, current: current ?? null };
  });
}

/** For who may not decide that: says where the rank stands. */
export function standingRank(strategyId: string): Verb<RankRow | null> {
  const selected = selectRank({ strategyId });
  return verb([selected], ([result]) => rowsOf(selected, result)[0] ?? null);
}

/** Of all strategies; null is for those without a rank, judged or not, as the summary counts them. */
export const countRanks = define<object, { rank: string | null; count: number }>('all', () =>
  core
    .selectFrom('strategies')
    .leftJoin('ranks', 'ranks.strategy_id', 'strategies.strategy_id')
    .select((eb) => ['ranks.rank', eb.fn.countAll<number>().as('count')])
    .groupBy('ranks.rank')
    .compile(),
);

/** The verdict that stands; null when the strategy has never been judged. */
export const selectStandingVerdict = define<{ strategyId: string }, RankVerdictRow & { version: number }>(
  'get',
  (slots) =>
    core
      .selectFrom('ranks')
      .innerJoin('rank_verdicts', 'rank_verdicts.verdict_id', 'ranks.verdict_id')
      .select(verdictColumns.map((column) => `rank_verdicts.${column}` as const))
      .select('ranks.version')
      .where('ranks.strategy_id', '=', slots('strategyId'))
      .compile(),
);

/** Newest first. */
export const selectTransitions = define<{ strategyId: string; limit: number }, RankTransitionRow>(
  'all',
  (slots) =>
    core
      .selectFrom('rank_transitions')
      .selectAll()
      .where('strategy_id', '=', slots('strategyId'))
      .orderBy('version', 'desc')
      .limit(slots('limit'))
      .compile(),
);

export const selectVerdicts = define<{ strategyId: string; limit: number }, RankVerdictRow>('all', (slots) =>
  core
    .selectFrom('rank_verdicts')
    .select([...verdictColumns])
    .where('strategy_id', '=', slots('strategyId'))
    .orderBy('decided_wall_ms', 'desc')
    .limit(slots('limit'))
    .compile(),
);
