/** What is told of pairs: rows of the transaction that changed them, and only if it did. */
import { sql } from 'kysely';
import { define } from '../statement.js';
import { core } from './core-tables.js';
import { notificationColumns } from './outbox.js';
import type { NewNotificationRow } from './outbox.js';

export interface EndedNotice {
  /** The refresh or the verdict. */
  readonly endedBy: string;
  readonly wallMs: number;
  readonly expiresWallMs: number;
}

/** One for each pair that was ended by it. A pair that only got other weights goes on, and is no news. */
export const noticeEnded = define<EndedNotice>('run', (slots) =>
  sql`INSERT INTO outbox (notification_id, topic, severity, title, body, collapse_key,
        source_wall_ms, created_wall_ms, expires_wall_ms)
      SELECT 'pair_ended:' || ended.refresh_id || ':' || ended.pair_id, 'pairs', 'info',
        substr('Pair ended: ' || a.name || ' + ' || b.name, 1, 256),
        substr('Slot ' || ended.slot || '. ' || CASE ended.end_reason
          WHEN 'leg_demoted' THEN 'A leg is no longer of rank A or S; open trades keep their tag.'
          WHEN 'lost_slot' THEN 'The pair was kept, but others stand before it in its slot.'
          ELSE 'The pair was not among those kept by the refresh.'
        END, 1, 4096),
        NULL, ${slots('wallMs')}, ${slots('wallMs')}, ${slots('expiresWallMs')}
      FROM pair_activations AS ended
        JOIN pair_definitions AS pair ON pair.pair_id = ended.pair_id
        JOIN strategies AS a ON a.strategy_id = pair.strategy_a
        JOIN strategies AS b ON b.strategy_id = pair.strategy_b
      WHERE ended.ended_by = ${slots('endedBy')} AND ended.end_reason <> 'reweighted'
      ON CONFLICT (notification_id) DO NOTHING`.compile(core),
);

const columns = sql.join(notificationColumns.map((column) => sql.ref(column)));

/** For a pair that the refresh has made active, and that was not active before. */
export const noticeStarted = define<
  NewNotificationRow & { readonly refreshId: string; readonly pairId: string }
>('run', (slots) =>
  sql`INSERT INTO outbox (${columns})
      SELECT ${sql.join(notificationColumns.map((column) => slots(column)))}
      WHERE EXISTS (
          SELECT 1 FROM pair_activations
          WHERE refresh_id = ${slots('refreshId')} AND pair_id = ${slots('pairId')}
        )
        AND NOT EXISTS (
          SELECT 1 FROM pair_activations
          WHERE ended_by = ${slots('refreshId')} AND pair_id = ${slots('pairId')}
        )
      ON CONFLICT (notification_id) DO NOTHING`.compile(core),
);

/** For whatever else a refresh has to say, if it is the one that stands. */
export const noticeOfRefresh = define<NewNotificationRow & { readonly refreshId: string }>('run', (slots) =>
  sql`INSERT INTO outbox (${columns})
      SELECT ${sql.join(notificationColumns.map((column) => slots(column)))}
      WHERE EXISTS (SELECT 1 FROM pair_refreshes WHERE refresh_id = ${slots('refreshId')})
      ON CONFLICT (notification_id) DO NOTHING`.compile(core),
);
