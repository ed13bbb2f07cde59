/**
 * One try of a request on one backend; its id is the id on the wire. Open until it is answered, fails or is abandoned;
 * a request has at most one open attempt unless an older one was answered first.
 */
import { sql } from 'kysely';
import { define } from '../statement.js';
import { core } from './core-tables.js';
import type { RequestState } from './requests.js';

export interface AttemptRow {
  readonly attempt_id: string;
  readonly request_id: string;
  /** 1, 2, 3... within the request, abandoned ones included. */
  readonly number: number;
  readonly boot_id: string;
  readonly backend: string;
  readonly leased_wall_ms: number;
  /** When it left the socket; null when it never did, or nobody lived to say so. */
  readonly sent_wall_ms: number | null;
  readonly ended_wall_ms: number | null;
  /** `late`: it was answered when the request was already terminal. */
  readonly outcome: 'succeeded' | 'failed' | 'abandoned' | 'late' | null;
  readonly failure_code: string | null;
  readonly failure_message: string | null;
}

/** The first time counts; noting it for an attempt that has ended changes nothing. */
export const noteSent = define<{ attemptId: string; wallMs: number }>('run', (slots) =>
  core
    .updateTable('attempts')
    .set({ sent_wall_ms: slots('wallMs') })
    .where('attempt_id', '=', slots('attemptId'))
    .where('sent_wall_ms', 'is', null)
    .where('ended_wall_ms', 'is', null)
    .compile(),
);

export const selectAttemptsOfRequest = define<{ requestId: string; limit: number }, AttemptRow>(
  'all',
  (slots) =>
    core
      .selectFrom('attempts')
      .selectAll()
      .where('request_id', '=', slots('requestId'))
      .orderBy('number')
      .limit(slots('limit'))
      .compile(),
);

/** In flight, by backend: a query on what is open, never a pair of counters. */
export const countOpenAttempts = define<object, { backend: string; count: number }>('all', () =>
  core
    .selectFrom('attempts')
    .select((eb) => ['backend', eb.fn.countAll<number>().as('count')])
    .where('ended_wall_ms', 'is', null)
    .groupBy('backend')
    .compile(),
);

/** Where an answer stands before it is applied; no row when we never leased such an attempt. */
export interface AttemptStanding {
  readonly request_id: string;
  readonly outcome: AttemptRow['outcome'];
  readonly ended_wall_ms: number | null;
  readonly failure_code: string | null;
  readonly request_state: RequestState;
  readonly attempts_used: number;
  readonly due_wall_ms: number;
  readonly accepted: 0 | 1;
  readonly known_late: 0 | 1;
}

export const selectStanding = define<{ attemptId: string }, AttemptStanding>('get', (slots) =>
  core
    .selectFrom('attempts')
    .innerJoin('requests', 'requests.request_id', 'attempts.request_id')
    .leftJoin('late_answers', 'late_answers.attempt_id', 'attempts.attempt_id')
    .select([
      'attempts.request_id',
      'attempts.outcome',
      'attempts.ended_wall_ms',
      'attempts.failure_code',
      'requests.state as request_state',
      'requests.attempts_used',
      'requests.due_wall_ms',
      sql<0 | 1>`requests.accepted_attempt_id IS NOT DISTINCT FROM attempts.attempt_id`.as('accepted'),
      sql<0 | 1>`late_answers.attempt_id IS NOT NULL`.as('known_late'),
    ])
    .where('attempts.attempt_id', '=', slots('attemptId'))
    .compile(),
);
