/**
 * Refreshes the pairs: reads who may be paired, has workers evaluate them slice by slice, and stores what comes of it in
 * one transaction. One run at a time; a run that fails stores nothing, and whoever asked for it asks again.
 */
import { child } from '../kernel/actor-spec.js';
import type { AskOutcome, Ctx, ReplyTo } from '../kernel/behavior.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import { dbAnswer, names as db } from '../../protocols/db-writes.js';
import type { DbAnswer, DbRefusal } from '../../protocols/db-writes.js';
import type {
  PairCandidate,
  PairOverview,
  PairRefreshDisposition,
  PairRivals,
} from '../../protocols/db-pairs.js';
import { names } from '../../protocols/pair-overlay.js';
import type { RefreshOutcome, RefresherMsg } from '../../protocols/pair-overlay.js';
import type { WorkerAnswer } from '../../protocols/workers.js';
import type { EvaluationAnswer } from './evaluation.js';
import { rulesOf, strictRules } from './math/rules.js';
import type { PairMode, PairRules } from './math/rules.js';
import { outcomeOf } from './outcome.js';
import { planOf } from './plan.js';
import { beginLegs, beginRun, findingsOf, takeAnswer } from './refresh-run.js';
import type { Run } from './refresh-run.js';

export interface RefresherArgs {
  readonly rules: PairRules;
  /** Candidates read at once. */
  readonly pageSize: number;
  /** For one question to a store. */
  readonly askMs: number;
  /** For one slice: waiting for the worker, and its work. Beyond that the worker is killed. */
  readonly sliceMs: number;
  /** For a whole refresh; then it fails. */
  readonly runMs: number;
  /** How often a refresh is begun anew because a rank, or another refresh, came between. */
  readonly conflictsMax: number;
  /** Askers that may wait. */
  readonly waitersMax: number;
  /** Refreshes by itself, so often; with nothing changed that is one read. Null: only when asked. */
  readonly everyMs: number | null;
}

export const defaults: RefresherArgs = {
  rules: strictRules,
  pageSize: 500,
  askMs: 10_000,
  sliceMs: 60_000,
  runMs: 600_000,
  conflictsMax: 5,
  waitersMax: 64,
  everyMs: null,
};

type Of<M> = { readonly run: number; readonly answer: M };

type Msg =
  | RefresherMsg
  | { readonly type: 'due' | 'run_overdue' }
  | ({ readonly type: 'before_read' } & Of<DbAnswer<PairOverview>>)
  | ({ readonly type: 'candidates_read' } & Of<
      DbAnswer<{ readonly candidates: readonly PairCandidate[]; readonly last: string | null }>
    >)
  | ({ readonly type: 'rivals_read' } & Of<DbAnswer<PairRivals>>)
  | ({ readonly type: 'evaluated' } & Of<WorkerAnswer<EvaluationAnswer>>)
  | ({ readonly type: 'recorded' } & Of<DbAnswer<PairRefreshDisposition>> & {
        readonly outcome: RefreshOutcome;
      });

type Asker = ReplyTo<DbAnswer<RefreshOutcome>>;

export interface State extends RefresherArgs {
  readonly run: Run | null;
  readonly lastRun: number;
  readonly failures: number;
  readonly lastFailure: string | null;
  /** Whom the run answers, and who waits for the next. */
  readonly served: readonly Asker[];
  readonly next: readonly Asker[];
  /** Null: as the run before. */
  readonly nextMode: PairMode | null;
}

const init = (args: RefresherArgs, ctx: Ctx<Msg>): State => {
  if (args.everyMs !== null) ctx.timerWithFixedDelay('every', args.everyMs, { type: 'due' });
  return {
    ...args,
    run: null,
    lastRun: 0,
    failures: 0,
    lastFailure: null,
    served: [],
    next: [],
    nextMode: null,
  };
};

export function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'refresh': {
      if (state.next.length >= state.waitersMax) {
        ctx.reply(message, refusal('busy', `${state.next.length} wait for a refresh already`));
        return state;
      }
      const next = [...state.next, ctx.deferReply(message)];
      const asked = { ...state, next, nextMode: message.mode ?? state.nextMode };
      return state.run === null ? start(asked, ctx) : asked;
    }
    case 'due':
      return state.run === null ? start(state, ctx) : state;
    case 'refresh_progress': {
      const { run, lastRun, failures, lastFailure } = state;
      const { phase = 'idle', done = 0, total = 0 } = run ?? {};
      ctx.reply(message, { phase, done, total, runs: lastRun, failures, lastFailure });
      return state;
    }
    case 'cancel_refresh':
      ctx.reply(message, state.run !== null);
      return state.run === null ? state : fail(state, refusal('cancelled', 'the refresh was cancelled'), ctx);
    case 'run_overdue':
      return state.run === null
        ? state
        : fail(state, refusal('timeout', `the refresh was not done within ${state.runMs} ms`), ctx);
    default:
      return step(state, message, ctx);
  }
}

type Step = Exclude<Msg, RefresherMsg | { readonly type: 'due' | 'run_overdue' }>;

/** Answers to a run that has ended come too late for anything. */
function step(state: State, message: Step, ctx: Ctx<Msg>): State {
  const { run } = state;
  if (run?.number !== message.run) return state;
  const { answer } = message;
  if (!answer.ok) return fail(state, answer, ctx);
  switch (message.type) {
    case 'before_read':
      ask(state, run.number, '', ctx);
      return { ...state, run: { ...run, before: answer.value as PairOverview } };
    case 'candidates_read':
      return read(state, run, answer.value as CandidatePage, ctx);
    case 'rivals_read':
      return plan(state, { ...run, rivals: answer.value as PairRivals }, ctx);
    case 'evaluated':
      if (run.plan === null) throw new Error('a slice without a plan');
      return goOn(state, takeAnswer(run, run.plan, answer.value as EvaluationAnswer), ctx);
    case 'recorded':
      return settle(state, run, answer.value as PairRefreshDisposition, message.outcome, ctx);
  }
}

interface CandidatePage {
  readonly candidates: readonly PairCandidate[];
  readonly last: string | null;
}

/** Whoever waits by now is answered by this run: it reads all that they can know of. */
function start(state: State, ctx: Ctx<Msg>): State {
  const served = [...state.served, ...state.next];
  ctx.timer('run', state.runMs, { type: 'run_overdue' });
  const rules =
    state.nextMode === null || state.nextMode === state.rules.mode ? state.rules : rulesOf(state.nextMode);
  return begin({ ...state, rules, served, next: [], nextMode: null }, 0, ctx);
}

function begin(state: State, conflicts: number, ctx: Ctx<Msg>): State {
  const number = state.lastRun + 1;
  const run = beginRun(number, conflicts, ctx.nowMs(), ctx.wallMs());
  ctx.ask(db.reader, { type: 'pair_overview' }, { deadlineMs: state.askMs }, (outcome) => ({
    type: 'before_read',
    run: number,
    answer: dbAnswer(outcome),
  }));
  return { ...state, run, lastRun: number };
}

function ask(state: State, run: number, after: string, ctx: Ctx<Msg>): void {
  const newestOnly = state.rules.mode === 'strict';
  const question = { type: 'pair_candidates', after, limit: state.pageSize, newestOnly } as const;
  ctx.ask(db.reader, question, { deadlineMs: state.askMs }, (outcome) => ({
    type: 'candidates_read',
    run,
    answer: dbAnswer(outcome),
  }));
}

function read(state: State, run: Run, { candidates, last }: CandidatePage, ctx: Ctx<Msg>): State {
  const all = { ...run, candidates: [...run.candidates, ...candidates] };
  if (last !== null) {
    ask(state, run.number, last, ctx);
    return { ...state, run: all };
  }
  if (state.rules.mode === 'strict') return plan(state, all, ctx);
  const { depth } = state.rules.slots;
  ctx.ask(db.reader, { type: 'pair_rivals', depth }, { deadlineMs: state.askMs }, (outcome) => ({
    type: 'rivals_read',
    run: run.number,
    answer: dbAnswer(outcome),
  }));
  return { ...state, run: all };
}

/** The same inputs as the newest refresh had are that refresh: what it stored stands. */
function plan(state: State, run: Run, ctx: Ctx<Msg>): State {
  const planned = planOf(run.candidates, run.rivals?.singles ?? [], state.rules);
  const standing = run.before?.refresh ?? null;
  if (standing?.inputsHash === planned.inputsHash) {
    const { refreshId, tested, active, explanation } = standing;
    return succeed(
      state,
      { disposition: 'unchanged', refreshId, evaluated: tested, active, explanation },
      ctx,
    );
  }
  return goOn(state, beginLegs(run, planned), ctx);
}

function goOn(state: State, run: Run, ctx: Ctx<Msg>): State {
  const [request] = run.waiting;
  if (request === undefined) return record(state, run, ctx);
  const { sliceMs } = state;
  const work = { type: 'work', request, repeatable: true, requestMs: sliceMs, queueMs: sliceMs } as const;
  // Twice over, as a slice may have to be tried on a second worker.
  ctx.ask(names.evaluators, work, { deadlineMs: 4 * sliceMs }, (outcome) => ({
    type: 'evaluated',
    run: run.number,
    answer: workerAnswer(outcome as AskOutcome<WorkerAnswer<EvaluationAnswer>>),
  }));
  return { ...state, run };
}

function workerAnswer<T>(outcome: AskOutcome<WorkerAnswer<T>>): WorkerAnswer<T> {
  if (outcome.ok) return outcome.value;
  return refusal('no_worker', `the evaluators did not answer: ${outcome.reason.type}`);
}

function record(state: State, run: Run, ctx: Ctx<Msg>): State {
  if (run.plan === null) throw new Error('a refresh without a plan');
  const rows = outcomeOf(findingsOf(run, run.plan, ctx.nowMs(), ctx.wallMs()));
  const { refreshId, tested, active, explanation } = rows.refresh;
  const outcome = { disposition: 'recorded', refreshId, evaluated: tested, active, explanation } as const;
  ctx.ask(db.core, { type: 'record_pair_refresh', ...rows }, { deadlineMs: state.askMs }, (answered) => ({
    type: 'recorded',
    run: run.number,
    answer: dbAnswer(answered),
    outcome,
  }));
  return { ...state, run };
}

function settle(
  state: State,
  run: Run,
  disposition: PairRefreshDisposition,
  outcome: RefreshOutcome,
  ctx: Ctx<Msg>,
): State {
  if (disposition !== 'conflict') return succeed(state, outcome, ctx);
  if (run.conflicts < state.conflictsMax) return begin(state, run.conflicts + 1, ctx);
  return fail(
    state,
    refusal('conflict', `ranks changed during ${run.conflicts + 1} refreshes in a row`),
    ctx,
  );
}

function succeed(state: State, outcome: RefreshOutcome, ctx: Ctx<Msg>): State {
  // Nobody there has nothing to read anew, and reads by itself when it comes.
  const activation = ctx.whereis(names.activation);
  if (activation?.alive === true) ctx.tell(activation, { type: 'reload' });
  return end({ ...state, lastFailure: null }, { ok: true, value: outcome }, ctx);
}

const fail = (state: State, { code, message, retryable }: Omit<DbRefusal, 'ok'>, ctx: Ctx<Msg>): State =>
  end(
    { ...state, failures: state.failures + 1, lastFailure: `${message} (${code})` },
    { ok: false, code, message, retryable },
    ctx,
  );

function end(state: State, answer: DbAnswer<RefreshOutcome>, ctx: Ctx<Msg>): State {
  ctx.cancelTimer('run');
  for (const asker of state.served) ctx.replyTo(asker, answer);
  const ended = { ...state, run: null, served: [] };
  return ended.next.length > 0 ? start(ended, ctx) : ended;
}

const refusal = (code: string, message: string) => ({ ok: false, code, message, retryable: true }) as const;

export const refresher = (args: Partial<RefresherArgs> = {}): ChildSpec<RefresherMsg> =>
  child({
    id: 'refresher',
    name: names.refresher,
    behavior: { init, handle },
    args: { ...defaults, ...args },
    restart: 'permanent',
    shutdownMs: 1_000,
    mailbox: { capacity: 256, overflow: 'reject' },
  });
