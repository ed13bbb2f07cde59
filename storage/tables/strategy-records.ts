/** Every source record that was read, and what became of it: read = imported + attached + quarantined. */
import { define, slotsOf } from '../statement.js';
import { core } from './core-tables.js';

export interface StrategyRecordRow {
  /** Hash of the record's content. */
  readonly record_id: string;
  /** Null exactly when quarantined. */
  readonly strategy_id: string | null;
  readonly name: string | null;
  readonly source: string;
  readonly disposition: 'imported' | 'attached' | 'quarantined';
  readonly anomalies_json: string | null;
  readonly imported_wall_ms: number;
}

/** The first disposition stays: reading the same file again must not turn an imported record into an attached one. */
export const insertStrategyRecord = define<StrategyRecordRow>('run', (slots) =>
  core
    .insertInto('strategy_records')
    .values(
      slotsOf(slots, [
        'record_id',
        'strategy_id',
        'name',
        'source',
        'disposition',
        'anomalies_json',
        'imported_wall_ms',
      ]),
    )
    .onConflict((conflict) => conflict.column('record_id').doNothing())
    .compile(),
);

export const selectStrategyRecord = define<{ recordId: string }, StrategyRecordRow>('get', (slots) =>
  core.selectFrom('strategy_records').selectAll().where('record_id', '=', slots('recordId')).compile(),
);

export const selectRecordsOfStrategy = define<{ strategyId: string; limit: number }, StrategyRecordRow>(
  'all',
  (slots) =>
    core
      .selectFrom('strategy_records')
      .selectAll()
      .where('strategy_id', '=', slots('strategyId'))
      .orderBy('record_id')
      .limit(slots('limit'))
      .compile(),
);
