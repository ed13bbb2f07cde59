/** What an answer of a channel means for the notification and for its lane. */
import type { Carried } from '../../protocols/notifier.js';
import { isGlobal, limitedMs, pacedMs } from './waits.js';

export interface JudgeRules {
  /** Failed attempts at one notification; waits do not count. */
  readonly attemptsMax: number;
  readonly retryMsMin: number;
  readonly retryMsMax: number;
}

export const defaults: JudgeRules = { attemptsMax: 6, retryMsMin: 1_000, retryMsMax: 60_000 };

export interface Circumstances {
  /** At this notification, before this attempt. */
  readonly attemptsUsed: number;
  /** Of the lane: failed attempts in a row, at whatever notification. */
  readonly failures: number;
  /** Of the lane: answers 429 in a row. */
  readonly limited: number;
  readonly wallMs: number;
  /** 0 to 1. */
  readonly random: number;
}

/** `pauseMs`: before the lane's next attempt. `stop`: the lane refuses everybody. */
export type Judgement = {
  readonly code: string | null;
  readonly httpStatus: number | null;
  readonly message: string;
  readonly pauseMs: number;
} & (
  | { readonly outcome: 'delivered' | 'retry' }
  | { readonly outcome: 'rate_limited'; readonly global: boolean }
  | { readonly outcome: 'dead_lettered'; readonly stop: boolean }
);

const refusing: ReadonlySet<number> = new Set([401, 403, 404]);

export function judge(carried: Carried, now: Circumstances, rules: JudgeRules): Judgement {
  if (carried.type === 'unreached') {
    const { code, message } = carried;
    return again({ code, message, httpStatus: null }, now, rules);
  }
  const { status } = carried;
  const httpStatus = status;
  const facts = { code: codeOf(carried), httpStatus, message: messageOf(carried) };
  if (status >= 200 && status < 300)
    return { code: null, httpStatus, message: '', outcome: 'delivered', pauseMs: pacedMs(carried) };
  if (status === 429) {
    const pauseMs = limitedMs(carried, now.limited, now.wallMs) + Math.ceil(250 * now.random);
    return { ...facts, outcome: 'rate_limited', global: isGlobal(carried), pauseMs };
  }
  // A redirect is not followed: it would hand what we say, and perhaps a secret, to somebody else.
  const stop = refusing.has(status) || (status >= 300 && status < 400);
  if (status < 500) return { ...facts, outcome: 'dead_lettered', stop, pauseMs: 0 };
  return again(facts, now, rules);
}

/**
 * The lane's failures decide the wait, not the notification's: while a channel is down the first one is given up after
 * half a minute, but what comes behind it is tried once a minute and outlives an outage.
 */
function again(
  facts: { readonly code: string; readonly httpStatus: number | null; readonly message: string },
  { attemptsUsed, failures, random }: Circumstances,
  { attemptsMax, retryMsMin, retryMsMax }: JudgeRules,
): Judgement {
  const pauseMs = spread(Math.min(retryMsMax, retryMsMin * 2 ** Math.min(failures, 20)), random);
  if (attemptsUsed + 1 < attemptsMax) return { ...facts, outcome: 'retry', pauseMs };
  // The next one may be innocent, and is tried at once.
  return { ...facts, outcome: 'dead_lettered', stop: false, pauseMs: 0 };
}

/** Up to a fifth more, so that lanes that failed together do not come back together. Never less than was asked for. */
const spread = (ms: number, random: number): number => Math.ceil(ms * (1 + 0.2 * random));

type Answered = Extract<Carried, { readonly type: 'answered' }>;

/** Discord's own code where there is one. */
function codeOf({ status, body }: Answered): string {
  const code = body?.['code'];
  return typeof code === 'number' && Number.isInteger(code) ? `http_${status}_${code}` : `http_${status}`;
}

function messageOf({ status, body }: Answered): string {
  const message = body?.['message'];
  return typeof message === 'string' ? `HTTP ${status}: ${message}` : `HTTP ${status}`;
}
