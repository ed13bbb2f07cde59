/**
 * Removes what has been kept for long enough, a small transaction at a time with a pause behind each, so that nobody waits
 * for it. It decides nothing by itself: the stores say what may go, and are asked again whatever the weather. Where it was
 * when it went down does not matter: the next sweep begins at the front, and what it promised is in rows.
 */
import type { Ctx } from '../kernel/behavior.js';
import { child } from '../kernel/actor-spec.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import type {
  AgedRequest,
  OldList,
  RetentionSettings,
  RetentionStanding,
} from '../../protocols/db-retention.js';
import { retentionName } from '../../protocols/db-retention.js';
import type { RetentionMsg } from '../../protocols/db-retention.js';
import { dbAnswer, names as db } from '../../protocols/db-writes.js';
import type { CoreMsg, DbAnswer, ReaderMsg, TradesMsg } from '../../protocols/db-writes.js';
import type { Name } from '../../protocols/name.js';

export const dayMs = 24 * 3_600_000;

export const defaults = {
  requestDays: 30,
  keyDays: 90,
  verdictsKept: 10,
  /** The start belongs to others. */
  firstMs: 60_000,
  everyMs: 3_600_000,
  /** Behind each step; ten times as long as a step takes. */
  pauseMs: 50,
  /** After a refusal. */
  againMs: 5_000,
  askMs: 30_000,
  /** With their attempts, results and late answers these are less than a thousand rows. */
  requestsAtOnce: 150,
  rowsAtOnce: 1_000,
} as const;

export interface RetentionArgs extends RetentionSettings {
  readonly firstMs: number;
  readonly everyMs: number;
  readonly pauseMs: number;
  readonly againMs: number;
  readonly askMs: number;
  readonly requestsAtOnce: number;
  readonly rowsAtOnce: number;
}

/** What is asked next. Each names how far it has come, so that asking it again is asking the same. */
type Step =
  | { readonly at: 'look_requests'; readonly afterSeq: number }
  | {
      readonly at: 'purge';
      readonly requestIds: readonly string[];
      readonly afterSeq: number;
      readonly isLast: boolean;
    }
  | { readonly at: 'look_lists' }
  | { readonly at: 'drop'; readonly attemptIds: readonly string[] }
  | { readonly at: 'forget_attempts'; readonly attemptIds: readonly string[] }
  | { readonly at: 'keys' }
  | { readonly at: 'look_verdicts'; readonly after: string }
  | { readonly at: 'trim'; readonly strategyIds: readonly string[]; readonly after: string | null }
  | { readonly at: 'look_orphans'; readonly afterListId: number }
  | { readonly at: 'sift_orphans'; readonly attemptIds: readonly string[]; readonly afterListId: number }
  | { readonly at: 'drop_orphans'; readonly attemptIds: readonly string[]; readonly afterListId: number };

type Msg =
  | RetentionMsg
  | { readonly type: 'go_on' }
  | { readonly type: 'answered'; readonly step: Step; readonly answer: DbAnswer<unknown> };

interface State {
  readonly args: RetentionArgs;
  /** Null: resting. */
  readonly step: Step | null;
  /** When this sweep began: what is old is old by that time. */
  readonly wallMs: number;
  readonly sweeps: number;
  readonly sweptWallMs: number | null;
  readonly removed: Readonly<Record<string, number>>;
  readonly trouble: RetentionStanding['trouble'];
}

export function init(args: RetentionArgs, ctx: Ctx<Msg>): State {
  ctx.timer('sweep', args.firstMs, { type: 'sweep' });
  return { args, step: null, wallMs: 0, sweeps: 0, sweptWallMs: null, removed: {}, trouble: null };
}

export function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'sweep':
      if (state.step !== null) return state;
      ctx.cancelTimer('sweep');
      return ask({ ...state, wallMs: ctx.wallMs(), step: { at: 'look_requests', afterSeq: 0 } }, ctx);
    case 'go_on':
      return ask(state, ctx);
    case 'answered':
      return answered(state, message.step, message.answer, ctx);
    case 'retention_standing':
      ctx.reply(message, standing(state));
      return state;
  }
}

const phases = {
  look_requests: 'requests',
  purge: 'requests',
  look_lists: 'lists',
  drop: 'lists',
  forget_attempts: 'lists',
  keys: 'keys',
  look_verdicts: 'verdicts',
  trim: 'verdicts',
  look_orphans: 'orphans',
  sift_orphans: 'orphans',
  drop_orphans: 'orphans',
} as const satisfies Record<Step['at'], RetentionStanding['phase']>;

function standing({ args, step, sweeps, sweptWallMs, removed, trouble }: State): RetentionStanding {
  const { requestDays, keyDays, verdictsKept } = args;
  return {
    phase: step === null ? 'resting' : phases[step.at],
    settings: { requestDays, keyDays, verdictsKept },
    sweeps,
    sweptWallMs,
    removed,
    trouble,
  };
}

function ask(state: State, ctx: Ctx<Msg>): State {
  const { step, args } = state;
  if (step === null) return state;
  const options = { deadlineMs: args.askMs };
  const came = (outcome: Parameters<typeof dbAnswer>[0]): Msg => ({
    type: 'answered',
    step,
    answer: dbAnswer(outcome),
  });
  const { to, verb } = questionOf(step, state);
  // The compiler does not carry the pair of verb and answer through a union; the store's table does.
  ctx.ask(to as Name<ReaderMsg>, verb as Extract<ReaderMsg, { type: 'purged_attempts' }>, options, came);
  return state;
}

interface Question {
  readonly to: Name<CoreMsg> | Name<ReaderMsg> | Name<TradesMsg>;
  readonly verb: CoreMsg | ReaderMsg | TradesMsg;
}

function questionOf(step: Step, { args, wallMs }: State): Question {
  const { requestsAtOnce, rowsAtOnce, requestDays, keyDays, verdictsKept: keep } = args;
  const beforeWallMs = wallMs - requestDays * dayMs;
  const ofReader = (verb: ReaderMsg): Question => ({ to: db.reader, verb });
  const ofCore = (verb: CoreMsg): Question => ({ to: db.core, verb });
  const ofTrades = (verb: TradesMsg): Question => ({ to: db.trades, verb });
  switch (step.at) {
    case 'look_requests':
      return ofReader({
        type: 'aged_requests',
        afterSeq: step.afterSeq,
        beforeWallMs,
        limit: requestsAtOnce,
      });
    case 'purge':
      return ofCore({ type: 'purge_requests', requestIds: step.requestIds, beforeWallMs });
    case 'look_lists':
      return ofReader({ type: 'purged_attempts', limit: requestsAtOnce });
    case 'drop':
    case 'drop_orphans':
      return ofTrades({ type: 'drop_lists', attemptIds: step.attemptIds, rowsMax: rowsAtOnce });
    case 'forget_attempts':
      return ofCore({ type: 'forget_attempts', attemptIds: step.attemptIds });
    case 'keys': {
      const keyMs = Math.max(keyDays, requestDays) * dayMs;
      return ofCore({ type: 'forget_keys', beforeWallMs: wallMs - keyMs, limit: rowsAtOnce });
    }
    case 'look_verdicts':
      return ofReader({ type: 'long_histories', after: step.after, keep, limit: requestsAtOnce });
    case 'trim':
      return ofCore({
        type: 'trim_verdicts',
        strategyIds: step.strategyIds,
        keep,
        limit: Math.max(1, Math.floor(rowsAtOnce / 3)),
      });
    case 'look_orphans':
      return ofTrades({
        type: 'old_lists',
        afterListId: step.afterListId,
        beforeWallMs,
        limit: requestsAtOnce,
      });
    case 'sift_orphans':
      return ofReader({ type: 'unknown_attempts', attemptIds: step.attemptIds });
  }
}

function answered(state: State, step: Step, answer: DbAnswer<unknown>, ctx: Ctx<Msg>): State {
  const { args } = state;
  if (!answer.ok) {
    ctx.timer('go_on', args.againMs, { type: 'go_on' });
    return { ...state, trouble: { code: answer.code, message: answer.message } };
  }
  const done = counted(state, step, answer.value);
  const next = nextStep(step, answer.value, args, state.wallMs);
  if (next === null) {
    ctx.timer('sweep', args.everyMs, { type: 'sweep' });
    return { ...done, step: null, trouble: null, sweeps: state.sweeps + 1, sweptWallMs: ctx.wallMs() };
  }
  ctx.timer('go_on', args.pauseMs, { type: 'go_on' });
  return { ...done, step: next, trouble: null };
}

/** Null: the sweep is over. */
function nextStep(step: Step, value: unknown, args: RetentionArgs, wallMs: number): Step | null {
  switch (step.at) {
    case 'look_requests': {
      const page = value as readonly AgedRequest[];
      const last = page.at(-1);
      const isLast =
        page.length < args.requestsAtOnce ||
        last === undefined ||
        last.submittedWallMs >= wallMs - args.requestDays * dayMs;
      const requestIds = page.filter(({ mayGo }) => mayGo === 1).map(({ requestId }) => requestId);
      const afterSeq = last?.seq ?? step.afterSeq;
      if (requestIds.length > 0) return { at: 'purge', requestIds, afterSeq, isLast };
      return isLast ? { at: 'look_lists' } : { at: 'look_requests', afterSeq };
    }
    case 'purge':
      return step.isLast ? { at: 'look_lists' } : { at: 'look_requests', afterSeq: step.afterSeq };
    case 'look_lists': {
      const attemptIds = value as readonly string[];
      return attemptIds.length === 0 ? { at: 'keys' } : { at: 'drop', attemptIds };
    }
    case 'drop':
      return (value as readonly string[]).length > 0
        ? step
        : { at: 'forget_attempts', attemptIds: step.attemptIds };
    case 'forget_attempts':
      return { at: 'look_lists' };
    case 'keys':
      return value === args.rowsAtOnce ? step : { at: 'look_verdicts', after: '' };
    case 'look_verdicts': {
      const page = value as readonly { readonly strategyId: string; readonly isLong: 0 | 1 }[];
      const after = page.length < args.requestsAtOnce ? null : (page.at(-1)?.strategyId ?? null);
      const strategyIds = page.filter(({ isLong }) => isLong === 1).map(({ strategyId }) => strategyId);
      if (strategyIds.length > 0) return { at: 'trim', strategyIds, after };
      return after === null ? { at: 'look_orphans', afterListId: 0 } : { at: 'look_verdicts', after };
    }
    case 'trim':
      // What stays although it is one too many is held by something else: nothing went, so go on.
      if (value !== 0) return step;
      return step.after === null
        ? { at: 'look_orphans', afterListId: 0 }
        : { at: 'look_verdicts', after: step.after };
    case 'look_orphans': {
      const page = value as readonly OldList[];
      const last = page.at(-1);
      if (last === undefined) return null;
      return {
        at: 'sift_orphans',
        attemptIds: page.map(({ attemptId }) => attemptId),
        afterListId: last.listId,
      };
    }
    case 'sift_orphans': {
      const attemptIds = value as readonly string[];
      const { afterListId } = step;
      return attemptIds.length > 0
        ? { at: 'drop_orphans', attemptIds, afterListId }
        : { at: 'look_orphans', afterListId };
    }
    case 'drop_orphans':
      return (value as readonly string[]).length > 0
        ? step
        : { at: 'look_orphans', afterListId: step.afterListId };
  }
}

function counted(state: State, step: Step, value: unknown): State {
  const add = (what: string, rows: number): State => ({
    ...state,
    removed: { ...state.removed, [what]: (state.removed[what] ?? 0) + rows },
  });
  switch (step.at) {
    case 'purge':
      return add('requests', (value as readonly string[]).length);
    case 'forget_attempts':
      return add('lists', step.attemptIds.length);
    case 'keys':
      return add('keys', value as number);
    case 'trim':
      return add('verdicts', value as number);
    case 'drop_orphans':
      return (value as readonly string[]).length === 0 ? add('orphans', step.attemptIds.length) : state;
    default:
      return state;
  }
}

export const retention = (args: Partial<RetentionArgs> = {}): ChildSpec<RetentionMsg> =>
  child<State, Msg, RetentionArgs>({
    id: 'retention',
    name: retentionName as Name<Msg>,
    behavior: { init, handle },
    args: { ...defaults, ...args },
    restart: 'permanent',
    shutdownMs: 1_000,
    mailbox: { capacity: 64, overflow: 'reject' },
  });
