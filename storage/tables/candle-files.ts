/** The gate's verdict on each candle file, by content: the same bytes under another name are the same file. */
import { define, slotsOf } from '../statement.js';
import { core } from './core-tables.js';

export interface CandleFileRow {
  /** SHA-256 of the file. */
  readonly file_id: string;
  readonly name: string;
  readonly symbol: string | null;
  readonly timeframe_minutes: number | null;
  readonly verdict: 'accepted' | 'refused';
  readonly reason: string | null;
  readonly message: string | null;
  /** The row that decided a refusal. */
  readonly row: number | null;
  readonly rows: number | null;
  readonly first_s: number | null;
  readonly last_s: number | null;
  readonly step_s: number | null;
  readonly warnings_json: string | null;
  readonly checked_wall_ms: number;
}

const columns = [
  'file_id',
  'name',
  'symbol',
  'timeframe_minutes',
  'verdict',
  'reason',
  'message',
  'row',
  'rows',
  'first_s',
  'last_s',
  'step_s',
  'warnings_json',
  'checked_wall_ms',
] as const satisfies readonly (keyof CandleFileRow)[];

/** A later check replaces the verdict: the rules or the options may have changed since. */
export const upsertCandleFile = define<CandleFileRow>('run', (slots) =>
  core
    .insertInto('candle_files')
    .values(slotsOf(slots, columns))
    .onConflict((conflict) =>
      conflict
        .column('file_id')
        .doUpdateSet((eb) =>
          Object.fromEntries(columns.slice(1).map((column) => [column, eb.ref(`excluded.${column}`)])),
        ),
    )
    .compile(),
);

export const selectCandleFile = define<{ fileId: string }, CandleFileRow>('get', (slots) =>
  core.selectFrom('candle_files').selectAll().where('file_id', '=', slots('fileId')).compile(),
);

export const selectCandleFiles = define<{ limit: number }, CandleFileRow>('all', (slots) =>
  core.selectFrom('candle_files').selectAll().orderBy('name').limit(slots('limit')).compile(),
);
