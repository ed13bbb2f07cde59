/** Requests as seen from above: counts, latencies, and what became of a job's own. For the reader, not the hot path. */
import { sql } from 'kysely';
import { define, listRows, type Statement } from '../statement.js';
import { core } from './core-tables.js';
import type { RequestKind, RequestState } from './requests.js';

export interface RequestCount {
  readonly kind: RequestKind;
  readonly state: RequestState;
  readonly count: number;
}

/** Named, so that the index of what has ended is searched and not read as a whole. */
const everyKind = (['backtest', 'oos', 'qualification', 'cpcv'] as const).map((kind) =>
  sql.lit<RequestKind>(kind),
);

/** What waits, from an index as long as the backlog, and what is out: few, each with an open attempt. */
export const openRequests = sql`
  SELECT kind, 'queued' AS state, submitted_wall_ms FROM requests INDEXED BY requests_expiring WHERE state = 'queued'
  UNION ALL
  SELECT kind, 'leased', submitted_wall_ms FROM attempts INDEXED BY attempts_open CROSS JOIN requests ON requests.request_id = attempts.request_id
  WHERE attempts.ended_wall_ms IS NULL AND state = 'leased'`;

/** Reads whole indexes, so it is for the reader thread and not for a hot path. */
export const countRequests = define<object, RequestCount>('all', () =>
  sql`SELECT kind, state, count(*) AS count FROM (${openRequests}) GROUP BY kind, state
      UNION ALL
      SELECT kind, state, count(*) FROM requests WHERE terminal_wall_ms IS NOT NULL GROUP BY kind, state
      ORDER BY 1, 2`.compile(core),
);

/** Only what is not terminal: as long as the backlog, whatever the history. */
export const countOpenRequests = define<object, RequestCount>('all', () =>
  sql`SELECT kind, state, count(*) AS count FROM (${openRequests}) GROUP BY kind, state ORDER BY 1, 2`.compile(
    core,
  ),
);

export interface LatencyRow {
  readonly kind: RequestKind;
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

const nearestRank = (share: number) =>
  sql<number>`min(CASE WHEN place >= ${sql.lit(share)} * total THEN latency_ms END)`;

/** Submitted to applied, ms, of what succeeded since a time; percentiles by nearest rank. */
export const selectLatencies = define<{ sinceWallMs: number }, LatencyRow>('all', (slots) =>
  core
    .selectFrom((eb) =>
      eb
        .selectFrom('requests')
        .select([
          'kind',
          sql<number>`terminal_wall_ms - submitted_wall_ms`.as('latency_ms'),
          sql<number>`row_number() OVER (PARTITION BY kind ORDER BY terminal_wall_ms - submitted_wall_ms)`.as(
            'place',
          ),
          sql<number>`count(*) OVER (PARTITION BY kind)`.as('total'),
        ])
        .where('state', '=', sql.lit('succeeded'))
        .where('kind', 'in', everyKind)
        .where('terminal_wall_ms', '>=', slots('sinceWallMs'))
        .as('latencies'),
    )
    .select((eb) => [
      'kind',
      eb.fn.countAll<number>().as('count'),
      nearestRank(0.5).as('p50'),
      nearestRank(0.95).as('p95'),
      nearestRank(0.99).as('p99'),
    ])
    .groupBy('kind')
    .orderBy('kind')
    .compile(),
);

export interface RequestOutcomeRow {
  readonly request_id: string;
  readonly kind: RequestKind;
  readonly strategy_id: string;
  readonly state: RequestState;
  readonly failure_code: string | null;
  readonly submitted_wall_ms: number;
  readonly terminal_wall_ms: number | null;
  readonly leases: number;
  readonly late: number;
}

/** A row, or else what the ledger remembers of it. */
const outcomes = define<{ requestIds: string }, RequestOutcomeRow>('all', (slots) =>
  sql`SELECT requests.request_id, kind, strategy_id, state, failure_code, submitted_wall_ms, terminal_wall_ms, leases,
        (SELECT count(*) FROM late_answers JOIN attempts ON attempts.attempt_id = late_answers.attempt_id
          WHERE attempts.request_id = requests.request_id) AS late
      FROM ${listRows(slots('requestIds'))} AS wanted JOIN requests ON requests.request_id = wanted.value
      UNION ALL
      SELECT request_id, kind, strategy_id, state, failure_code, submitted_wall_ms, terminal_wall_ms, leases, late
      FROM ${listRows(slots('requestIds'))} AS wanted JOIN request_ledger ON request_ledger.request_id = wanted.value`.compile(
    core,
  ),
);

/** What became of a job's own requests; ask in pages of some thousands. Unknown ids are left out. */
export const selectOutcomes = (requestIds: readonly string[]): Statement<RequestOutcomeRow> =>
  outcomes({ requestIds: JSON.stringify(requestIds) });
