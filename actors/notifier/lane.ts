/**
 * Delivers what waits for one channel: one at a time and strictly in order. Each attempt is a row before anything is sent;
 * its end is one transaction, asked for until it is stored. Dying at any point leaves an open attempt, which the next
 * life abandons: then it may be sent twice, and is never lost.
 */
import { child } from '../kernel/actor-spec.js';
import type { AskOutcome, Ctx } from '../kernel/behavior.js';
import type { Backoff, ChildSpec } from '../kernel/child-spec.js';
import { dbAnswer, names as db } from '../../protocols/db-writes.js';
import type { DbAnswer, DbRefusal } from '../../protocols/db-writes.js';
import type { LeaseNotificationAnswer } from '../../protocols/db-notifier.js';
import { names } from '../../protocols/notifier.js';
import type { Carried, LaneMsg } from '../../protocols/notifier.js';
import { judge } from './judge.js';
import { begin, endedAttempt, learned, reportOf } from './lane-state.js';
import type { LaneArgs, State } from './lane-state.js';
import { keepNotification } from './letters.js';
import { tellIfThere } from './tell-if-there.js';
import { isSurprise, weatherMs } from './weather.js';
import { waitRules } from './waits.js';

export type { LaneArgs } from './lane-state.js';

type Msg =
  | LaneMsg
  | { readonly type: 'wake' | 'store_again' }
  | { readonly type: 'leased'; readonly answer: DbAnswer<LeaseNotificationAnswer> }
  | { readonly type: 'carried'; readonly attemptId: string; readonly outcome: AskOutcome<Carried> }
  | { readonly type: 'ended'; readonly answer: DbAnswer<boolean> };

export function init(args: LaneArgs, ctx: Ctx<Msg>): State {
  return pump(begin(args), ctx);
}

export function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  const next = turn(state, message, ctx);
  tellIfThere(ctx, names.desk, { type: 'lane_is', report: reportOf(next, timesOf(ctx)) });
  return next;
}

function turn(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'work':
    case 'wake':
      return pump({ ...state, mayHaveWork: true }, ctx);
    case 'report':
      return state;
    case 'pause': {
      const pausedUntilMs = Math.max(state.pausedUntilMs, ctx.nowMs() + message.pauseMs);
      return pump({ ...state, pausedUntilMs }, ctx);
    }
    case 'unblocked':
      return pump({ ...state, blockedUntilWallMs: null, mayHaveWork: true }, ctx);
    case 'store_again':
      return askStore(state, ctx);
    case 'leased':
      return leased(state, message.answer, ctx);
    case 'carried':
      return carried(state, message.attemptId, message.outcome, ctx);
    case 'ended':
      return ended(state, message.answer, ctx);
  }
}

const timesOf = (ctx: Ctx<Msg>) => ({ nowMs: ctx.nowMs(), wallMs: ctx.wallMs() });

/** The one place that begins anything. */
function pump(state: State, ctx: Ctx<Msg>): State {
  if (state.step.at !== 'rest') return state;
  const waitMs = Math.max(state.pausedUntilMs - ctx.nowMs(), blockedMs(state, ctx));
  if (waitMs > 0 || !state.mayHaveWork) return sleep(state, waitMs > 0 ? waitMs : state.args.lookMs, ctx);
  const attemptId = state.args.newId();
  return askStore({ ...state, mayHaveWork: false, step: { at: 'leasing', attemptId } }, ctx);
}

/** A clock that was put back must not stop a lane for longer than it would have been. */
const blockedMs = ({ blockedUntilWallMs, args }: State, ctx: Ctx<Msg>): number =>
  blockedUntilWallMs === null ? 0 : Math.min(args.blockedMs, blockedUntilWallMs - ctx.wallMs());

function sleep(state: State, ms: number, ctx: Ctx<Msg>): State {
  ctx.timer('wake', Math.max(1, Math.ceil(ms)), { type: 'wake' });
  return state;
}

/** What is owed to the store at this step; both verbs may be asked again with the same ids. */
function askStore(state: State, ctx: Ctx<Msg>): State {
  const { step, args } = state;
  const { lane, bootId } = args;
  const options = { deadlineMs: args.askMs };
  if (step.at === 'leasing')
    ctx.ask(
      db.core,
      {
        ...{ type: 'lease_notification', lane, bootId, attemptId: step.attemptId },
        wallMs: ctx.wallMs(),
        waitMsMax: 2 * waitRules.waitMsMax,
      },
      options,
      (outcome) => ({ type: 'leased', answer: dbAnswer(outcome) }),
    );
  else if (step.at === 'ending')
    ctx.ask(
      db.core,
      { type: 'end_notification_attempt', ended: step.ending.ended },
      options,
      (outcome): Msg => ({ type: 'ended', answer: dbAnswer(outcome) }),
    );
  return state;
}

function refused(state: State, refusal: DbRefusal, ctx: Ctx<Msg>): State {
  const { code, message } = refusal;
  if (isSurprise(refusal)) throw new Error(`the outbox refused a lane as ${code}: ${message}`);
  ctx.timer('store again', weatherMs(state.refusals, ctx.random()), { type: 'store_again' });
  return { ...state, refusals: state.refusals + 1 };
}

function leased(state: State, answer: DbAnswer<LeaseNotificationAnswer>, ctx: Ctx<Msg>): State {
  if (!answer.ok) return refused(state, answer, ctx);
  const { leased: notification, nextDueWallMs, blockedUntilWallMs } = answer.value;
  const known = { ...state, refusals: 0, blockedUntilWallMs, dueWallMs: nextDueWallMs };
  if (notification === null) {
    const rest: State = { ...known, step: { at: 'rest' } };
    if (blockedUntilWallMs !== null || nextDueWallMs === null) return pump(rest, ctx);
    const waitMs = Math.min(waitRules.waitMsMax, Math.max(1, nextDueWallMs - ctx.wallMs()));
    return sleep(rest, waitMs, ctx);
  }
  const { lane, carryMs } = state.args;
  const { attemptId } = notification;
  ctx.ask(names.courier(lane), { type: 'carry', notification }, { deadlineMs: carryMs }, (outcome) => ({
    type: 'carried',
    attemptId,
    outcome,
  }));
  return { ...known, step: { at: 'carrying', notification } };
}

function carried(state: State, attemptId: string, outcome: AskOutcome<Carried>, ctx: Ctx<Msg>): State {
  const { step, args } = state;
  if (step.at !== 'carrying' || step.notification.attemptId !== attemptId) return state;
  const { notification } = step;
  const times = timesOf(ctx);
  const judgement = judge(
    outcome.ok ? outcome.value : unheard(outcome.reason.type),
    {
      attemptsUsed: notification.attemptsUsed,
      failures: state.failures,
      limited: state.limited,
      wallMs: times.wallMs,
      random: ctx.random(),
    },
    args,
  );
  if (judgement.outcome === 'rate_limited' && judgement.global)
    tellIfThere(ctx, names.desk, {
      type: 'host_paused',
      target: args.target,
      pauseMs: judgement.pauseMs,
    });
  const done = endedAttempt(args, notification, judgement, times.wallMs);
  const after = learned(state, judgement, times);
  return askStore(
    { ...after, step: { at: 'ending', ending: { notification, judgement, ended: done } } },
    ctx,
  );
}

/** The courier died, or was not there. Whether the channel took it is unknown, so it is tried again. */
const unheard = (type: string): Carried => ({
  type: 'unreached',
  code: `courier_${type}`,
  message: `whoever carries for this lane did not answer: ${type}`,
});

function ended(state: State, answer: DbAnswer<boolean>, ctx: Ctx<Msg>): State {
  const { step } = state;
  if (step.at !== 'ending') return state;
  if (!answer.ok) return refused(state, answer, ctx);
  const { ending } = step;
  const { block } = ending.ended;
  // Also when it had ended before: then the answer to the same question was lost, and the letter is the same letter.
  if (ending.judgement.outcome === 'dead_lettered') keepNotification(ctx, state.args.lane, ending);
  const rest: State = { ...state, refusals: 0, step: { at: 'rest' }, mayHaveWork: true };
  if (block === null) return pump(rest, ctx);
  // The alarm is a row already; the desk need not wait for its next look to tell the other lane.
  tellIfThere(ctx, names.desk, { type: 'work_available' });
  return pump({ ...rest, blockedUntilWallMs: block.untilWallMs }, ctx);
}

export const lane = (args: LaneArgs, backoff: Backoff): ChildSpec<LaneMsg> =>
  child({
    id: 'lane',
    name: names.lane(args.lane),
    behavior: { init, handle },
    args,
    restart: 'permanent',
    shutdownMs: 1_000,
    mailbox: { capacity: 256, overflow: 'reject' },
    onRestart: 'dead_letter',
    backoff,
  });
