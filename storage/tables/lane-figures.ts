/** What the lanes did within a time, for the reader: from the rows, so that a restart forgets nothing. */
import { sql } from 'kysely';
import { define } from '../statement.js';
import { core } from './core-tables.js';
import type { NotificationState } from './outbox.js';

export interface EndedCount {
  readonly lane: string | null;
  readonly state: NotificationState;
  readonly count: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

const nearestRank = (share: number) =>
  sql<number>`min(CASE WHEN place >= ${sql.lit(share)} * total THEN latency_ms END)`;

/** Created to ended, ms, by nearest rank. A clock that was put back makes no time negative. */
export const selectEnded = define<{ sinceWallMs: number }, EndedCount>('all', (slots) =>
  sql`SELECT lane, state, count(*) AS count,
        ${nearestRank(0.5)} AS p50, ${nearestRank(0.95)} AS p95, ${nearestRank(0.99)} AS p99
      FROM (
        SELECT lane, state, max(0, ended_wall_ms - created_wall_ms) AS latency_ms,
          row_number() OVER (PARTITION BY lane, state ORDER BY max(0, ended_wall_ms - created_wall_ms)) AS place,
          count(*) OVER (PARTITION BY lane, state) AS total
        FROM outbox WHERE ended_wall_ms >= ${slots('sinceWallMs')}
      ) AS ended
      GROUP BY lane, state`.compile(core),
);

export const selectAttemptCounts = define<
  { sinceWallMs: number },
  { lane: string; outcome: string; count: number }
>('all', (slots) =>
  sql`SELECT lane, outcome, count(*) AS count FROM notification_attempts
      WHERE ended_wall_ms >= ${slots('sinceWallMs')} GROUP BY lane, outcome`.compile(core),
);
