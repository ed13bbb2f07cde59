/** Where the time of requests goes, hop by hop, and how the last hour ended. For the reader, not the hot path. */
import { sql } from 'kysely';
import { define } from '../statement.js';
import { core } from './core-tables.js';
import { openRequests } from './request-counts.js';
import type { RequestKind } from './requests.js';

/**
 * `queued`: from submit to the lease of the attempt that was accepted. `leaving`: from there until it left the socket.
 * `answering`: from there until its answer was applied.
 */
export type Hop = 'queued' | 'leaving' | 'answering';

export interface HopRow {
  readonly kind: RequestKind;
  readonly hop: Hop;
  readonly count: number;
  /** ms, nearest rank. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Newest first, so many of each reading: percentiles need no more, and a long history costs nothing. */
const newestMax = 5_000;

/** Of what succeeded since a time. */
export const selectHops = define<{ sinceWallMs: number }, HopRow>('all', (slots) =>
  sql`WITH done AS (
        SELECT kind, leased_wall_ms - submitted_wall_ms AS queued, sent_wall_ms - leased_wall_ms AS leaving,
          terminal_wall_ms - sent_wall_ms AS answering
        FROM requests JOIN attempts ON attempt_id = accepted_attempt_id
        WHERE kind IN ('backtest', 'oos', 'qualification', 'cpcv') AND state = 'succeeded'
          AND terminal_wall_ms >= ${slots('sinceWallMs')}
        ORDER BY terminal_wall_ms DESC LIMIT ${sql.lit(newestMax)}),
      hops AS (
        SELECT kind, 'queued' AS hop, queued AS ms FROM done
        UNION ALL SELECT kind, 'leaving', leaving FROM done WHERE leaving IS NOT NULL
        UNION ALL SELECT kind, 'answering', answering FROM done WHERE answering IS NOT NULL),
      ranked AS (
        SELECT kind, hop, ms, row_number() OVER (PARTITION BY kind, hop ORDER BY ms) AS place,
          count(*) OVER (PARTITION BY kind, hop) AS total
        FROM hops)
      SELECT kind, hop, total AS count,
        min(CASE WHEN place >= 0.5 * total THEN ms END) AS p50,
        min(CASE WHEN place >= 0.95 * total THEN ms END) AS p95,
        min(CASE WHEN place >= 0.99 * total THEN ms END) AS p99
      FROM ranked GROUP BY kind, hop ORDER BY kind, hop`.compile(core),
);

export interface EndedRow {
  readonly kind: RequestKind;
  readonly state: string;
  readonly count: number;
}

/** How what ended since a time has ended. */
export const countEnded = define<{ sinceWallMs: number }, EndedRow>('all', (slots) =>
  sql`SELECT kind, state, count(*) AS count FROM requests
      WHERE kind IN ('backtest', 'oos', 'qualification', 'cpcv')
        AND state IN ('succeeded', 'failed', 'dead_lettered', 'expired', 'cancelled')
        AND terminal_wall_ms >= ${slots('sinceWallMs')}
      GROUP BY kind, state`.compile(core),
);

export interface OldestOpenRow {
  readonly kind: RequestKind;
  readonly oldest_wall_ms: number;
}

/** The longest open request of each kind: as long as the backlog, whatever the history. */
export const selectOldestOpen = define<object, OldestOpenRow>('all', () =>
  sql`SELECT kind, min(submitted_wall_ms) AS oldest_wall_ms FROM (${openRequests}) GROUP BY kind`.compile(
    core,
  ),
);

export interface RequestLifeRow {
  readonly request_id: string;
  readonly kind: string;
  readonly strategy_id: string;
  readonly strategy: string;
  readonly state: string;
  readonly failure_code: string | null;
  readonly failure_message: string | null;
  readonly submitted_wall_ms: number;
  readonly terminal_wall_ms: number | null;
  readonly attempt_id: string | null;
  readonly number: number | null;
  readonly backend: string | null;
  readonly leased_wall_ms: number | null;
  readonly sent_wall_ms: number | null;
  readonly ended_wall_ms: number | null;
  readonly outcome: string | null;
  readonly attempt_failure_code: string | null;
}

/** One request with all its attempts, by its id or by that of one of its attempts (the id on the wire). */
export const selectRequestLife = define<{ id: string }, RequestLifeRow>('all', (slots) =>
  sql`SELECT requests.request_id, kind, requests.strategy_id, strategies.name AS strategy, state, requests.failure_code,
        requests.failure_message, submitted_wall_ms, terminal_wall_ms, attempt_id, number, backend, leased_wall_ms,
        sent_wall_ms, ended_wall_ms, outcome, attempts.failure_code AS attempt_failure_code
      FROM requests JOIN strategies ON strategies.strategy_id = requests.strategy_id
      LEFT JOIN attempts ON attempts.request_id = requests.request_id
      WHERE requests.request_id = coalesce(
        (SELECT request_id FROM attempts WHERE attempt_id = ${slots('id')}), ${slots('id')})
      ORDER BY number`.compile(core),
);
