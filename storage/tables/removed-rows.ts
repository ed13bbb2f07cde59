/** Counts of rows that retention has removed, by what they were: what is not there any more is still accounted for. */
import { sql } from 'kysely';
import { compiler, define } from '../statement.js';

export interface RemovedRow {
  readonly what: string;
  readonly rows: number;
}

const store = compiler<{ removed_rows: RemovedRow }>();

const count = define<{ what: string }>('run', (slots) =>
  sql`INSERT INTO removed_rows (what, rows) SELECT ${slots('what')}, changes() WHERE changes() > 0
      ON CONFLICT (what) DO UPDATE SET rows = removed_rows.rows + excluded.rows`.compile(store),
);

/** Adds what the statement right before it has removed. SQLite's changes(); PostgreSQL has a CTE for it. */
export const countRemoved = (what: string) => count({ what });

export const selectRemoved = define<object, RemovedRow>('all', () =>
  store.selectFrom('removed_rows').selectAll().orderBy('what').compile(),
);

export interface RequestDayRow {
  /** Days since the epoch, UTC. */
  readonly day: number;
  readonly kind: string;
  readonly state: string;
  readonly requests: number;
  readonly attempts: number;
  readonly late: number;
}

const days = compiler<{ request_days: RequestDayRow }>();

/** Newest first. */
export const selectRequestDays = define<{ limit: number }, RequestDayRow>('all', (slots) =>
  days.selectFrom('request_days').selectAll().orderBy('day', 'desc').limit(slots('limit')).compile(),
);
