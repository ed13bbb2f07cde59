/** What a lane remembers, and what follows from it. All that must not be forgotten is in rows. */
import type { EndedAttempt, LeasedNotification, NewNotification } from '../../protocols/db-notifier.js';
import type { LaneError, LaneReport, LaneState } from '../../protocols/notifier.js';
import type { Judgement, JudgeRules } from './judge.js';

export interface LaneArgs extends JudgeRules {
  readonly lane: string;
  readonly channel: LaneReport['channel'];
  readonly target: string;
  /** Who is told when this lane refuses. */
  readonly alarmLane: string;
  readonly bootId: string;
  readonly newId: () => string;
  readonly askMs: number;
  /** The channel ends by itself before that. */
  readonly carryMs: number;
  /** A stopped lane is tried again after that. */
  readonly blockedMs: number;
  /** No second alarm about the same lane within this time. */
  readonly alarmWindowMs: number;
  /** It looks by itself so often, in case a hint was lost. */
  readonly lookMs: number;
}

/** What of an attempt has been done, and has still to be stored. */
export interface Ending {
  readonly notification: LeasedNotification;
  readonly judgement: Judgement;
  readonly ended: EndedAttempt;
}

export type Step =
  | { readonly at: 'rest' }
  | { readonly at: 'leasing'; readonly attemptId: string }
  | { readonly at: 'carrying'; readonly notification: LeasedNotification }
  | { readonly at: 'ending'; readonly ending: Ending };

export interface State {
  readonly args: LaneArgs;
  readonly step: Step;
  /** Something may be there to be leased. */
  readonly mayHaveWork: boolean;
  /** Monotonic; nothing is begun before. */
  readonly pausedUntilMs: number;
  readonly failures: number;
  readonly limited: number;
  /** Wall; null: not stopped. */
  readonly blockedUntilWallMs: number | null;
  /** Wall; the first that waits is due then. */
  readonly dueWallMs: number | null;
  /** Refusals of the store in a row. */
  readonly refusals: number;
  readonly lastError: LaneError | null;
}

export const begin = (args: LaneArgs): State => ({
  args,
  step: { at: 'rest' },
  mayHaveWork: true,
  pausedUntilMs: 0,
  failures: 0,
  limited: 0,
  blockedUntilWallMs: null,
  dueWallMs: null,
  refusals: 0,
  lastError: null,
});

interface Times {
  readonly nowMs: number;
  readonly wallMs: number;
}

export function reportOf(state: State, { nowMs, wallMs }: Times): LaneReport {
  const { lane, channel, target } = state.args;
  const is = (laneState: LaneState, untilWallMs: number | null): LaneReport => ({
    ...{ lane, channel, target, lastError: state.lastError },
    state: laneState,
    untilWallMs,
  });
  if (state.refusals > 0) return is('store', null);
  if (state.blockedUntilWallMs !== null && state.blockedUntilWallMs > wallMs)
    return is('blocked', state.blockedUntilWallMs);
  if (state.step.at === 'carrying') return is('delivering', null);
  if (state.pausedUntilMs > nowMs) {
    const until = Math.ceil(wallMs + state.pausedUntilMs - nowMs);
    return is(state.failures > 0 ? 'waiting' : 'paused', until);
  }
  if (state.dueWallMs !== null && state.dueWallMs > wallMs) return is('waiting', state.dueWallMs);
  return is('idle', null);
}

/** The state after an attempt, as far as it is known without the store. */
export function learned(state: State, judgement: Judgement, { nowMs, wallMs }: Times): State {
  const { outcome, pauseMs } = judgement;
  const isFailure = outcome === 'retry' || (outcome === 'dead_lettered' && isTransient(judgement));
  return {
    ...state,
    failures: isFailure ? state.failures + 1 : outcome === 'rate_limited' ? state.failures : 0,
    limited: outcome === 'rate_limited' ? state.limited + 1 : 0,
    pausedUntilMs: Math.max(state.pausedUntilMs, nowMs + pauseMs),
    lastError:
      outcome === 'delivered'
        ? state.lastError
        : {
            code: judgement.code ?? 'unknown',
            httpStatus: judgement.httpStatus,
            message: judgement.message,
            atWallMs: wallMs,
          },
  };
}

/** An answer below 500 is about the notification or the address; the channel itself works. */
const isTransient = ({ httpStatus }: Judgement): boolean => httpStatus === null || httpStatus >= 500;

export function endedAttempt(
  args: LaneArgs,
  notification: LeasedNotification,
  judgement: Judgement,
  wallMs: number,
): EndedAttempt {
  const { lane, bootId, blockedMs, alarmLane, alarmWindowMs } = args;
  const stop = judgement.outcome === 'dead_lettered' && judgement.stop;
  return {
    attemptId: notification.attemptId,
    lane,
    outcome: judgement.outcome,
    httpStatus: judgement.httpStatus,
    code: judgement.code,
    wallMs,
    dueWallMs: wallMs + judgement.pauseMs,
    block: stop
      ? {
          bootId,
          untilWallMs: wallMs + blockedMs,
          alarm: alarmOf(args, notification, judgement, wallMs),
          alarmLane,
          alarmWindowMs,
        }
      : null,
  };
}

const dayMs = 24 * 3_600_000;

/** For the other lane: this one cannot tell it itself. */
function alarmOf(
  { lane, target, blockedMs }: LaneArgs,
  { attemptId, title }: LeasedNotification,
  { message }: Judgement,
  wallMs: number,
): NewNotification {
  const minutes = Math.max(1, Math.round(blockedMs / 60_000));
  return {
    notificationId: `lane_blocked:${attemptId}`,
    topic: 'alerts',
    severity: 'warn',
    title: `Notifier lane ${lane} is stopped`,
    body:
      `${target} refused a notification (${message}). It is in dead letters: "${title.slice(0, 200)}". What waits for ` +
      `this lane goes on waiting until it expires. The lane is tried again in ${minutes} min; check its webhook.`,
    collapseKey: null,
    sourceWallMs: wallMs,
    createdWallMs: wallMs,
    expiresWallMs: wallMs + dayMs,
  };
}
