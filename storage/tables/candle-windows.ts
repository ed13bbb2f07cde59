/** The windows that we cut: what a backtest really saw, named by content. */
import { define, slotsOf } from '../statement.js';
import { core } from './core-tables.js';

export interface CandleWindowRow {
  /** SHA-256 of the window's file. */
  readonly window_id: string;
  readonly source_file_id: string;
  readonly kind: 'in_sample' | 'oos';
  readonly symbol: string;
  readonly step_s: number;
  readonly first_s: number;
  readonly last_s: number;
  readonly rows: number;
  readonly path: string;
}

/** The same content is the same window; only its place on the disk may have changed. */
export const upsertCandleWindow = define<CandleWindowRow>('run', (slots) =>
  core
    .insertInto('candle_windows')
    .values(
      slotsOf(slots, [
        'window_id',
        'source_file_id',
        'kind',
        'symbol',
        'step_s',
        'first_s',
        'last_s',
        'rows',
        'path',
      ]),
    )
    .onConflict((conflict) =>
      conflict.column('window_id').doUpdateSet((eb) => ({ path: eb.ref('excluded.path') })),
    )
    .compile(),
);

export const selectCandleWindow = define<{ windowId: string }, CandleWindowRow>('get', (slots) =>
  core.selectFrom('candle_windows').selectAll().where('window_id', '=', slots('windowId')).compile(),
);

export const selectWindowsOfFile = define<{ fileId: string; limit: number }, CandleWindowRow>(
  'all',
  (slots) =>
    core
      .selectFrom('candle_windows')
      .selectAll()
      .where('source_file_id', '=', slots('fileId'))
      .orderBy('window_id')
      .limit(slots('limit'))
      .compile(),
);
