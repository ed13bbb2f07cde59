/** A strategy is its logic: the id is the hash of the normalised logic, so the same logic again is the same row. */
import type { Statement, Verb } from '../statement.js';
import { define, rowsOf, slotsOf, verb } from '../statement.js';
import { core } from './core-tables.js';

export interface StrategyRow {
  readonly strategy_id: string;
  readonly name: string;
  readonly symbol: string | null;
  readonly timeframe_minutes: number | null;
  readonly indicator_type: string | null;
  readonly logic_json: string;
  /** What the source says; evidence of nothing. */
  readonly claimed_rank: string | null;
  readonly environment: 'production' | 'test';
  /** 1 when the wire cannot express all of its logic. */
  readonly approximated: 0 | 1;
  readonly approximations_json: string | null;
  readonly source: string;
  readonly foreign_hash: string | null;
  readonly imported_wall_ms: number;
}

const columns = [
  'strategy_id',
  'name',
  'symbol',
  'timeframe_minutes',
  'indicator_type',
  'logic_json',
  'claimed_rank',
  'environment',
  'approximated',
  'approximations_json',
  'source',
  'foreign_hash',
  'imported_wall_ms',
] as const satisfies readonly (keyof StrategyRow)[];

const insert = define<StrategyRow, { strategy_id: string }>('all', (slots) =>
  core
    .insertInto('strategies')
    .values(slotsOf(slots, columns))
    .onConflict((conflict) => conflict.column('strategy_id').doNothing())
    .returning('strategy_id')
    .compile(),
);

/** The first record of a logic gives the row its name; @returns `attached` when the logic was there already. */
export function insertStrategy(row: StrategyRow): Verb<'imported' | 'attached'> {
  const statement = insert(row);
  return verb([statement], ([result]) => (rowsOf(statement, result).length === 1 ? 'imported' : 'attached'));
}

export const selectStrategy = define<{ strategyId: string }, StrategyRow>('get', (slots) =>
  core.selectFrom('strategies').selectAll().where('strategy_id', '=', slots('strategyId')).compile(),
);

/** Oldest first; names are not unique. */
export const selectStrategiesNamed = define<{ name: string }, StrategyRow>('all', (slots) =>
  core
    .selectFrom('strategies')
    .selectAll()
    .where('name', '=', slots('name'))
    .orderBy('imported_wall_ms')
    .orderBy('strategy_id')
    .limit(100)
    .compile(),
);

const selectPage = define<{ after: string; limit: number }, StrategyRow>('all', (slots) =>
  core
    .selectFrom('strategies')
    .selectAll()
    .where('strategy_id', '>', slots('after'))
    .orderBy('strategy_id')
    .limit(slots('limit'))
    .compile(),
);

/** Pages by id; the first page begins after the empty text. */
export const selectStrategies = (after: string, limit: number): Statement<StrategyRow> =>
  selectPage({ after, limit });

/** In alphabetical order; for suggestions, so a part of very many will do. */
export const selectStrategyNames = define<{ limit: number }, { name: string }>('all', (slots) =>
  core.selectFrom('strategies').select('name').distinct().orderBy('name').limit(slots('limit')).compile(),
);
