/** The rank of a strategy and every verdict that moved it. A rank changes only against the version that was judged. */
import { sql } from 'kysely';
import type { Verb } from '../statement.js';
import { define, rowsOf, verb } from '../statement.js';
import { core } from './core-tables.js';

export interface RankRow {
  readonly strategy_id: string;
  /** Null: unranked. */
  readonly rank: string | null;
  /** Counts changes, from 1; a strategy without a row has version 0. */
  readonly version: number;
  readonly verdict_id: string;
}

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

type VerdictSlots = RankVerdictRow & { readonly expectedVersion: number };

const compareAndSet = define<VerdictSlots, { version: number }>('all', (slots) =>
  sql`INSERT INTO ranks (strategy_id, rank, version, verdict_id)
      SELECT ${slots('strategy_id')}, ${slots('rank_after')}, 1, ${slots('verdict_id')}
      WHERE ${slots('expectedVersion')} = 0
        OR EXISTS (SELECT 1 FROM ranks WHERE strategy_id = ${slots('strategy_id')})
      ON CONFLICT (strategy_id) DO UPDATE
        SET rank = excluded.rank, version = ranks.version + 1, verdict_id = excluded.verdict_id
        WHERE ranks.version = ${slots('expectedVersion')}
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

const insertVerdict = define<VerdictSlots>('run', (slots) =>
  core
    .insertInto('rank_verdicts')
    .columns([...verdictColumns])
    .expression((eb) =>
      eb
        .selectFrom('ranks')
        .select(verdictColumns.map((column) => slots(column).as(column)))
        .where('ranks.strategy_id', '=', slots('strategy_id'))
        .where('ranks.verdict_id', '=', slots('verdict_id')),
    )
    .onConflict((conflict) => conflict.doNothing())
    .compile(),
);

export const selectRank = define<{ strategyId: string }, RankRow>('get', (slots) =>
  core.selectFrom('ranks').selectAll().where('strategy_id', '=', slots('strategyId')).compile(),
);

export interface RankOutcome {
  /** `conflict`: the rank changed since it was judged; nothing was stored, judge again. */
  readonly disposition: 'changed' | 'duplicate' | 'conflict';
  readonly current: RankRow | null;
}

/** Sets the rank and records why, or neither. @param expectedVersion 0 when the strategy has never been ranked */
export function decideRank(verdict: RankVerdictRow, expectedVersion: number): Verb<RankOutcome> {
  const slots = { ...verdict, expectedVersion };
  const changed = compareAndSet(slots);
  const selected = selectRank({ strategyId: verdict.strategy_id });
  return verb([changed, insertVerdict(slots), selected], (results) => {
    const [current] = rowsOf(selected, results[2]);
    const again = current?.verdict_id === verdict.verdict_id ? 'duplicate' : 'conflict';
    const disposition = rowsOf(changed, results[0]).length === 1 ? 'changed' : again;
    return { disposition, current: current ?? null };
  });
}

export const countRanks = define<object, { rank: string | null; count: number }>('all', () =>
  core
    .selectFrom('ranks')
    .select((eb) => ['rank', eb.fn.countAll<number>().as('count')])
    .groupBy('rank')
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
