/**
 * Knows the outbox: finds what was written, gives it its lane, ends what is too old, wakes the lanes and says how they
 * are. It looks on a clock of its own, so that a hint may be lost; it delivers nothing itself.
 */
import { child } from '../kernel/actor-spec.js';
import type { Ctx, ReplyTo } from '../kernel/behavior.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import { dbAnswer, names as db } from '../../protocols/db-writes.js';
import type { DbAnswer } from '../../protocols/db-writes.js';
import type { LaneFigures, LanesByTopic, OutboxLook } from '../../protocols/db-notifier.js';
import { names } from '../../protocols/notifier.js';
import type { LaneReport, LaneStanding, NotifierMsg, NotifierStanding } from '../../protocols/notifier.js';
import { tellIfThere } from './tell-if-there.js';
import { isSurprise, weatherMs } from './weather.js';

export interface DeskArgs {
  readonly bootId: string;
  /** Every lane, in the order in which they are shown. */
  readonly lanes: readonly string[];
  readonly lanesByTopic: LanesByTopic;
  readonly lookMs: number;
  readonly figuresMs: number;
  /** Over which time the lanes' figures are. */
  readonly windowMs: number;
  readonly routeMax: number;
  readonly pruneMs: number;
  /** What ended earlier is deleted; its cause could be told again then. */
  readonly keepMs: number;
  readonly pruneMax: number;
  readonly askMs: number;
}

/** Verbs of the store that the desk owes, one at a time. */
type Chore = 'recover' | 'route' | 'prune';

type Msg =
  | NotifierMsg
  | { readonly type: 'look' | 'read_figures' | 'prune' | 'chore_again' }
  | { readonly type: 'looked'; readonly answer: DbAnswer<OutboxLook>; readonly wallMs: number }
  | { readonly type: 'figures'; readonly answer: DbAnswer<readonly LaneFigures[]> }
  | { readonly type: 'chore_done'; readonly chore: Chore; readonly answer: DbAnswer<unknown> }
  | {
      readonly type: 'unblocked';
      readonly lane: string;
      readonly to: ReplyTo<DbAnswer<boolean>>;
      readonly answer: DbAnswer<boolean>;
    };

interface State {
  readonly args: DeskArgs;
  readonly looking: boolean;
  /** Asked for while it was looked: what is seen may be older than the hint. */
  readonly again: boolean;
  readonly chores: readonly Chore[];
  readonly asking: boolean;
  readonly refusals: number;
  readonly look: { readonly value: OutboxLook; readonly wallMs: number } | null;
  readonly figures: readonly LaneFigures[] | null;
  readonly reports: ReadonlyMap<string, { readonly report: LaneReport; readonly wallMs: number }>;
}

export function init(args: DeskArgs, ctx: Ctx<Msg>): State {
  ctx.timer('figures', 0, { type: 'read_figures' });
  ctx.timer('prune', args.pruneMs, { type: 'prune' });
  const state: State = {
    args,
    looking: false,
    again: false,
    chores: ['recover'],
    asking: false,
    refusals: 0,
    look: null,
    figures: null,
    reports: new Map(),
  };
  return look(work(state, ctx), ctx);
}

export function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'work_available':
    case 'look':
      return look(state, ctx);
    case 'looked':
      return looked(state, message, ctx);
    case 'chore_done':
      return choreDone(state, message, ctx);
    case 'chore_again':
      return work({ ...state, asking: false }, ctx);
    case 'prune':
      ctx.timer('prune', state.args.pruneMs, { type: 'prune' });
      return owe(state, 'prune', ctx);
    case 'read_figures':
      return readFigures(state, ctx);
    case 'figures':
      ctx.timer('figures', state.args.figuresMs, { type: 'read_figures' });
      return message.answer.ok ? { ...state, figures: message.answer.value } : state;
    case 'lane_is': {
      const reports = new Map(state.reports);
      reports.set(message.report.lane, { report: message.report, wallMs: ctx.wallMs() });
      return { ...state, reports };
    }
    case 'host_paused':
      pauseHost(state, message, ctx);
      return state;
    case 'notifier_standing':
      ctx.reply(message, standingOf(state));
      return state;
    case 'retry_lane':
      return retryLane(state, message, ctx);
    case 'unblocked':
      ctx.replyTo(message.to, message.answer);
      if (message.answer.ok) tellIfThere(ctx, names.lane(message.lane), { type: 'unblocked' });
      return state;
  }
}

function look(state: State, ctx: Ctx<Msg>): State {
  if (state.looking) return { ...state, again: true };
  const wallMs = ctx.wallMs();
  ctx.cancelTimer('look');
  ctx.ask(db.reader, { type: 'outbox_look' }, { deadlineMs: state.args.askMs }, (outcome) => ({
    type: 'looked',
    wallMs,
    answer: dbAnswer(outcome),
  }));
  return { ...state, looking: true, again: false };
}

function looked(state: State, { answer, wallMs }: Msg & { type: 'looked' }, ctx: Ctx<Msg>): State {
  const rest = { ...state, looking: false };
  const seen = answer.ok ? work(noted(rest, answer.value, wallMs, ctx), ctx) : rest;
  if (seen.again) return look(seen, ctx);
  ctx.timer('look', state.args.lookMs, { type: 'look' });
  return seen;
}

function noted(state: State, value: OutboxLook, wallMs: number, ctx: Ctx<Msg>): State {
  for (const lane of state.args.lanes) {
    const isWaitedFor = value.waiting.some((row) => row.lane === lane);
    tellIfThere(ctx, names.lane(lane), { type: isWaitedFor ? 'work' : 'report' });
  }
  const isUnrouted = value.waiting.some(({ lane }) => lane === null);
  const isOverdue = value.nextExpiryWallMs !== null && value.nextExpiryWallMs <= ctx.wallMs();
  const next = { ...state, look: { value, wallMs } };
  return isUnrouted || isOverdue ? withChore(next, 'route') : next;
}

const withChore = (state: State, chore: Chore): State =>
  state.chores.includes(chore) ? state : { ...state, chores: [...state.chores, chore] };

const owe = (state: State, chore: Chore, ctx: Ctx<Msg>): State => work(withChore(state, chore), ctx);

function work(state: State, ctx: Ctx<Msg>): State {
  const [chore] = state.chores;
  if (state.asking || chore === undefined) return state;
  const { bootId, lanes, lanesByTopic, routeMax, keepMs, pruneMax, askMs } = state.args;
  const wallMs = ctx.wallMs();
  const options = { deadlineMs: askMs };
  const done = (outcome: Parameters<typeof dbAnswer>[0]): Msg => ({
    type: 'chore_done',
    chore,
    answer: dbAnswer(outcome),
  });
  if (chore === 'recover')
    ctx.ask(db.core, { type: 'recover_notifications', bootId, lanes, wallMs }, options, done);
  else if (chore === 'route')
    ctx.ask(
      db.core,
      { type: 'route_notifications', lanes: lanesByTopic, wallMs, limit: routeMax },
      options,
      done,
    );
  else
    ctx.ask(
      db.core,
      { type: 'prune_notifications', beforeWallMs: wallMs - keepMs, limit: pruneMax },
      options,
      done,
    );
  return { ...state, asking: true };
}

function choreDone(state: State, { chore, answer }: Msg & { type: 'chore_done' }, ctx: Ctx<Msg>): State {
  if (!answer.ok) {
    if (isSurprise(answer)) throw new Error(`${chore} was refused as ${answer.code}: ${answer.message}`);
    ctx.timer('chore again', weatherMs(state.refusals, ctx.random()), { type: 'chore_again' });
    return { ...state, refusals: state.refusals + 1 };
  }
  const rest = { ...state, chores: state.chores.slice(1), asking: false, refusals: 0 };
  const isFull =
    chore === 'prune' && (answer.value as { readonly pruned: number }).pruned === rest.args.pruneMax;
  const next = work(isFull ? withChore(rest, 'prune') : rest, ctx);
  // What was routed is for the lanes, and there may be more than was routed at once. What changed nothing is no reason.
  return chore === 'route' && hasRouted(answer.value) ? look(next, ctx) : next;
}

const hasRouted = (value: unknown): boolean => (value as { readonly routed: number }).routed > 0;

function readFigures(state: State, ctx: Ctx<Msg>): State {
  const { askMs, windowMs } = state.args;
  const sinceWallMs = ctx.wallMs() - windowMs;
  ctx.ask(db.reader, { type: 'lane_figures', sinceWallMs }, { deadlineMs: askMs }, (outcome) => ({
    type: 'figures',
    answer: dbAnswer(outcome),
  }));
  return state;
}

/** The lane that heard it has paused itself. */
function pauseHost(
  { reports }: State,
  { target, pauseMs }: Msg & { type: 'host_paused' },
  ctx: Ctx<Msg>,
): void {
  for (const [lane, { report }] of reports)
    if (report.channel === 'webhook' && report.target === target)
      tellIfThere(ctx, names.lane(lane), { type: 'pause', pauseMs });
}

function retryLane(state: State, message: Msg & { type: 'retry_lane' }, ctx: Ctx<Msg>): State {
  const { lane } = message;
  const to = ctx.deferReply(message);
  ctx.ask(db.core, { type: 'unblock_lane', lane }, { deadlineMs: state.args.askMs }, (outcome) => ({
    type: 'unblocked',
    lane,
    to,
    answer: dbAnswer(outcome),
  }));
  return state;
}

function standingOf({ args, look: seen, figures, reports }: State): NotifierStanding {
  const waitingOf = (lane: string | null) =>
    seen === null ? null : (seen.value.waiting.find((row) => row.lane === lane) ?? none);
  const lanes = args.lanes.flatMap((lane): readonly LaneStanding[] => {
    const known = reports.get(lane);
    if (known === undefined) return [];
    const waiting = waitingOf(lane);
    const found = figures?.find((row) => row.lane === lane) ?? nothingOf(lane);
    const { lane: _lane, ...figured } = found;
    return [
      {
        ...known.report,
        waiting: waiting?.waiting ?? null,
        oldestWallMs: waiting?.oldestWallMs ?? null,
        figures: figures === null ? null : figured,
        asOfWallMs: known.wallMs,
      },
    ];
  });
  return {
    lanes,
    silent: args.lanes.filter((lane) => !reports.has(lane)),
    unrouted: waitingOf(null)?.waiting ?? null,
    windowMs: args.windowMs,
    asOfWallMs: seen?.wallMs ?? null,
  };
}

const none = { waiting: 0, oldestWallMs: null } as const;

const nothingOf = (lane: string): LaneFigures => ({
  lane,
  delivered: 0,
  deadLettered: 0,
  expired: 0,
  collapsed: 0,
  retries: 0,
  rateLimited: 0,
  latencyMs: null,
});

export const desk = (args: DeskArgs): ChildSpec<NotifierMsg> =>
  child({
    id: 'desk',
    name: names.desk,
    behavior: { init, handle },
    args,
    restart: 'permanent',
    shutdownMs: 1_000,
    mailbox: { capacity: 1_024, overflow: 'reject' },
  });
