/**
 * Takes each frame to its effect: the trades thread reads it and stores its list, then core ends the attempt and the
 * request in one transaction, then the dispatcher is told. What the stores refuse is tried again until they take it.
 */
import { child } from '../kernel/actor-spec.js';
import type { Ctx } from '../kernel/behavior.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import type { Name } from '../../protocols/name.js';
import { names } from '../../protocols/backtest-dispatch.js';
import type { ResultApplierMsg, Settled } from '../../protocols/backtest-dispatch.js';
import { describeWireError } from '../../protocols/backtest-wire/index.js';
import type {
  AttemptFailure,
  AttemptStanding,
  FailureOutcome,
  NewResult,
  SuccessOutcome,
} from '../../protocols/db-rows.js';
import { dbAnswer, names as db } from '../../protocols/db-writes.js';
import type { DbAnswer, DbRefusal, IngestAnswer } from '../../protocols/db-writes.js';
import { failureOf, guessAttemptId, lateSummaryOf, resultOf } from './answers.js';
import { backoffMs, isSurprise } from './weather.js';
import { keepLetter } from './letters.js';
import { tellIfThere } from './tell-if-there.js';

export const defaults = {
  /** Before the second, third and fourth attempt. */
  retryDelaysMs: [5_000, 10_000, 15_000],
  /** Share of the delay that is added at random at most. */
  retryJitter: 0.2,
  /** How long a store may take over one step before it is asked again. */
  askMs: 60_000,
} as const;

export interface ApplierArgs {
  readonly retryDelaysMs: readonly number[];
  readonly retryJitter: number;
  readonly askMs: number;
}

type Step =
  | { readonly type: 'ingest'; readonly frame: Uint8Array }
  /** A failure that may be tried again: how many attempts are used decides when. */
  | { readonly type: 'standing'; readonly failure: AttemptFailure }
  | { readonly type: 'success'; readonly result: NewResult; readonly lateSummaryJson: string }
  | { readonly type: 'failure'; readonly failure: AttemptFailure };

interface Pending {
  readonly frameId: string;
  readonly receivedWallMs: number;
  readonly step: Step;
  /** Refusals of this step in a row. */
  readonly tries: number;
}

type Msg =
  | ResultApplierMsg
  | { readonly type: 'ingest_answered'; readonly frameId: string; readonly answer: DbAnswer<IngestAnswer> }
  | {
      readonly type: 'standing_answered';
      readonly frameId: string;
      readonly answer: DbAnswer<AttemptStanding | null>;
    }
  | {
      readonly type: 'apply_answered';
      readonly frameId: string;
      readonly answer: DbAnswer<SuccessOutcome | FailureOutcome>;
    }
  | { readonly type: 'try_again'; readonly frameId: string };

interface State {
  readonly args: ApplierArgs;
  readonly pending: ReadonlyMap<string, Pending>;
  readonly retries: number;
  readonly unreadable: number;
  readonly dispositions: Readonly<Partial<Record<Settled['disposition'], number>>>;
}

export const init = (args: ApplierArgs): State => ({
  args,
  pending: new Map(),
  retries: 0,
  unreadable: 0,
  dispositions: {},
});

export function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  if (message.type === 'applier_standing') {
    const { pending, retries, unreadable, dispositions } = state;
    ctx.reply(message, { pending: pending.size, retries, unreadable, dispositions });
    return state;
  }
  const { frameId } = message;
  if (message.type === 'frame') {
    const { frame, receivedWallMs } = message;
    return take(state, { frameId, receivedWallMs, step: { type: 'ingest', frame }, tries: 0 }, ctx);
  }
  const pending = state.pending.get(frameId);
  if (pending === undefined) return state;
  if (message.type === 'try_again') return take(state, pending, ctx);
  const { answer } = message;
  if (!answer.ok) return refused(state, pending, answer, ctx);
  switch (message.type) {
    case 'ingest_answered':
      return ingested(state, pending, message.answer as Taken<typeof message.answer>, ctx);
    case 'standing_answered':
      return standing(state, pending, message.answer as Taken<typeof message.answer>, ctx);
    case 'apply_answered':
      return applied(state, pending, message.answer as Taken<typeof message.answer>, ctx);
  }
}

type Taken<Answer> = Extract<Answer, { readonly ok: true }>;

function ingested(
  state: State,
  pending: Pending,
  { value }: Taken<DbAnswer<IngestAnswer>>,
  ctx: Ctx<Msg>,
): State {
  const wallMs = pending.receivedWallMs;
  if (value.type === 'refused') {
    const { error } = value;
    const code = 'unreadable_answer';
    if (error.requestId === null) return unreadable(state, pending, describeWireError(error), ctx);
    return fail(
      state,
      pending,
      failureOf(error.requestId, { code, message: describeWireError(error) }, wallMs),
      ctx,
    );
  }
  const { summary, trades } = value;
  const { requestId: attemptId } = summary;
  if (attemptId === null) return unreadable(state, pending, 'the answer names no request', ctx);
  if (summary.kind === 'failed') return fail(state, pending, failureOf(attemptId, summary, wallMs), ctx);
  const result = resultOf(attemptId, summary, trades, ctx.wallMs());
  return next(state, pending, { type: 'success', result, lateSummaryJson: lateSummaryOf(summary) }, ctx);
}

const fail = (state: State, pending: Pending, failure: AttemptFailure, ctx: Ctx<Msg>): State =>
  next(state, pending, { type: failure.retryable ? 'standing' : 'failure', failure }, ctx);

function standing(
  state: State,
  pending: Pending,
  { value }: Taken<DbAnswer<AttemptStanding | null>>,
  ctx: Ctx<Msg>,
): State {
  if (pending.step.type !== 'standing') return state;
  const { failure } = pending.step;
  const { retryDelaysMs, retryJitter } = state.args;
  const used = Math.min(value?.attemptsUsed ?? 0, retryDelaysMs.length - 1);
  const delayMs = (retryDelaysMs[used] ?? 0) * (1 + retryJitter * ctx.random());
  const dueWallMs = failure.wallMs + Math.round(delayMs);
  return next(state, pending, { type: 'failure', failure: { ...failure, dueWallMs } }, ctx);
}

function applied(
  state: State,
  pending: Pending,
  { value }: Taken<DbAnswer<SuccessOutcome | FailureOutcome>>,
  ctx: Ctx<Msg>,
): State {
  const { step } = pending;
  if (step.type !== 'success' && step.type !== 'failure') return state;
  const { disposition, requestId } = value;
  const attemptId = step.type === 'success' ? step.result.attemptId : step.failure.attemptId;
  tellIfThere(ctx, names.dispatcher, {
    type: 'settled',
    attemptId,
    requestId,
    disposition,
    ...(step.type === 'failure' ? { failureCode: step.failure.code } : {}),
  });
  if (disposition === 'dead_lettered' || disposition === 'unknown_attempt') {
    const said = step.type === 'success' ? step.lateSummaryJson : step.failure.summaryJson;
    keepLetter(ctx, {
      letterId: `${disposition}-${attemptId}`,
      reason: disposition,
      messageType: 'backtest_answer',
      payload: { requestId, attemptId, said },
      attempts: 'attemptsUsed' in value ? (value.attemptsUsed ?? 1) : 1,
      errors: step.type === 'failure' ? [`${step.failure.code}: ${step.failure.message}`] : [],
    });
  }
  const count = (state.dispositions[disposition] ?? 0) + 1;
  return done({ ...state, dispositions: { ...state.dispositions, [disposition]: count } }, pending, ctx);
}

/** Nothing says whose answer it was: it is kept for people, and its attempt ends with its backend. */
function unreadable(state: State, pending: Pending, why: string, ctx: Ctx<Msg>): State {
  const frame = pending.step.type === 'ingest' ? pending.step.frame : new Uint8Array();
  keepLetter(ctx, {
    letterId: `unreadable-${pending.receivedWallMs}-${pending.frameId}`,
    reason: 'unreadable',
    messageType: 'backtest_answer',
    payload: { frame: Buffer.from(frame.subarray(0, 4_096)).toString('latin1'), bytes: frame.byteLength },
    attempts: 1,
    errors: [why],
  });
  return done({ ...state, unreadable: state.unreadable + 1 }, pending, ctx);
}

/** Weather is waited out. What a store calls a bug is this answer's end, and not ours: the attempt counts as failed. */
function refused(state: State, pending: Pending, refusal: DbRefusal, ctx: Ctx<Msg>): State {
  if (!isSurprise(refusal)) {
    const again = { ...pending, tries: pending.tries + 1 };
    ctx.timer(`again ${pending.frameId}`, backoffMs(pending.tries, ctx.random()), {
      type: 'try_again',
      frameId: pending.frameId,
    });
    return { ...state, retries: state.retries + 1, pending: withPending(state, again) };
  }
  const { step } = pending;
  const what = { code: 'answer_not_stored', message: refusal.message };
  const attemptId =
    step.type === 'ingest'
      ? guessAttemptId(step.frame)
      : step.type === 'success'
        ? step.result.attemptId
        : null;
  if (step.type !== 'ingest' && attemptId === null)
    throw new Error(`a failure could not be stored: ${refusal.message}`);
  if (attemptId === null) return unreadable(state, pending, refusal.message, ctx);
  return fail(state, pending, failureOf(attemptId, what, pending.receivedWallMs), ctx);
}

const next = (state: State, pending: Pending, step: Step, ctx: Ctx<Msg>): State =>
  take(state, { ...pending, step, tries: 0 }, ctx);

/** Asks for the pending step. The frame's own memory is let go with its step. */
function take(state: State, pending: Pending, ctx: Ctx<Msg>): State {
  const { frameId, step, receivedWallMs } = pending;
  const deadline = { deadlineMs: state.args.askMs };
  switch (step.type) {
    case 'ingest':
      ctx.ask(
        db.trades,
        { type: 'ingest_frame', frame: step.frame, receivedWallMs },
        deadline,
        (outcome) => ({
          type: 'ingest_answered',
          frameId,
          answer: dbAnswer(outcome),
        }),
      );
      break;
    case 'standing':
      ctx.ask(
        db.core,
        { type: 'attempt_standing', attemptId: step.failure.attemptId },
        deadline,
        (outcome) => ({ type: 'standing_answered', frameId, answer: dbAnswer(outcome) }),
      );
      break;
    case 'success': {
      const { result, lateSummaryJson } = step;
      ctx.ask(db.core, { type: 'apply_success', result, lateSummaryJson }, deadline, (outcome) => ({
        type: 'apply_answered',
        frameId,
        answer: dbAnswer(outcome),
      }));
      break;
    }
    case 'failure':
      ctx.ask(db.core, { type: 'apply_failure', failure: step.failure }, deadline, (outcome) => ({
        type: 'apply_answered',
        frameId,
        answer: dbAnswer(outcome),
      }));
  }
  return { ...state, pending: withPending(state, pending) };
}

const withPending = (state: State, pending: Pending): ReadonlyMap<string, Pending> =>
  new Map(state.pending).set(pending.frameId, pending);

function done(state: State, { frameId }: Pending, ctx: Ctx<Msg>): State {
  tellIfThere(ctx, names.resultReceiver, { type: 'frame_done', frameId });
  const pending = new Map(state.pending);
  pending.delete(frameId);
  return { ...state, pending };
}

export const resultApplier = (args: Partial<ApplierArgs> = {}): ChildSpec<ResultApplierMsg> =>
  child<State, Msg, ApplierArgs>({
    id: 'result-applier',
    name: names.resultApplier as Name<Msg>,
    behavior: { init, handle },
    args: { ...defaults, ...args },
    restart: 'permanent',
    shutdownMs: 5_000,
    // More than any window of the receiver: its tells must never be refused.
    mailbox: { capacity: 4_096, overflow: 'reject' },
  });
