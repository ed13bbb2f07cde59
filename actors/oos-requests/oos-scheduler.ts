/**
 * Takes candidates to out-of-sample verdicts: asks for what is in force, durably and through the dispatcher like all
 * others, ends what is not, waits until every request is terminal, and records what each came to. Nothing lives here only:
 * after a crash the same question finds the same requests.
 */
import { child } from '../kernel/actor-spec.js';
import type { AskOutcome, Ctx, ReplyTo } from '../kernel/behavior.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import { names as dispatch } from '../../protocols/backtest-dispatch.js';
import { dbAnswer } from '../../protocols/db-answer.js';
import type { DbAnswer } from '../../protocols/db-answer.js';
import type { Evidence, OosVerdict } from '../../protocols/db-oos.js';
import type { SubmitOutcome } from '../../protocols/db-rows.js';
import { names as db } from '../../protocols/db-writes.js';
import type { Name } from '../../protocols/name.js';
import { names } from '../../protocols/oos-requests.js';
import type { OosCandidate, OosSchedulerMsg } from '../../protocols/oos-requests.js';
import { oosRequest } from './oos-request.js';
import type { OosWish } from './oos-request.js';
import { oosVerdict } from './oos-verdict.js';
import { backoffMs, patience, troubled, worthWaiting } from './patience.js';
import type { Trouble } from './patience.js';

export const defaults = {
  partMax: 100,
  lookMax: 500,
  pollMs: 250,
  candidatesMax: 100_000,
  waitingMax: 8,
} as const;

export interface SchedulerArgs {
  /** Requests submitted, and verdicts recorded, in one transaction. */
  readonly partMax: number;
  /** Requests looked at in one query. */
  readonly lookMax: number;
  readonly pollMs: number;
  readonly candidatesMax: number;
  /** Validations that may wait. */
  readonly waitingMax: number;
}

type Answer = DbAnswer<readonly OosVerdict[]>;

type Step =
  | { readonly type: 'submit' }
  | { readonly type: 'supersede'; readonly kept: readonly Kept[] }
  | { readonly type: 'look' }
  | { readonly type: 'record'; readonly verdicts: readonly OosVerdict[] };

interface Kept {
  readonly strategyId: string;
  readonly requestId: string;
}

interface Work {
  readonly to: ReplyTo<Answer>;
  readonly candidates: readonly OosCandidate[];
  /** Those that have a window, and how many of these have been asked for, from the first. */
  readonly wishes: readonly OosWish[];
  readonly submitted: number;
  /** Request by strategy, of those without a verdict. */
  readonly open: ReadonlyMap<string, string>;
  readonly verdicts: ReadonlyMap<string, OosVerdict>;
  readonly step: Step;
  readonly trouble: Trouble | null;
}

type Answered =
  | {
      readonly of: 'submit';
      readonly kept: readonly string[];
      readonly answer: DbAnswer<readonly SubmitOutcome[]>;
    }
  | { readonly of: 'supersede'; readonly answer: DbAnswer<readonly string[]> }
  | { readonly of: 'look'; readonly answer: DbAnswer<readonly Evidence[]> }
  | { readonly of: 'record'; readonly answer: DbAnswer<null> };

type Msg = OosSchedulerMsg | ({ readonly type: 'answered' } & Answered) | { readonly type: 'again' };

interface State {
  readonly args: SchedulerArgs;
  readonly current: Work | null;
  readonly waiting: readonly Work[];
  readonly validations: number;
  readonly submitted: number;
  readonly superseded: number;
  readonly counts: Readonly<Record<OosVerdict['outcome'], number>>;
}

export const init = (args: SchedulerArgs): State => ({
  args,
  current: null,
  waiting: [],
  validations: 0,
  submitted: 0,
  superseded: 0,
  counts: { passed: 0, failed: 0, not_measured: 0 },
});

export function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'validate':
      return validate(state, message, ctx);
    case 'oos_standing':
      ctx.reply(message, standingOf(state));
      return state;
    case 'again':
      return state.current === null ? state : take(state, state.current, ctx);
    case 'answered':
      return state.current === null ? state : answered(state, state.current, message, ctx);
  }
}

function standingOf({ current, validations, submitted, superseded, counts }: State) {
  const verdicts = [...(current?.verdicts.values() ?? [])];
  const refusal = current?.trouble?.refusal;
  return {
    total: current?.candidates.length ?? 0,
    decided: verdicts.length,
    notMeasured: verdicts.filter(({ outcome }) => outcome === 'not_measured').length,
    validations,
    submitted,
    superseded,
    verdicts: counts,
    trouble: refusal === undefined ? null : { code: refusal.code, message: refusal.message },
  };
}

function validate(state: State, message: Msg & { type: 'validate' }, ctx: Ctx<Msg>): State {
  const { candidatesMax, waitingMax } = state.args;
  const { candidates } = message;
  const refuse = (code: string, text: string, retryable: boolean): State => {
    ctx.reply(message, { ok: false, code, message: text, retryable });
    return state;
  };
  if (candidates.length > candidatesMax)
    return refuse('invalid', `expected at most ${candidatesMax} candidates, got ${candidates.length}`, false);
  if (state.waiting.length >= waitingMax)
    return refuse('queue_full', `${state.waiting.length} validations wait`, true);
  const work: Work = {
    to: ctx.deferReply(message),
    candidates,
    wishes: candidates.filter(hasWindow),
    submitted: 0,
    open: new Map(),
    verdicts: new Map(),
    step: { type: 'submit' },
    trouble: null,
  };
  const validations = state.validations + 1;
  return state.current === null
    ? begin({ ...state, validations }, work, ctx)
    : { ...state, validations, waiting: [...state.waiting, work] };
}

const hasWindow = (candidate: OosCandidate): candidate is OosWish => candidate.window !== null;

/** What cannot even be asked for has its verdict at once. */
function begin(state: State, work: Work, ctx: Ctx<Msg>): State {
  const verdicts = work.candidates
    .filter((candidate) => !hasWindow(candidate))
    .map(({ strategyId }) => oosVerdict(strategyId, null, ctx.wallMs()));
  return verdicts.length > 0 ? concluded(state, work, verdicts, ctx) : proceed(state, work, ctx);
}

/** Asks for what the step needs. */
function take(state: State, work: Work, ctx: Ctx<Msg>): State {
  const { step } = work;
  const deadline = { deadlineMs: patience.askMs };
  const came =
    (of: Answered['of']) =>
    (outcome: AskOutcome<DbAnswer<unknown>>): Msg =>
      ({ type: 'answered', of, answer: dbAnswer(outcome) }) as Msg;
  switch (step.type) {
    case 'submit': {
      const { submitted } = work;
      const part = work.wishes.slice(submitted, submitted + state.args.partMax);
      const requests = part.map((wish) => oosRequest(wish, ctx.wallMs()));
      const kept = requests.map(({ strategyId }) => strategyId);
      ctx.ask(dispatch.dispatcher, { type: 'submit', requests }, deadline, (outcome) => ({
        type: 'answered',
        of: 'submit',
        kept,
        answer: dbAnswer(outcome),
      }));
      break;
    }
    case 'supersede':
      ctx.ask(
        db.core,
        { type: 'supersede_oos', kept: step.kept, wallMs: ctx.wallMs() },
        deadline,
        came(step.type),
      );
      break;
    case 'look': {
      const requestIds = [...work.open.values()].slice(0, state.args.lookMax);
      ctx.ask(db.reader, { type: 'evidence', requestIds }, deadline, came(step.type));
      break;
    }
    case 'record':
      ctx.ask(db.core, { type: 'record_oos_verdicts', verdicts: step.verdicts }, deadline, came(step.type));
  }
  return { ...state, current: work };
}

function answered(state: State, work: Work, message: Answered, ctx: Ctx<Msg>): State {
  const { answer } = message;
  if (!answer.ok) {
    const trouble = troubled(work.trouble, answer, ctx.nowMs());
    if (!worthWaiting(trouble, ctx.nowMs())) return end(state, work, answer, ctx);
    ctx.timer('again', backoffMs(trouble, ctx.random()), { type: 'again' });
    return { ...state, current: { ...work, trouble } };
  }
  const well = { ...work, trouble: null };
  switch (message.of) {
    case 'submit': {
      const outcomes = (message.answer as Taken<typeof message.answer>).value;
      const kept = outcomes.flatMap(({ requestId }, at) => {
        const strategyId = message.kept[at];
        return strategyId === undefined ? [] : [{ strategyId, requestId }];
      });
      return submitted(state, well, kept, ctx);
    }
    case 'supersede': {
      const ended = (message.answer as Taken<typeof message.answer>).value.length;
      return proceed({ ...state, superseded: state.superseded + ended }, well, ctx);
    }
    case 'look':
      return looked(state, well, (message.answer as Taken<typeof message.answer>).value, ctx);
    case 'record':
      return proceed(state, well, ctx);
  }
}

type Taken<T> = Extract<T, { readonly ok: true }>;

function submitted(state: State, work: Work, kept: readonly Kept[], ctx: Ctx<Msg>): State {
  const open = new Map(work.open);
  for (const { strategyId, requestId } of kept) open.set(strategyId, requestId);
  const next: Work = {
    ...work,
    open,
    submitted: work.submitted + kept.length,
    step: { type: 'supersede', kept },
  };
  return take({ ...state, submitted: state.submitted + kept.length }, next, ctx);
}

function looked(state: State, work: Work, evidence: readonly Evidence[], ctx: Ctx<Msg>): State {
  const terminal = evidence.filter((one) => one.state !== 'queued' && one.state !== 'leased');
  const verdicts = terminal
    .slice(0, state.args.partMax)
    .map((one) => oosVerdict(one.strategyId, one, ctx.wallMs()));
  if (verdicts.length > 0) return concluded(state, work, verdicts, ctx);
  ctx.timer('again', state.args.pollMs, { type: 'again' });
  return { ...state, current: work };
}

function concluded(state: State, work: Work, made: readonly OosVerdict[], ctx: Ctx<Msg>): State {
  const open = new Map(work.open);
  const verdicts = new Map(work.verdicts);
  const counts = { ...state.counts };
  for (const verdict of made) {
    open.delete(verdict.strategyId);
    verdicts.set(verdict.strategyId, verdict);
    counts[verdict.outcome] += 1;
  }
  const next: Work = { ...work, open, verdicts, step: { type: 'record', verdicts: made } };
  return take({ ...state, counts }, next, ctx);
}

/** Everything is asked for before anything is waited for. */
function proceed(state: State, work: Work, ctx: Ctx<Msg>): State {
  if (work.submitted < work.wishes.length) return take(state, { ...work, step: { type: 'submit' } }, ctx);
  if (work.open.size > 0) return take(state, { ...work, step: { type: 'look' } }, ctx);
  const value = work.candidates.flatMap(({ strategyId }) => work.verdicts.get(strategyId) ?? []);
  return end(state, work, { ok: true, value }, ctx);
}

function end(state: State, work: Work, answer: Answer, ctx: Ctx<Msg>): State {
  ctx.replyTo(work.to, answer);
  const [next, ...waiting] = state.waiting;
  if (next === undefined) return { ...state, current: null };
  return begin({ ...state, waiting }, next, ctx);
}

export const oosScheduler = (args: Partial<SchedulerArgs> = {}): ChildSpec<OosSchedulerMsg> =>
  child<State, Msg, SchedulerArgs>({
    id: 'oos-scheduler',
    name: names.oosScheduler as Name<Msg>,
    behavior: { init, handle },
    args: { ...defaults, ...args },
    restart: 'permanent',
    shutdownMs: 5_000,
    mailbox: { capacity: 256, overflow: 'reject' },
  });
