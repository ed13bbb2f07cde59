/** What out-of-sample validation concluded, with all that it rests on, and which conclusion stands for a strategy. */
import { sql } from 'kysely';
import type { Statement } from '../statement.js';
import { define, listRows, slotsOf } from '../statement.js';
import { core } from './core-tables.js';
import { openStates } from './requests.js';

export interface OosVerdictRow {
  /** Follows from all columns but the time. */
  readonly verdict_id: string;
  readonly strategy_id: string;
  /** Null when it could not even be asked for. */
  readonly request_id: string | null;
  readonly outcome: 'passed' | 'failed' | 'not_measured';
  readonly reason: string;
  /** The out-of-sample Sharpe; null when there is none. */
  readonly value: number | null;
  readonly threshold: number;
  readonly trades: number | null;
  /** Mode and version of the arithmetic. */
  readonly engine: string;
  /** The window asked for. */
  readonly window_id: string | null;
  /** What was really used; null when the engine does not say. */
  readonly data_hash: string | null;
  readonly first_s: number | null;
  readonly last_s: number | null;
  readonly bars: number | null;
  readonly decided_wall_ms: number;
}

export interface OosStandingRow {
  readonly strategy_id: string;
  readonly verdict_id: string;
}

const columns = [
  'verdict_id',
  'strategy_id',
  'request_id',
  'outcome',
  'reason',
  'value',
  'threshold',
  'trades',
  'engine',
  'window_id',
  'data_hash',
  'first_s',
  'last_s',
  'bars',
  'decided_wall_ms',
] as const satisfies readonly (keyof OosVerdictRow)[];

const insert = define<OosVerdictRow>('run', (slots) =>
  core
    .insertInto('oos_verdicts')
    .values(slotsOf(slots, columns))
    .onConflict((conflict) => conflict.doNothing())
    .compile(),
);

const stand = define<OosStandingRow>('run', (slots) =>
  core
    .insertInto('oos_standings')
    .values(slotsOf(slots, ['strategy_id', 'verdict_id']))
    .onConflict((conflict) =>
      conflict.column('strategy_id').doUpdateSet((eb) => ({ verdict_id: eb.ref('excluded.verdict_id') })),
    )
    .compile(),
);

/** The newest conclusion stands; an older one is outdated and kept. */
export const recordOosVerdict = (row: OosVerdictRow): readonly Statement[] => [insert(row), stand(row)];

export const selectOosStanding = define<{ strategyId: string }, OosVerdictRow>('get', (slots) =>
  core
    .selectFrom('oos_standings')
    .innerJoin('oos_verdicts', 'oos_verdicts.verdict_id', 'oos_standings.verdict_id')
    .select(columns.map((column) => `oos_verdicts.${column}` as const))
    .where('oos_standings.strategy_id', '=', slots('strategyId'))
    .compile(),
);

/** Of the verdicts that stand. */
export const countOosVerdicts = define<object, { outcome: string; reason: string; count: number }>(
  'all',
  () =>
    core
      .selectFrom('oos_standings')
      .innerJoin('oos_verdicts', 'oos_verdicts.verdict_id', 'oos_standings.verdict_id')
      .select((eb) => ['outcome', 'reason', eb.fn.countAll<number>().as('count')])
      .groupBy(['outcome', 'reason'])
      .compile(),
);

const supersede = define<{ kept: string; wallMs: number }, { request_id: string }>('all', (slots) =>
  core
    .updateTable('requests')
    .set({
      state: 'cancelled',
      terminal_wall_ms: slots('wallMs'),
      failure_code: 'superseded',
      failure_message: 'another window, engine or threshold is asked for by now',
    })
    .where('kind', '=', sql.lit('oos' as const))
    .where('state', 'in', openStates)
    .where('strategy_id', 'in', (eb) =>
      eb
        .selectFrom(listRows(slots('kept')).as('wanted'))
        .select(sql<string>`json_extract(wanted.value, '$.strategyId')`.as('strategy_id')),
    )
    .where('request_id', 'not in', (eb) =>
      eb
        .selectFrom(listRows(slots('kept')).as('wanted'))
        .select(sql<string>`json_extract(wanted.value, '$.requestId')`.as('request_id')),
    )
    .returning('request_id')
    .compile(),
);

/**
 * Ends what is still open of these strategies' out-of-sample requests beside the ones named: nobody would look at their
 * answers. One that is out is answered late.
 */
export const supersedeOos = (
  kept: readonly { readonly strategyId: string; readonly requestId: string }[],
  wallMs: number,
): Statement<{ request_id: string }> => supersede({ kept: JSON.stringify(kept), wallMs });
