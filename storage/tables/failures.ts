/** The other end of an attempt: try again later, or give the request up. */
import { sql } from 'kysely';
import type { Verb } from '../statement.js';
import { define, rowsOf, verb } from '../statement.js';
import { selectStanding } from './attempts.js';
import { core } from './core-tables.js';
import { insertLateFailure } from './late-answers.js';
import type { RequestRow } from './requests.js';

export interface AttemptFailure {
  readonly attemptId: string;
  readonly code: string;
  readonly message: string;
  /** False for what a second try cannot change: bad candles, too few bars, an unsupported family. */
  readonly retryable: boolean;
  /** Whether a live backend had taken it: only then is an attempt used up. */
  readonly taken: boolean;
  /** True when a backend said so, false when we decided it (deadline, dead backend). Only an answer can be late. */
  readonly answered: boolean;
  readonly wallMs: number;
  /** When to try again, if it is tried again. */
  readonly dueWallMs: number;
  /** What is kept of the answer when it is late. */
  readonly summaryJson: string;
}

/**
 * `requeued`, `failed` (not retryable) and `dead_lettered` (attempts used up) settle the attempt. `late`: the request or
 * the attempt was settled before, the answer is kept aside; `stale`: the same for a decision of our own, nothing is kept.
 * `duplicate`: this very failure was dealt with before. `unknown_attempt`: we never leased it; nothing is stored.
 */
export type FailureDisposition =
  'requeued' | 'failed' | 'dead_lettered' | 'late' | 'stale' | 'duplicate' | 'unknown_attempt';

export interface FailureOutcome {
  readonly disposition: FailureDisposition;
  readonly requestId: string | null;
  readonly attemptsUsed: number | null;
}

type FailureSlots = Omit<AttemptFailure, 'retryable' | 'taken' | 'answered'> & {
  readonly retryable: 0 | 1;
  readonly taken: 0 | 1;
  readonly answered: 0 | 1;
};

/** A leased request has exactly one open attempt; only that one's end moves it. */
const settle = define<FailureSlots, Pick<RequestRow, 'state' | 'attempts_used'>>('all', (slots) => {
  const again = sql`(${slots('retryable')} = 1 AND attempts_used + ${slots('taken')} < attempts_max)`;
  return sql`UPDATE requests SET
      attempts_used = attempts_used + ${slots('taken')},
      state = CASE WHEN ${again} THEN 'queued' WHEN ${slots('retryable')} = 1 THEN 'dead_lettered' ELSE 'failed' END,
      due_wall_ms = CASE WHEN ${again} THEN ${slots('dueWallMs')} ELSE due_wall_ms END,
      terminal_wall_ms = CASE WHEN ${again} THEN NULL ELSE ${slots('wallMs')} END,
      failure_code = ${slots('code')},
      failure_message = ${slots('message')}
    WHERE state = 'leased' AND request_id = (
      SELECT request_id FROM attempts WHERE attempt_id = ${slots('attemptId')} AND ended_wall_ms IS NULL)
    RETURNING state, attempts_used`.compile(core);
});

const endAttempt = define<FailureSlots>('run', (slots) =>
  core
    .updateTable('attempts')
    .set({
      outcome: 'failed',
      ended_wall_ms: slots('wallMs'),
      failure_code: slots('code'),
      failure_message: slots('message'),
    })
    .where('attempt_id', '=', slots('attemptId'))
    .where('ended_wall_ms', 'is', null)
    .compile(),
);

const bit = (flag: boolean): 0 | 1 => (flag ? 1 : 0);

/** Ends an attempt in failure and decides what becomes of its request, in one transaction. */
export function applyFailure(failure: AttemptFailure): Verb<FailureOutcome> {
  const slots: FailureSlots = {
    ...failure,
    retryable: bit(failure.retryable),
    taken: bit(failure.taken),
    answered: bit(failure.answered),
  };
  const standing = selectStanding(failure);
  const settled = settle(slots);
  return verb([standing, insertLateFailure(slots), settled, endAttempt(slots)], (results) => {
    const [before] = rowsOf(standing, results[0]);
    if (before === undefined) return { disposition: 'unknown_attempt', requestId: null, attemptsUsed: null };
    const [after] = rowsOf(settled, results[2]);
    const attemptsUsed = after?.attempts_used ?? before.attempts_used;
    if (after !== undefined) {
      const disposition = after.state === 'queued' ? 'requeued' : (after.state as 'failed' | 'dead_lettered');
      return { disposition, requestId: before.request_id, attemptsUsed };
    }
    const same =
      before.outcome === 'failed' &&
      before.ended_wall_ms === failure.wallMs &&
      before.failure_code === failure.code;
    const again = same || (failure.answered && before.known_late === 1);
    const disposition = again ? 'duplicate' : failure.answered ? 'late' : 'stale';
    return { disposition, requestId: before.request_id, attemptsUsed };
  });
}
