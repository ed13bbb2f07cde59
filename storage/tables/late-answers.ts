/** Answers that came after their request was settled: kept and counted, never applied. */
import { sql } from 'kysely';
import { define } from '../statement.js';
import { core } from './core-tables.js';
import type { RequestKind } from './requests.js';

export interface LateAnswerRow {
  readonly attempt_id: string;
  readonly received_wall_ms: number;
  readonly disposition: 'late_success' | 'late_failure';
  readonly summary_json: string;
}

/** The failure of an answer that is of other bars than were asked for; such an answer is never late. */
export const rangeMismatch = 'range_mismatch';

/** What is kept of an answer that succeeded, by the names that its result has. */
export interface LateSuccess {
  readonly attempt_id: string;
  readonly applied_wall_ms: number;
  readonly late_summary_json: string;
}

/** After the request was (or was not) settled by this very attempt: late is any other answer. */
export const insertLateSuccess = define<LateSuccess>('run', (slots) =>
  core
    .insertInto('late_answers')
    .columns(['attempt_id', 'received_wall_ms', 'disposition', 'summary_json'])
    .expression((eb) =>
      eb
        .selectFrom('attempts')
        .innerJoin('requests', 'requests.request_id', 'attempts.request_id')
        .select([
          'attempts.attempt_id',
          slots('applied_wall_ms').as('received_wall_ms'),
          sql.lit('late_success' as const).as('disposition'),
          slots('late_summary_json').as('summary_json'),
        ])
        .where('attempts.attempt_id', '=', slots('attempt_id'))
        .where(sql<boolean>`requests.accepted_attempt_id IS DISTINCT FROM attempts.attempt_id`)
        .where(sql<boolean>`attempts.failure_code IS DISTINCT FROM ${sql.lit(rangeMismatch)}`),
    )
    .onConflict((conflict) => conflict.doNothing())
    .compile(),
);

interface LateFailure {
  readonly attemptId: string;
  readonly wallMs: number;
  readonly summaryJson: string;
  readonly code: string;
  /** 0 for what we decided ourselves (a deadline): that is no answer. */
  readonly answered: 0 | 1;
}

/** Before the failure is applied: late when it will find nothing to change, and is not the same failure again. */
export const insertLateFailure = define<LateFailure>('run', (slots) =>
  core
    .insertInto('late_answers')
    .columns(['attempt_id', 'received_wall_ms', 'disposition', 'summary_json'])
    .expression((eb) =>
      eb
        .selectFrom('attempts')
        .innerJoin('requests', 'requests.request_id', 'attempts.request_id')
        .select([
          'attempts.attempt_id',
          slots('wallMs').as('received_wall_ms'),
          sql.lit('late_failure' as const).as('disposition'),
          slots('summaryJson').as('summary_json'),
        ])
        .where('attempts.attempt_id', '=', slots('attemptId'))
        .where(sql<boolean>`${slots('answered')} = 1`)
        .where(
          sql<boolean>`CASE WHEN attempts.ended_wall_ms IS NULL THEN requests.state <> 'leased'
            ELSE NOT (attempts.outcome = 'failed' AND attempts.ended_wall_ms = ${slots('wallMs')}
              AND attempts.failure_code = ${slots('code')}) END`,
        ),
    )
    .onConflict((conflict) => conflict.doNothing())
    .compile(),
);

/** For the reader: reads the whole table, which is as long as things went wrong. */
export const countLateAnswers = define<object, { kind: RequestKind; count: number }>('all', () =>
  core
    .selectFrom('late_answers')
    .innerJoin('attempts', 'attempts.attempt_id', 'late_answers.attempt_id')
    .innerJoin('requests', 'requests.request_id', 'attempts.request_id')
    .select((eb) => ['requests.kind', eb.fn.countAll<number>().as('count')])
    .groupBy('requests.kind')
    .compile(),
);
