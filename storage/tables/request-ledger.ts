/**
 * Keys of requests whose rows retention has removed: the same thing asked again within the ledger's time is still the same
 * request, and is told what became of it.
 */
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import type { Slots, Verb } from '../statement.js';
import { compiler, define, listRows, rowsOf, verb } from '../statement.js';
import { countRemoved } from './removed-rows.js';
import type { NewRequest, RequestKind, RequestState } from './requests.js';

export interface LedgerRow {
  readonly idempotency_key: string;
  readonly request_id: string;
  readonly kind: RequestKind;
  readonly strategy_id: string;
  /** Of all that a request asks for, so that the same key for something else is told from the same thing again. */
  readonly asked_hash: string;
  readonly state: Exclude<RequestState, 'queued' | 'leased'>;
  readonly failure_code: string | null;
  readonly submitted_wall_ms: number;
  readonly terminal_wall_ms: number;
  readonly leases: number;
  readonly late: number;
}

const store = compiler<{ request_ledger: LedgerRow }>();

/** sha256_hex is ours, see database.ts; PostgreSQL has its own sha256. A bound number is a float until it is cast. */
const hashOf = (
  asked: Readonly<Record<'kind' | 'strategy' | 'window' | 'version' | 'payload', RawBuilder<unknown>>>,
) =>
  sql<string>`sha256_hex(json_array(${asked.kind}, ${asked.strategy}, ${asked.window}, CAST(${asked.version} AS INTEGER), ${asked.payload}))`;

/** Of the request that is being asked for. */
export const askedHash = (slots: Slots<NewRequest>) =>
  hashOf({
    kind: slots('kind'),
    strategy: slots('strategy_id'),
    window: slots('window_id'),
    version: slots('payload_version'),
    payload: slots('payload_json'),
  });

const hashOfRow = hashOf({
  kind: sql.ref('kind'),
  strategy: sql.ref('strategy_id'),
  window: sql.ref('window_id'),
  version: sql.ref('payload_version'),
  payload: sql.ref('payload_json'),
});

interface Aged {
  readonly beforeWallMs: number;
}

/**
 * What must stay although it is old: the newest accepted answer of each kind of a strategy, which is its evidence;
 * what a rank, an active pair or a verdict rests on; and everything of a strategy that something is still asked for.
 * Of `requests`, by that name.
 */
const isWanted = sql<boolean>`(
  (state = 'succeeded' AND seq = (
    SELECT newest.seq FROM requests AS newest
    WHERE newest.strategy_id = requests.strategy_id AND newest.kind = requests.kind AND newest.state = 'succeeded'
    ORDER BY newest.seq DESC LIMIT 1
  ))
  OR EXISTS (
    SELECT 1 FROM requests AS other
    WHERE other.strategy_id = requests.strategy_id AND other.state IN ('queued', 'leased')
  )
  OR EXISTS (
    SELECT 1 FROM attempts WHERE attempts.request_id = requests.request_id AND attempts.ended_wall_ms IS NULL
  )
  OR EXISTS (SELECT 1 FROM oos_verdicts WHERE oos_verdicts.request_id = requests.request_id)
  OR EXISTS (
    SELECT 1 FROM ranks JOIN rank_verdicts ON rank_verdicts.verdict_id = ranks.verdict_id
    WHERE ranks.strategy_id = requests.strategy_id
      AND (instr(rank_verdicts.evidence_json, requests.request_id) > 0
        OR instr(rank_verdicts.evidence_json, coalesce(requests.accepted_attempt_id, requests.request_id)) > 0)
  )
  OR EXISTS (
    SELECT 1 FROM pair_definitions
      JOIN pair_activations ON pair_activations.pair_id = pair_definitions.pair_id
        AND pair_activations.to_wall_ms IS NULL
      JOIN pair_scores ON pair_scores.refresh_id = pair_activations.refresh_id
        AND pair_scores.pair_id = pair_activations.pair_id
    WHERE (pair_definitions.strategy_a = requests.strategy_id OR pair_definitions.strategy_b = requests.strategy_id)
      AND (instr(pair_scores.evidence_json, requests.request_id) > 0
        OR instr(pair_scores.evidence_json, coalesce(requests.accepted_attempt_id, requests.request_id)) > 0)
  )
)`;

const mayGo = (beforeWallMs: RawBuilder<number>) =>
  sql<boolean>`(terminal_wall_ms IS NOT NULL AND terminal_wall_ms < ${beforeWallMs} AND NOT ${isWanted})`;

/** A request in the order of submission, and whether it may be removed. */
export interface AgedRow {
  readonly seq: number;
  readonly request_id: string;
  readonly submitted_wall_ms: number;
  readonly may_go: 0 | 1;
}

/** A page of requests as they were submitted; the first begins after 0. Later ones than the time are not worth a look. */
export const selectAged = define<Aged & { readonly afterSeq: number; readonly limit: number }, AgedRow>(
  'all',
  (slots) =>
    sql`SELECT seq, request_id, submitted_wall_ms,
        (submitted_wall_ms < ${slots('beforeWallMs')} AND ${mayGo(slots('beforeWallMs'))}) AS may_go
      FROM requests WHERE seq > ${slots('afterSeq')} ORDER BY seq LIMIT ${slots('limit')}`.compile(store),
);

type Chosen = Aged & { readonly requestIds: string };

/** Decided again here: what was chosen by a look may be wanted by now. */
const enter = define<Chosen, { request_id: string }>('all', (slots) =>
  sql`INSERT INTO request_ledger (idempotency_key, request_id, kind, strategy_id, asked_hash, state, failure_code,
        submitted_wall_ms, terminal_wall_ms, leases, late)
      SELECT idempotency_key, request_id, kind, strategy_id, ${hashOfRow}, state, failure_code,
        submitted_wall_ms, terminal_wall_ms, leases,
        (SELECT count(*) FROM late_answers JOIN attempts ON attempts.attempt_id = late_answers.attempt_id
          WHERE attempts.request_id = requests.request_id)
      FROM requests
      WHERE request_id IN (SELECT value FROM ${listRows(slots('requestIds'))}) AND ${mayGo(slots('beforeWallMs'))}
      RETURNING request_id`.compile(store),
);

/** What has been entered in this transaction: no other row is in both tables. */
const entered = (slots: Slots<Chosen>) =>
  sql`(SELECT value FROM ${listRows(slots('requestIds'))}
      WHERE EXISTS (SELECT 1 FROM request_ledger WHERE request_ledger.request_id = value))`;

const attemptsOf = (slots: Slots<Chosen>) =>
  sql`(SELECT attempt_id FROM attempts WHERE request_id IN ${entered(slots)})`;

const addUpDays = define<Chosen>('run', (slots) =>
  sql`INSERT INTO request_days (day, kind, state, requests, attempts, late)
      SELECT terminal_wall_ms / 86400000, kind, state, count(*), sum(leases), sum(late)
      FROM request_ledger WHERE request_id IN (
        SELECT request_id FROM requests WHERE request_id IN ${entered(slots)})
      GROUP BY 1, 2, 3
      ON CONFLICT (day, kind, state) DO UPDATE SET requests = request_days.requests + excluded.requests,
        attempts = request_days.attempts + excluded.attempts, late = request_days.late + excluded.late`.compile(
    store,
  ),
);

const rememberAttempts = define<Chosen>('run', (slots) =>
  sql`INSERT INTO purged_attempts (attempt_id) SELECT attempt_id FROM attempts
      WHERE request_id IN ${entered(slots)} ON CONFLICT DO NOTHING`.compile(store),
);

const removeLate = define<Chosen>('run', (slots) =>
  sql`DELETE FROM late_answers WHERE attempt_id IN ${attemptsOf(slots)}`.compile(store),
);
const removeResults = define<Chosen>('run', (slots) =>
  sql`DELETE FROM results WHERE request_id IN ${entered(slots)}`.compile(store),
);
const removeAttempts = define<Chosen>('run', (slots) =>
  sql`DELETE FROM attempts WHERE request_id IN ${entered(slots)}`.compile(store),
);
const removeRequests = define<Chosen>('run', (slots) =>
  sql`DELETE FROM requests WHERE request_id IN ${entered(slots)}`.compile(store),
);

/**
 * Removes these requests with their attempts, results and late answers, unless something wants them by now. Their keys go
 * into the ledger, their numbers into the sums by day, and the ids of their attempts to whoever removes their lists.
 * @returns what has gone
 */
export function purgeRequests(requestIds: readonly string[], beforeWallMs: number): Verb<readonly string[]> {
  const chosen = { requestIds: JSON.stringify(requestIds), beforeWallMs };
  const gone = enter(chosen);
  const statements = [
    gone,
    addUpDays(chosen),
    rememberAttempts(chosen),
    removeLate(chosen),
    countRemoved('late_answers'),
    removeResults(chosen),
    countRemoved('results'),
    removeAttempts(chosen),
    countRemoved('attempts'),
    removeRequests(chosen),
    countRemoved('requests'),
  ];
  return verb(statements, ([result]) => rowsOf(gone, result).map((row) => row.request_id));
}

const forget = define<Aged & { readonly limit: number }>('run', (slots) =>
  sql`DELETE FROM request_ledger WHERE idempotency_key IN (
      SELECT idempotency_key FROM request_ledger WHERE terminal_wall_ms < ${slots('beforeWallMs')}
      ORDER BY terminal_wall_ms LIMIT ${slots('limit')})`.compile(store),
);

/** @returns keys that are free again */
export const forgetKeys = (beforeWallMs: number, limit: number): Verb<number> =>
  verb([forget({ beforeWallMs, limit }), countRemoved('ledger')], ([result]) => result?.changes ?? 0);

export const selectPurgedAttempts = define<{ limit: number }, { attempt_id: string }>('all', (slots) =>
  sql`SELECT attempt_id FROM purged_attempts ORDER BY attempt_id LIMIT ${slots('limit')}`.compile(store),
);

/** Their lists are gone from the trades file. */
export const forgetAttempts = define<{ attemptIds: string }>('run', (slots) =>
  sql`DELETE FROM purged_attempts WHERE attempt_id IN (SELECT value FROM ${listRows(slots('attemptIds'))})`.compile(
    store,
  ),
);
