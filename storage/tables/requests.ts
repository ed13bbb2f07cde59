/**
 * What has been asked for, durably, each logical request once. `queued` waits for its due time, `leased` has exactly
 * one open attempt, and the others are terminal: nothing leaves them but retention, into the ledger.
 */
import { sql, type Generated, type Selectable } from 'kysely';
import type { Verb } from '../statement.js';
import { sequence, stepIf } from '../sequence.js';
import { define, rowsOf, together, verb } from '../statement.js';
import { core } from './core-tables.js';
import { askedHash } from './request-ledger.js';

export type RequestKind = 'backtest' | 'oos' | 'qualification' | 'cpcv';
export type RequestState =
  'queued' | 'leased' | 'succeeded' | 'failed' | 'dead_lettered' | 'expired' | 'cancelled';

export interface RequestsTable {
  /** Order of submission. */
  readonly seq: Generated<number>;
  readonly request_id: string;
  readonly idempotency_key: string;
  readonly kind: RequestKind;
  readonly strategy_id: string;
  readonly window_id: string | null;
  /** Smaller goes first. */
  readonly priority: number;
  readonly payload_version: number;
  readonly payload_json: string;
  readonly state: RequestState;
  /** Attempts that a live backend took and that ended in an answer or a failure; abandoned ones do not count. */
  readonly attempts_used: Generated<number>;
  readonly attempts_max: number;
  /** All attempts ever leased; numbers them. */
  readonly leases: Generated<number>;
  /** Attempts that went down with a crash. */
  readonly rescues: Generated<number>;
  readonly due_wall_ms: number;
  readonly submitted_wall_ms: number;
  readonly expires_wall_ms: number;
  readonly terminal_wall_ms: number | null;
  readonly failure_code: string | null;
  readonly failure_message: string | null;
  readonly accepted_attempt_id: string | null;
}

export type RequestRow = Selectable<RequestsTable>;

export type NewRequest = Pick<
  RequestRow,
  | 'request_id'
  | 'idempotency_key'
  | 'kind'
  | 'strategy_id'
  | 'window_id'
  | 'priority'
  | 'payload_version'
  | 'payload_json'
  | 'attempts_max'
  | 'due_wall_ms'
  | 'submitted_wall_ms'
  | 'expires_wall_ms'
>;

export interface SubmitOutcome {
  /** `conflict`: the key (or the id) is taken by a request that asks for something else; nothing was stored. */
  readonly disposition: 'accepted' | 'attached' | 'conflict';
  /** The request that now stands for the key; for `conflict` the one in the way. */
  readonly requestId: string;
  readonly state: RequestState;
  /** Why it failed, when it has. */
  readonly failureCode: string | null;
  /** True: its row and result are gone, and only the ledger remembers what became of it. */
  readonly agedOut: boolean;
}

type Birth = Pick<RequestRow, 'state' | 'terminal_wall_ms' | 'failure_code' | 'failure_message'>;

/** Not terminal yet. As literals, so that partial indexes apply. */
export const openStates = [sql.lit<'queued'>('queued'), sql.lit<'leased'>('leased')] as const;

const columns = [
  'request_id',
  'idempotency_key',
  'kind',
  'strategy_id',
  'window_id',
  'priority',
  'payload_version',
  'payload_json',
  'state',
  'attempts_max',
  'due_wall_ms',
  'submitted_wall_ms',
  'expires_wall_ms',
  'terminal_wall_ms',
  'failure_code',
  'failure_message',
] as const satisfies readonly (keyof RequestRow)[];

/** Neither a row nor the ledger may hold the key or the id. */
const insert = define<NewRequest & Birth>('run', (slots) =>
  sql`INSERT INTO requests (${sql.join(columns.map((column) => sql.ref(column)))})
      SELECT ${sql.join(columns.map((column) => slots(column)))}
      WHERE NOT EXISTS (SELECT 1 FROM request_ledger WHERE idempotency_key = ${slots('idempotency_key')})
        AND NOT EXISTS (SELECT 1 FROM request_ledger WHERE request_id = ${slots('request_id')})
      ON CONFLICT DO NOTHING`.compile(core),
);

interface Standing {
  readonly request_id: string;
  readonly state: RequestState;
  readonly failure_code: string | null;
  readonly same: 0 | 1;
  /** 1 when only the ledger knows it any more. */
  readonly aged_out: 0 | 1;
}

/** Whoever holds the key, or else the id, as a row or in the ledger; `same` when it asks for the same thing. */
const selectStanding = define<NewRequest, Standing>('get', (slots) => {
  const row = sql`SELECT request_id, state, failure_code, 0 AS aged_out,
      (idempotency_key = ${slots('idempotency_key')} AND kind = ${slots('kind')}
        AND strategy_id = ${slots('strategy_id')} AND window_id IS NOT DISTINCT FROM ${slots('window_id')}
        AND payload_version = ${slots('payload_version')} AND payload_json = ${slots('payload_json')}) AS same
    FROM requests`;
  const remembered = sql`SELECT request_id, state, failure_code, 1 AS aged_out,
      (idempotency_key = ${slots('idempotency_key')} AND asked_hash = ${askedHash(slots)}) AS same
    FROM request_ledger`;
  const byKey = sql`WHERE idempotency_key = ${slots('idempotency_key')}`;
  const byId = sql`WHERE request_id = ${slots('request_id')}`;
  return sql`SELECT * FROM (${row} ${byKey}) UNION ALL SELECT * FROM (${remembered} ${byKey})
    UNION ALL SELECT * FROM (${row} ${byId}) UNION ALL SELECT * FROM (${remembered} ${byId}) LIMIT 1`.compile(
    core,
  );
});

const submitting = sequence<NewRequest & Birth>(insert, stepIf(selectStanding, 1, false));

function submitIn(request: NewRequest, birth: Birth): Verb<SubmitOutcome> {
  return verb(submitting({ ...request, ...birth }), ([created, found]) => {
    if (created?.changes === 1)
      return {
        disposition: 'accepted',
        requestId: request.request_id,
        state: birth.state,
        failureCode: birth.failure_code,
        agedOut: false,
      };
    const [row] = rowsOf(selectStanding, found);
    if (row === undefined) throw new Error(`request ${request.request_id} neither stored nor found`);
    return {
      disposition: row.same === 1 ? 'attached' : 'conflict',
      requestId: row.request_id,
      state: row.state,
      failureCode: row.failure_code,
      agedOut: row.aged_out === 1,
    };
  });
}

const queued: Birth = { state: 'queued', terminal_wall_ms: null, failure_code: null, failure_message: null };

/** Repeatable by key: submitting the same again, after a lost answer or a restart, attaches to the first. */
export const submitRequests = (requests: readonly NewRequest[]): Verb<SubmitOutcome[]> =>
  together(requests.map((request) => submitIn(request, queued)));

/** For what cannot even be tried (`no_candles`): stored as failed at once, so that the counts are whole. */
export const recordFailedRequest = (
  request: NewRequest,
  failure: { readonly code: string; readonly message: string },
): Verb<SubmitOutcome> =>
  submitIn(request, {
    state: 'failed',
    terminal_wall_ms: request.submitted_wall_ms,
    failure_code: failure.code,
    failure_message: failure.message,
  });

const expire = define<{ wallMs: number; limit: number }, { request_id: string }>('all', (slots) =>
  core
    .updateTable('requests')
    .set({
      state: 'expired',
      terminal_wall_ms: slots('wallMs'),
      failure_code: 'expired',
      failure_message: 'no backend took it in time',
    })
    .where('seq', 'in', (eb) =>
      eb
        .selectFrom('requests')
        .select('seq')
        .where('state', '=', sql.lit('queued'))
        .where('expires_wall_ms', '<=', slots('wallMs'))
        .orderBy('expires_wall_ms')
        .limit(slots('limit')),
    )
    .returning('request_id')
    .compile(),
);

/** Only waiting requests expire: one that is out ends by its answer, and expires then if it is queued again. */
export function expireOverdue(wallMs: number, limit: number): Verb<string[]> {
  const statement = expire({ wallMs, limit });
  return verb([statement], ([result]) => rowsOf(statement, result).map((row) => row.request_id));
}

const cancel = define<{ requestId: string; wallMs: number; reason: string }, { request_id: string }>(
  'all',
  (slots) =>
    core
      .updateTable('requests')
      .set({
        state: 'cancelled',
        terminal_wall_ms: slots('wallMs'),
        failure_code: 'cancelled',
        failure_message: slots('reason'),
      })
      .where('request_id', '=', slots('requestId'))
      .where('state', 'in', openStates)
      .returning('request_id')
      .compile(),
);

/** @returns false when it was terminal already. An attempt that is out stays open; its answer will be late. */
export function cancelRequest(requestId: string, wallMs: number, reason: string): Verb<boolean> {
  const statement = cancel({ requestId, wallMs, reason });
  return verb([statement], ([result]) => rowsOf(statement, result).length === 1);
}

export const selectRequest = define<{ requestId: string }, RequestRow>('get', (slots) =>
  core.selectFrom('requests').selectAll().where('request_id', '=', slots('requestId')).compile(),
);

/** When the next queued request becomes due or expires; null when nothing waits. */
export const selectNextDue = define<object, { due_wall_ms: number | null; expires_wall_ms: number | null }>(
  'get',
  () =>
    core
      .selectNoFrom((eb) => [
        eb
          .selectFrom('requests')
          .select((inner) => inner.fn.min('due_wall_ms').as('due'))
          .where('state', '=', sql.lit('queued'))
          .as('due_wall_ms'),
        eb
          .selectFrom('requests')
          .select((inner) => inner.fn.min('expires_wall_ms').as('expires'))
          .where('state', '=', sql.lit('queued'))
          .as('expires_wall_ms'),
      ])
      .compile(),
);
