/**
 * Gives ranks: reads what the requests of a list came to, judges by a policy, and stores each conclusion with its grounds.
 * Strategies are decided by (Sharpe, name), so that no race and no kill changes an outcome; what has been decided by the
 * same evidence before is not decided again.
 */
import { child } from '../kernel/actor-spec.js';
import type { AskOutcome, Ctx } from '../kernel/behavior.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import { dbAnswer } from '../../protocols/db-answer.js';
import type { DbAnswer } from '../../protocols/db-answer.js';
import type { Evidence, StandingRank } from '../../protocols/db-oos.js';
import type { RankOutcome } from '../../protocols/db-rows.js';
import { names as db } from '../../protocols/db-writes.js';
import type { Name } from '../../protocols/name.js';
import { names } from '../../protocols/oos-requests.js';
import type {
  EvaluatorStanding,
  MonteCarloResult,
  RankEvaluatorMsg,
  Ranked,
} from '../../protocols/oos-requests.js';
import type { WorkerAnswer } from '../../protocols/workers.js';
import { backoffMs, patience, troubled, worthWaiting } from './patience.js';
import { bySharpeThenName, conclusionOf, itemsOf, needsDraw, rankedOf, withDraw } from './rank-item.js';
import type { Asked, Conclusion, Item } from './rank-item.js';
import { worthTellingMs } from './rank-notices.js';
import type { Trouble } from './patience.js';
import type { ReplyTo } from '../kernel/behavior.js';

export const defaults = {
  readMax: 500,
  atOnce: 32,
  roundsMax: 5,
  candidatesMax: 500_000,
  waitingMax: 8,
} as const;

export interface EvaluatorArgs {
  /** Rows of one question. */
  readonly readMax: number;
  /** Decisions that are out at once; the store writes them together. */
  readonly atOnce: number;
  /** A strategy whose rank others keep changing is judged so often. */
  readonly roundsMax: number;
  readonly candidatesMax: number;
  readonly waitingMax: number;
}

type Answer = DbAnswer<readonly Ranked[]>;

type Step =
  | { readonly type: 'read'; readonly from: number }
  | { readonly type: 'stand'; readonly from: number; readonly evidence: ReadonlyMap<string, Evidence> }
  | { readonly type: 'draw'; readonly at: number }
  | Round;

/** Decisions that are out together. */
interface Round {
  readonly type: 'decide';
  /** Answers that are still to come. */
  readonly out: number;
  /** Whether one of them was a refusal. */
  readonly refused: boolean;
  /** What was refused or overtaken: it comes first in the next round. */
  readonly left: readonly Item[];
  /** Items that have had their round, from the first. */
  readonly taken: number;
}

/** It grows in place: a copy for each page would cost the square of the list. After a crash all of it is read anew. */
class Gathered {
  /** Once all are read: by (Sharpe, name). */
  readonly items: Item[] = [];
  readonly decided = new Map<string, Ranked>();
}

interface Work {
  readonly id: number;
  readonly to: ReplyTo<Answer>;
  readonly asked: Asked;
  readonly gathered: Gathered;
  readonly step: Step;
  readonly trouble: Trouble | null;
}

type Answered =
  | { readonly of: 'read'; readonly answer: DbAnswer<readonly Evidence[]> }
  | { readonly of: 'stand'; readonly answer: DbAnswer<readonly StandingRank[]> }
  | { readonly of: 'draw'; readonly answer: DbAnswer<MonteCarloResult> }
  | {
      readonly of: 'decide';
      readonly item: Item;
      readonly conclusion: Conclusion;
      readonly answer: DbAnswer<RankOutcome>;
    };

type Msg =
  | RankEvaluatorMsg
  | ({ readonly type: 'answered'; readonly workId: number } & Answered)
  | { readonly type: 'again' };

interface State {
  readonly args: EvaluatorArgs;
  readonly current: Work | null;
  readonly waiting: readonly Work[];
  readonly lastId: number;
  readonly counts: Omit<EvaluatorStanding, 'total' | 'decided' | 'trouble'>;
}

export const init = (args: EvaluatorArgs): State => ({
  args,
  current: null,
  waiting: [],
  lastId: 0,
  counts: {
    evaluations: 0,
    changed: 0,
    unchanged: 0,
    conflicts: 0,
    illegal: 0,
    monteCarlo: { asked: 0, passed: 0 },
  },
});

export function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'evaluate':
      return evaluate(state, message, ctx);
    case 'evaluator_standing': {
      const { current, counts } = state;
      const refusal = current?.trouble?.refusal;
      ctx.reply(message, {
        ...counts,
        total: current?.asked.candidates.length ?? 0,
        decided: current?.gathered.decided.size ?? 0,
        trouble: refusal === undefined ? null : { code: refusal.code, message: refusal.message },
      });
      return state;
    }
    case 'again':
      return state.current === null ? state : take(state, state.current, ctx);
    case 'answered':
      // Of an evaluation that was given up.
      if (state.current?.id !== message.workId) return state;
      return message.of === 'decide'
        ? decided(state, state.current, message, ctx)
        : answered(state, state.current, message, ctx);
  }
}

function evaluate(state: State, message: Msg & { type: 'evaluate' }, ctx: Ctx<Msg>): State {
  const { candidatesMax, waitingMax } = state.args;
  const { candidates, phase, rules } = message;
  const refuse = (code: string, text: string, retryable: boolean): State => {
    ctx.reply(message, { ok: false, code, message: text, retryable });
    return state;
  };
  if (candidates.length > candidatesMax)
    return refuse('invalid', `expected at most ${candidatesMax} strategies, got ${candidates.length}`, false);
  if (state.waiting.length >= waitingMax)
    return refuse('queue_full', `${state.waiting.length} evaluations wait`, true);
  const id = state.lastId + 1;
  const work: Work = {
    id,
    to: ctx.deferReply(message),
    asked: { candidates, phase, rules },
    gathered: new Gathered(),
    step: { type: 'read', from: 0 },
    trouble: null,
  };
  const counts = { ...state.counts, evaluations: state.counts.evaluations + 1 };
  const next = { ...state, lastId: id, counts };
  return state.current === null ? take(next, work, ctx) : { ...next, waiting: [...state.waiting, work] };
}

/** Asks for what the step needs, or goes on where it needs nothing. */
function take(state: State, work: Work, ctx: Ctx<Msg>): State {
  const { step, gathered } = work;
  const { readMax } = state.args;
  const deadline = { deadlineMs: patience.askMs };
  const came =
    (of: Answered['of']) =>
    (outcome: AskOutcome<DbAnswer<unknown>>): Msg =>
      ({ type: 'answered', workId: work.id, of, answer: dbAnswer(outcome) }) as Msg;
  switch (step.type) {
    case 'read': {
      const part = pageOf(work, step, readMax);
      if (part.length === 0) {
        gathered.items.sort(bySharpeThenName);
        return take(state, { ...work, step: { type: 'draw', at: 0 } }, ctx);
      }
      const requestIds = part.map(({ backtestId }) => backtestId);
      ctx.ask(db.reader, { type: 'evidence', requestIds }, deadline, came(step.type));
      break;
    }
    case 'stand': {
      const strategyIds = pageOf(work, step, readMax).map(({ strategyId }) => strategyId);
      ctx.ask(db.reader, { type: 'standing_ranks', strategyIds }, deadline, came(step.type));
      break;
    }
    case 'draw': {
      let { at } = step;
      while (at < gathered.items.length && !isToDraw(gathered.items[at])) at += 1;
      const draw = gathered.items[at]?.draw ?? null;
      if (draw === null) return take(state, { ...work, step: firstRound }, ctx);
      ctx.ask(names.monteCarlo, { type: 'work', request: draw, repeatable: true }, deadline, (outcome) => ({
        type: 'answered',
        workId: work.id,
        of: 'draw',
        answer: workerAnswer(outcome),
      }));
      return { ...state, current: { ...work, step: { type: 'draw', at } } };
    }
    case 'decide':
      return decide(state, work, ctx);
  }
  return { ...state, current: work };
}

const firstRound: Round = { type: 'decide', out: 0, refused: false, left: [], taken: 0 };

const isToDraw = (item: Item | undefined): boolean => item !== undefined && needsDraw(item);

const pageOf = ({ asked }: Work, { from }: { readonly from: number }, readMax: number) =>
  asked.candidates.slice(from, from + readMax);

/** No worker is weather, like no store. */
function workerAnswer(outcome: AskOutcome<WorkerAnswer<MonteCarloResult>>): DbAnswer<MonteCarloResult> {
  if (outcome.ok) return outcome.value;
  const message = `the Monte Carlo worker did not answer: ${outcome.reason.type}`;
  return { ok: false, code: 'no_answer', message, retryable: true };
}

function answered(
  state: State,
  work: Work,
  message: Exclude<Answered, { of: 'decide' }>,
  ctx: Ctx<Msg>,
): State {
  if (!message.answer.ok) return refused(state, work, message.answer, ctx);
  const well = { ...work, trouble: null };
  const { step, asked, gathered } = work;
  switch (message.of) {
    case 'read': {
      const evidence = new Map(message.answer.value.map((row) => [row.requestId, row]));
      return take(state, { ...well, step: { type: 'stand', from: fromOf(step), evidence } }, ctx);
    }
    case 'stand': {
      const from = fromOf(step);
      const { readMax } = state.args;
      const standing = new Map(message.answer.value.map((row) => [row.strategyId, row]));
      const evidence = step.type === 'stand' ? step.evidence : new Map<string, Evidence>();
      const found = itemsOf({ ...asked, candidates: pageOf(work, { from }, readMax) }, evidence, standing);
      gathered.items.push(...found.items);
      for (const ranked of found.decided) gathered.decided.set(ranked.strategyId, ranked);
      return take(state, { ...well, step: { type: 'read', from: from + readMax } }, ctx);
    }
    case 'draw': {
      const at = step.type === 'draw' ? step.at : 0;
      const before = gathered.items[at];
      if (before === undefined) return state;
      const item = withDraw(before, message.answer.value);
      gathered.items[at] = item;
      const tally = state.counts.monteCarlo;
      const isPassed = item.judged.gates.every(
        ({ gate, passed }) => passed || !gate.startsWith('monte_carlo'),
      );
      const monteCarlo = { asked: tally.asked + 1, passed: tally.passed + (isPassed ? 1 : 0) };
      const counts = { ...state.counts, monteCarlo };
      return take({ ...state, counts }, { ...well, step: { type: 'draw', at: at + 1 } }, ctx);
    }
  }
}

const fromOf = (step: Step): number => ('from' in step ? step.from : 0);

function refused(
  state: State,
  work: Work,
  refusal: Extract<DbAnswer<unknown>, { ok: false }>,
  ctx: Ctx<Msg>,
): State {
  const trouble = troubled(work.trouble, refusal, ctx.nowMs());
  if (!worthWaiting(trouble, ctx.nowMs())) return end(state, work, refusal, ctx);
  ctx.timer('again', backoffMs(trouble, ctx.random()), { type: 'again' });
  return { ...state, current: { ...work, trouble } };
}

/** A round: the next items, all out at once. What of them was refused or overtaken comes again in the next round. */
function decide(state: State, work: Work, ctx: Ctx<Msg>): State {
  const { asked, gathered, step } = work;
  const { left, taken } = step.type === 'decide' ? step : firstRound;
  const fresh = gathered.items.slice(taken, taken + Math.max(0, state.args.atOnce - left.length));
  const part = [...left, ...fresh];
  if (part.length === 0) {
    const value = asked.candidates.map((candidate) => rankedOf(candidate, gathered.decided));
    return end(state, work, { ok: true, value }, ctx);
  }
  for (const item of part) {
    const conclusion = conclusionOf(item, ctx.wallMs());
    const { verdict, notification } = conclusion;
    ctx.ask(
      db.core,
      {
        type: 'decide_rank',
        verdict,
        expectedVersion: item.standing?.version ?? 0,
        decidedBy: 'rank-evaluator',
        notification,
        expiresWallMs: verdict.decidedWallMs + worthTellingMs,
      },
      { deadlineMs: patience.askMs },
      (outcome) => ({
        type: 'answered',
        workId: work.id,
        of: 'decide',
        item,
        conclusion,
        answer: dbAnswer(outcome),
      }),
    );
  }
  const round: Round = { ...firstRound, out: part.length, taken: taken + fresh.length };
  return { ...state, current: { ...work, step: round } };
}

function decided(
  state: State,
  work: Work,
  { item, conclusion, answer }: Extract<Answered, { of: 'decide' }>,
  ctx: Ctx<Msg>,
): State {
  const before = work.step.type === 'decide' ? work.step : firstRound;
  const step: Round = { ...before, out: before.out - 1, refused: before.refused || !answer.ok };
  const after = settle(state, work, step, item, conclusion, answer, ctx);
  if (after.current === null || step.out > 0) return after;
  if (!step.refused) return decide(after, after.current, ctx);
  // Who took some of them is well, and yet asked for time.
  const { trouble } = after.current;
  if (trouble !== null && !worthWaiting(trouble, ctx.nowMs()))
    return end(after, after.current, trouble.refusal, ctx);
  const waitMs = trouble === null ? patience.backoffMsMin : backoffMs(trouble, ctx.random());
  ctx.timer('again', waitMs, { type: 'again' });
  return after;
}

function settle(
  state: State,
  work: Work,
  step: Round,
  item: Item,
  { verdict }: Conclusion,
  answer: DbAnswer<RankOutcome>,
  ctx: Ctx<Msg>,
): State {
  const withLeft = (left: Item): Work => ({ ...work, step: { ...step, left: [...step.left, left] } });
  if (!answer.ok)
    return { ...state, current: { ...withLeft(item), trouble: troubled(work.trouble, answer, ctx.nowMs()) } };
  const { disposition, current } = answer.value;
  const { strategyId } = item.candidate;
  const counts = { ...state.counts };
  if (disposition === 'conflict' && item.round < state.args.roundsMax) {
    counts.conflicts += 1;
    const standing = current === null ? null : { strategyId, verdictId: '', ...current };
    return { ...state, counts, current: withLeft({ ...item, standing, round: item.round + 1 }) };
  }
  if (disposition === 'changed') counts.changed += 1;
  else if (disposition === 'duplicate') counts.unchanged += 1;
  else if (disposition === 'illegal') counts.illegal += 1;
  else counts.conflicts += 1;
  const rank = disposition === 'changed' ? verdict.rankAfter : (current?.rank ?? null);
  const { meetsB, meetsABase } = item;
  work.gathered.decided.set(strategyId, { strategyId, rank, meetsB, meetsABase });
  return { ...state, counts, current: { ...work, step, trouble: null } };
}

function end(state: State, work: Work, answer: Answer, ctx: Ctx<Msg>): State {
  ctx.replyTo(work.to, answer);
  const [next, ...waiting] = state.waiting;
  if (next === undefined) return { ...state, current: null };
  return take({ ...state, waiting }, next, ctx);
}

export const rankEvaluator = (args: Partial<EvaluatorArgs> = {}): ChildSpec<RankEvaluatorMsg> =>
  child<State, Msg, EvaluatorArgs>({
    id: 'rank-evaluator',
    name: names.rankEvaluator as Name<Msg>,
    behavior: { init, handle },
    args: { ...defaults, ...args },
    restart: 'permanent',
    shutdownMs: 5_000,
    mailbox: { capacity: 256, overflow: 'reject' },
  });
