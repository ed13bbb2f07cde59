/** What a request came to, once: a row exists exactly when the request succeeded, from the attempt that was accepted. */
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import { sequence, stepIf } from '../sequence.js';
import type { Slots, Verb } from '../statement.js';
import { define, rowsOf, verb } from '../statement.js';
import { selectStanding } from './attempts.js';
import { core } from './core-tables.js';
import { insertLateSuccess, rangeMismatch } from './late-answers.js';
import type { LateSuccess } from './late-answers.js';
import { openStates } from './requests.js';

/** Figures that were not measured are null; the wire's own numbers are in `raw_json`. */
export interface ResultRow {
  readonly request_id: string;
  readonly attempt_id: string;
  readonly trades: number | null;
  readonly wins: number | null;
  readonly losses: number | null;
  readonly pnl: number | null;
  readonly sharpe: number | null;
  readonly sortino: number | null;
  readonly max_drawdown: number | null;
  /** Percent, 0 to 100. */
  readonly win_rate: number | null;
  readonly profit_factor: number | null;
  readonly adjusted_sharpe: number | null;
  readonly sharpe_ci_lower: number | null;
  readonly raw_json: string;
  readonly first_s: number | null;
  readonly last_s: number | null;
  readonly bars: number | null;
  readonly data_hash: string | null;
  /** The list in the trades file, when one came with the answer. */
  readonly trades_count: number | null;
  readonly trades_hash: string | null;
  readonly applied_wall_ms: number;
}

export type NewResult = Omit<ResultRow, 'request_id'>;

const columns = [
  'trades',
  'wins',
  'losses',
  'pnl',
  'sharpe',
  'sortino',
  'max_drawdown',
  'win_rate',
  'profit_factor',
  'adjusted_sharpe',
  'sharpe_ci_lower',
  'raw_json',
  'first_s',
  'last_s',
  'bars',
  'data_hash',
  'trades_count',
  'trades_hash',
  'applied_wall_ms',
] as const satisfies readonly (keyof NewResult)[];

const ofAttempt = (slots: Slots<NewResult>) =>
  core.selectFrom('attempts').select('request_id').where('attempt_id', '=', slots('attempt_id'));

/**
 * Whether the answer speaks of other bars than were asked for. An engine that does not say what it used cannot be held to
 * it, and a request without a window asked for none.
 */
const ofOtherBars = (slots: Slots<NewResult>) =>
  sql<boolean>`EXISTS (SELECT 1 FROM candle_windows AS asked
    WHERE asked.window_id = requests.window_id AND ${slots('first_s')} IS NOT NULL
      AND (asked.first_s IS DISTINCT FROM ${slots('first_s')} OR asked.last_s IS DISTINCT FROM ${slots('last_s')}
        OR asked.rows IS DISTINCT FROM ${slots('bars')} OR asked.window_id IS DISTINCT FROM ${slots('data_hash')}))`;

/** The one transition to `succeeded`; every later statement looks at what it left. */
const settle = define<NewResult, { request_id: string }>('all', (slots) =>
  core
    .updateTable('requests')
    .set((eb) => ({
      state: 'succeeded' as const,
      accepted_attempt_id: slots('attempt_id'),
      terminal_wall_ms: slots('applied_wall_ms'),
      attempts_used: eb('attempts_used', '+', 1),
      failure_code: null,
      failure_message: null,
    }))
    .where('request_id', '=', ofAttempt(slots))
    .where('state', 'in', openStates)
    .where((eb) => eb.not(ofOtherBars(slots)))
    .returning('request_id')
    .compile(),
);

/** In words, from the answer's own figures; a bound number is a float until it is cast. */
const usedBars = (slots: Slots<NewResult>) => {
  const whole = (value: RawBuilder<number | null>) => sql`coalesce(CAST(${value} AS INTEGER), '?')`;
  return sql<string>`'the answer is of ' || ${whole(slots('bars'))} || ' bars from ' || ${whole(slots('first_s'))} || ' to '
    || ${whole(slots('last_s'))} || ' of the file ' || coalesce(${slots('data_hash')}, '?') || '; others were asked for'`;
};

/** The same bars would be used again: it is tried no more, and nothing of the answer becomes a figure. */
const reject = define<NewResult, { request_id: string }>('all', (slots) =>
  core
    .updateTable('requests')
    .set((eb) => ({
      state: 'failed' as const,
      terminal_wall_ms: slots('applied_wall_ms'),
      attempts_used: eb('attempts_used', '+', 1),
      failure_code: sql.lit(rangeMismatch),
      failure_message: usedBars(slots),
    }))
    .where('request_id', '=', ofAttempt(slots))
    .where('state', 'in', openStates)
    .where(ofOtherBars(slots))
    .returning('request_id')
    .compile(),
);

const endRejected = define<NewResult>('run', (slots) =>
  core
    .updateTable('attempts')
    .set({
      outcome: 'failed',
      ended_wall_ms: slots('applied_wall_ms'),
      failure_code: sql.lit(rangeMismatch),
      failure_message: usedBars(slots),
    })
    .where('attempt_id', '=', slots('attempt_id'))
    .compile(),
);

/** Of a request that `settle` has just found open. */
const insertResult = define<NewResult>('run', (slots) =>
  core
    .insertInto('results')
    .columns(['request_id', 'attempt_id', ...columns])
    .expression((eb) =>
      eb
        .selectFrom('attempts')
        .select(['request_id', 'attempt_id'])
        .select(columns.map((column) => slots(column).as(column)))
        .where('attempt_id', '=', slots('attempt_id')),
    )
    .onConflict((conflict) => conflict.doNothing())
    .compile(),
);

/** Likewise. */
const endAccepted = define<NewResult>('run', (slots) =>
  core
    .updateTable('attempts')
    .set({ outcome: 'succeeded', ended_wall_ms: slots('applied_wall_ms') })
    .where('attempt_id', '=', slots('attempt_id'))
    .compile(),
);

const endLate = define<NewResult>('run', (slots) =>
  core
    .updateTable('attempts')
    .set({ outcome: 'late', ended_wall_ms: slots('applied_wall_ms') })
    .where('attempt_id', '=', slots('attempt_id'))
    .where('ended_wall_ms', 'is', null)
    .compile(),
);

/**
 * `applied`: the request succeeded by this. `failed`: it is of other bars than were asked for, and so is no answer. `late`: it was settled before, the answer is kept aside. `duplicate`: this
 * very answer was dealt with before. `unknown_attempt`: we never leased it; nothing is stored.
 */
export type SuccessDisposition = 'applied' | 'failed' | 'late' | 'duplicate' | 'unknown_attempt';

export interface SuccessOutcome {
  readonly disposition: SuccessDisposition;
  /** Null for an unknown attempt. */
  readonly requestId: string | null;
}

const applying = sequence<NewResult & LateSuccess & { readonly attemptId: string }>(
  settle,
  // A settle that found nothing has changed nothing: what stands after it stood before it.
  stepIf(selectStanding, 1, false),
  stepIf(reject, 2, false),
  stepIf(insertResult, 3, true),
  stepIf(endAccepted, 4, true),
  stepIf(endRejected, 3, true),
  stepIf(insertLateSuccess, 6, false),
  stepIf(endLate, 7, false),
);

/**
 * Applies an answer of any attempt while its request is open. Everything that follows from it (trades' receipt, rank,
 * outbox) belongs in the same transaction, behind these statements.
 * @param lateSummaryJson what is kept of the answer when it is late
 */
export function applySuccess(result: NewResult, lateSummaryJson: string): Verb<SuccessOutcome> {
  const values = { ...result, attemptId: result.attempt_id, late_summary_json: lateSummaryJson };
  return verb(applying(values), ([settled, standing, rejected]) => {
    const [applied] = rowsOf(settle, settled);
    if (applied !== undefined) return { disposition: 'applied', requestId: applied.request_id };
    const [before] = rowsOf(selectStanding, standing);
    if (before === undefined) return { disposition: 'unknown_attempt', requestId: null };
    const { request_id: requestId } = before;
    if (rowsOf(reject, rejected).length === 1) return { disposition: 'failed', requestId };
    const again = before.accepted === 1 || before.known_late === 1 || before.failure_code === rangeMismatch;
    return { disposition: again ? 'duplicate' : 'late', requestId };
  });
}

export const selectResult = define<{ requestId: string }, ResultRow>('get', (slots) =>
  core.selectFrom('results').selectAll().where('request_id', '=', slots('requestId')).compile(),
);

/** Core results that promise a list, by attempt id: what the reconcile with the trades file pages through. */
export const selectPromisedTrades = define<
  { after: string; limit: number },
  { attempt_id: string; trades_count: number; trades_hash: string }
>('all', (slots) =>
  core
    .selectFrom('results')
    .select(['attempt_id', 'trades_count', 'trades_hash'])
    .where('attempt_id', '>', slots('after'))
    .where('trades_hash', 'is not', null)
    .$narrowType<{ trades_count: number; trades_hash: string }>()
    .orderBy('attempt_id')
    .limit(slots('limit'))
    .compile(),
);
