/** The gate's verdict on each candle file where it lies, as of its last check; the newest version of a file counts. */
import { sql } from 'kysely';
import { define, slotsOf } from '../statement.js';
import { core } from './core-tables.js';
import { notificationColumns } from './outbox.js';
import type { NewNotificationRow } from './outbox.js';

export interface CandleGateRow {
  readonly path: string;
  /** With which option it was looked at: the verdicts may differ. */
  readonly accept_outliers: 0 | 1;
  readonly name: string;
  /** Size, time of change and content: the file's version. Null when it could not be read. */
  readonly bytes: number | null;
  readonly modified_wall_ms: number | null;
  readonly file_id: string | null;
  readonly verdict: 'accepted' | 'refused';
  readonly reason: string | null;
  readonly message: string | null;
  readonly checked_wall_ms: number;
}

const columns = [
  'path',
  'accept_outliers',
  'name',
  'bytes',
  'modified_wall_ms',
  'file_id',
  'verdict',
  'reason',
  'message',
  'checked_wall_ms',
] as const satisfies readonly (keyof CandleGateRow)[];

export const upsertCandleGate = define<CandleGateRow>('run', (slots) =>
  core
    .insertInto('candle_gate')
    .values(slotsOf(slots, columns))
    .onConflict((conflict) =>
      conflict
        .columns(['path', 'accept_outliers'])
        .doUpdateSet((eb) =>
          Object.fromEntries(columns.slice(2).map((column) => [column, eb.ref(`excluded.${column}`)])),
        ),
    )
    .compile(),
);

type Refusal = NewNotificationRow & Pick<CandleGateRow, 'path' | 'accept_outliers'>;

const outboxColumns = sql.join(notificationColumns.map((column) => sql.ref(column)));

/** Only of a verdict that stands, and once: the id says the version and the reason. */
export const noticeOfRefusal = define<Refusal>('run', (slots) =>
  sql`INSERT INTO outbox (${outboxColumns})
      SELECT ${sql.join(notificationColumns.map((column) => slots(column)))}
      WHERE EXISTS (
        SELECT 1 FROM candle_gate
        WHERE path = ${slots('path')} AND accept_outliers = ${slots('accept_outliers')} AND verdict = 'refused'
      )
      ON CONFLICT (notification_id) DO NOTHING`.compile(core),
);

/** By name, at most `limit`. */
export const selectCandleGate = define<{ limit: number }, CandleGateRow>('all', (slots) =>
  core.selectFrom('candle_gate').selectAll().orderBy('path').limit(slots('limit')).compile(),
);
