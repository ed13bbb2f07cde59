/** Pause, rate and batch size as last set by hand, so that a restart does not undo the operator. */
import { define, slotsOf } from '../statement.js';
import { core } from './core-tables.js';

export interface DispatchSettingRow {
  readonly key: string;
  readonly value_json: string;
  readonly changed_wall_ms: number;
  readonly changed_by: string;
}

export const upsertDispatchSetting = define<DispatchSettingRow>('run', (slots) =>
  core
    .insertInto('dispatch_settings')
    .values(slotsOf(slots, ['key', 'value_json', 'changed_wall_ms', 'changed_by']))
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet((eb) => ({
        value_json: eb.ref('excluded.value_json'),
        changed_wall_ms: eb.ref('excluded.changed_wall_ms'),
        changed_by: eb.ref('excluded.changed_by'),
      })),
    )
    .compile(),
);

/** A handful of rows at most. */
export const selectDispatchSettings = define<object, DispatchSettingRow>('all', () =>
  core.selectFrom('dispatch_settings').selectAll().orderBy('key').limit(1_000).compile(),
);
