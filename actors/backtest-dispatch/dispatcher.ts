/**
 * Admission and pacer. Takes requests in at level durable; leases due ones in batches while a backend has room for
 * them; each attempt is a row before its frame leaves. Nothing polls: it wakes for an answer, a hint, a due time, a
 * backend, and once a minute in case a hint was lost.
 *
 * It begins by taking back what other holders had leased. One process start is one boot; a dispatcher that starts again
 * within the process leases under a new one, so that its predecessor's attempts are known from its own.
 */
import { child } from '../kernel/actor-spec.js';
import type { Ctx, ReplyTo } from '../kernel/behavior.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import { names } from '../../protocols/backtest-dispatch.js';
import type { DispatcherMsg, DispatchSettings, Settled } from '../../protocols/backtest-dispatch.js';
import { isNormalLike } from '../../protocols/exit-reason.js';
import type { ExitReason } from '../../protocols/exit-reason.js';
import { dbAnswer, names as db } from '../../protocols/db-writes.js';
import type { DbAnswer, DbRefusal } from '../../protocols/db-writes.js';
import type { LeaseAnswer, LeasedRequest, Returned, SubmitOutcome } from '../../protocols/db-rows.js';
import type { Name } from '../../protocols/name.js';
import { askChore } from './chores.js';
import { InFlight } from './in-flight.js';
import type { Chore, ChoreAnswered } from './chores.js';
import {
  count,
  loseBackend,
  phaseOf,
  rangeOf,
  rateOf,
  returning,
  statusOf,
  withChore,
  withoutAttempts,
} from './dispatcher-state.js';
import type { DispatcherArgs, State, SubmitReply } from './dispatcher-state.js';
import { frameOf } from './frames.js';
import { keepLetter } from './letters.js';
import { isBackendFailure } from '../../protocols/backtest-wire/index.js';
import { changed, defaults as settings, restored } from './settings.js';
import { isAnyHeld, isSuspect, nextAlone, noSuspects, stillOut } from './suspects.js';
import { closed, failed, succeeded, timePassed } from './pace/breaker.js';
import { drawn, fullBucket } from './pace/token-bucket.js';
import { learned, startingLimit } from './pace/latency-limit.js';
import { placesFor } from './pace/places.js';
import { tellIfThere } from './tell-if-there.js';
import { backoffMs, isSurprise } from './weather.js';

export const defaults = {
  settings,
  askMs: 30_000,
  lookMs: 60_000,
  linkFullMs: 250,
  /** Requests in one `submit`, and submits under way. */
  submitMax: 500,
  submitsMax: 32,
  watchersMax: 64,
  expireMax: 500,
} as const;

type Msg =
  | DispatcherMsg
  | ChoreAnswered
  | {
      readonly type: 'submitted';
      readonly to: SubmitReply;
      readonly answer: DbAnswer<readonly SubmitOutcome[]>;
    }
  | {
      readonly type: 'settings_stored';
      readonly to: ReplyTo<DbAnswer<DispatchSettings>>;
      readonly change: Partial<DispatchSettings>;
      readonly answer: DbAnswer<null>;
    }
  | { readonly type: 'pace' | 'look' | 'chore_again' };

export function init(args: DispatcherArgs, ctx: Ctx<Msg>): State {
  ctx.trapExits(true);
  ctx.timer('look', args.lookMs, { type: 'look' });
  tellIfThere(ctx, names.backendLink, { type: 'who_is_up' });
  const { bootId, pid } = args;
  const state: State = {
    args,
    limit: startingLimit({ floor: args.settings.inFlightMin, ceiling: args.settings.inFlightMax }),
    breaker: closed,
    bucket: fullBucket(ctx.nowMs(), { perS: args.settings.ratePerS, burst: args.settings.batchMax }),
    fairCredit: 0,
    holder: null,
    ready: false,
    settings: args.settings,
    backend: null,
    inFlight: new InFlight(),
    suspects: noSuspects,
    chores: [{ type: 'register_boot', bootId, pid, startedWallMs: ctx.wallMs() }],
    asking: false,
    refusals: 0,
    leaseSession: null,
    mayHaveWork: true,
    nextBatchAtMs: 0,
    submits: 0,
    settled: 0,
    heardMs: ctx.nowMs(),
    watchers: [],
    counts: { leased: 0, settled: 0, requeued: 0, late: 0, returned: 0, expired: 0, unsendable: 0 },
    trouble: null,
  };
  return pump(state, ctx);
}

export function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'submit':
      return submit(state, message, ctx);
    case 'submitted':
      ctx.replyTo(message.to, message.answer);
      return pump({ ...state, submits: state.submits - 1, mayHaveWork: true }, ctx);
    case 'work_available':
      return pump({ ...state, mayHaveWork: true }, ctx);
    case 'settled':
      return pump(settle(state, message, ctx), ctx);
    case 'sent':
      return noteSent(state, message.attemptIds, message.wallMs, ctx);
    case 'not_sent': {
      const { attemptId, reason } = message;
      if (reason === 'too_large')
        return pump(unsendable(state, attemptId, 'the frame is longer than any that may be sent', ctx), ctx);
      const nextBatchAtMs = Math.max(state.nextBatchAtMs, ctx.nowMs() + state.args.linkFullMs);
      return pump({ ...returning(state, [attemptId], false, ctx.wallMs()), nextBatchAtMs }, ctx);
    }
    case 'backend_up':
      if (state.backend?.session === message.session) return state;
      return pump({ ...loseBackend(state, true, ctx.wallMs()), backend: message, mayHaveWork: true }, ctx);
    case 'backend_down':
      if (state.backend?.session !== message.session) return state;
      return pump(loseBackend(state, message.crash, ctx.wallMs()), ctx);
    case 'chore_answered':
      return answered(state, message, ctx);
    case 'chore_again':
      return pump({ ...state, asking: false }, ctx);
    case 'pace':
      return pump(state, ctx);
    case 'look':
      return pump(look({ ...state, mayHaveWork: true }, ctx), ctx);
    case 'change_settings':
      return changeSettings(state, message, ctx);
    case 'settings_stored':
      return settingsStored(state, message, ctx);
    case 'status':
      ctx.reply(message, statusOf(state, ctx.nowMs()));
      return state;
    case 'settled_since':
      return watch(state, message, ctx);
  }
}

/** The one place that starts anything: first what the store owes us, then a batch if all allows it. */
function pump(state: State, ctx: Ctx<Msg>): State {
  if (state.asking) return state;
  const [chore] = state.chores;
  if (chore !== undefined) {
    askChore(ctx, chore, state.args.askMs);
    return { ...state, asking: true };
  }
  const { backend, holder } = state;
  if (backend === null || holder === null) return state;
  const suspects = stillOut(state.suspects, state.inFlight);
  if (isAnyHeld(suspects)) return tryAlone({ ...state, suspects }, ctx);
  if (!state.mayHaveWork) return state;
  const waitMs = state.nextBatchAtMs - ctx.nowMs();
  if (waitMs > 0) return wakeIn(state, waitMs, ctx);
  const now = { ...state, breaker: timePassed(state.breaker, ctx.nowMs()) };
  if (phaseOf(now) === 'breaker_open') return wakeIn(now, breakerWaitMs(now, ctx), ctx);
  if (phaseOf(now) !== 'dispatching') return now;
  const places = placesFor(now, ctx.nowMs());
  if (places.free === 0) return places.waitMs === null ? now : wakeIn(now, places.waitMs, ctx);
  const lease: Chore = {
    type: 'lease_due',
    attemptIds: Array.from({ length: places.free }, () => state.args.newId()),
    longestWaiting: places.longestWaiting,
    bootId: holder,
    backend: backend.backend,
    wallMs: ctx.wallMs(),
  };
  const taking = { ...now, bucket: places.bucket, fairCredit: places.fairCredit };
  return pump({ ...withChore(taking, lease), leaseSession: backend.session }, ctx);
}

/** Nothing is leased beside a suspect; the next one goes when the one before it has ended. */
function tryAlone(state: State, ctx: Ctx<Msg>): State {
  const now = { ...state, breaker: timePassed(state.breaker, ctx.nowMs()) };
  if (phaseOf(now) === 'breaker_open') return wakeIn(now, breakerWaitMs(now, ctx), ctx);
  const next = nextAlone(now.suspects, now.inFlight);
  if (next === undefined || phaseOf(now) !== 'dispatching') return now;
  const suspects = { waiting: now.suspects.waiting.slice(1), trying: next.attemptId };
  return pump(send({ ...now, suspects }, next, ctx), ctx);
}

function wakeIn(state: State, waitMs: number, ctx: Ctx<Msg>): State {
  ctx.timer('pace', Math.max(1, waitMs), { type: 'pace' });
  return state;
}

const breakerWaitMs = ({ breaker }: State, ctx: Ctx<Msg>): number =>
  breaker.phase === 'open' ? breaker.untilMs - ctx.nowMs() : 0;

function answered(state: State, message: ChoreAnswered, ctx: Ctx<Msg>): State {
  const { answer } = message;
  if (!answer.ok) return refused(state, message.chore, answer, ctx);
  const rest = { ...state, chores: state.chores.slice(1), asking: false, refusals: 0, trouble: null };
  return pump(carriedOut(rest, message, ctx), ctx);
}

function refused(state: State, chore: Chore, refusal: DbRefusal, ctx: Ctx<Msg>): State {
  const { code, message } = refusal;
  if (isSurprise(refusal)) throw new Error(`${chore.type} was refused as ${code}: ${message}`);
  ctx.timer('chore again', backoffMs(state.refusals, ctx.random()), { type: 'chore_again' });
  const sinceWallMs = state.trouble?.sinceWallMs ?? ctx.wallMs();
  return { ...state, refusals: state.refusals + 1, trouble: { code, message, sinceWallMs } };
}

function carriedOut(state: State, { of, chore, answer }: ChoreAnswered, ctx: Ctx<Msg>): State {
  if (!answer.ok) return state;
  switch (of) {
    case 'register_boot':
      return registered(state, chore.bootId, answer.value.isNew, ctx);
    case 'recover':
      return withChore(returned(state, answer.value, ctx), { type: 'dispatch_settings' });
    case 'dispatch_settings':
      return { ...state, ready: true, settings: restored(state.settings, answer.value) };
    case 'lease_due':
      return leased(state, chore.attemptIds.length, answer.value, ctx);
    case 'return_leases':
      return { ...returned(state, answer.value, ctx), mayHaveWork: true };
    case 'expire_overdue': {
      const more = answer.value.length === chore.limit ? look(state, ctx) : state;
      return announce(count(more, 'expired', answer.value.length), answer.value.length, ctx);
    }
    case 'apply_failure': {
      const { disposition, requestId } = answer.value;
      const { attemptId } = chore.failure;
      return settle(state, { type: 'settled', attemptId, requestId, disposition }, ctx);
    }
  }
}

/**
 * Whose leases ours shall be. What an earlier process had out went down with that process and says nothing about the
 * requests; what our own predecessor had out may have been the reason why it crashed.
 */
function registered(state: State, bootId: string, isNew: boolean, ctx: Ctx<Msg>): State {
  const { args } = state;
  const isOfProcess = bootId === args.bootId;
  if (isOfProcess && !isNew) {
    const startedWallMs = ctx.wallMs();
    return withChore(state, { type: 'register_boot', bootId: args.newId(), pid: args.pid, startedWallMs });
  }
  const recover: Chore = { type: 'recover', bootId, wallMs: ctx.wallMs(), crash: !isOfProcess };
  return withChore({ ...state, holder: bootId }, recover);
}

function leased(state: State, asked: number, answer: LeaseAnswer, ctx: Ctx<Msg>): State {
  const { backend, leaseSession } = state;
  const wallMs = ctx.wallMs();
  const requests = answer.leased;
  // The backend went away while the store was asked: nothing of this was sent to anybody.
  if (backend === null || backend.session !== leaseSession) {
    const attemptIds = requests.map(({ attemptId }) => attemptId);
    return returning(state, attemptIds, false, wallMs);
  }
  const mayHaveWork = requests.length === asked;
  if (!mayHaveWork) {
    const dueMs = Math.max(1, (answer.nextDueWallMs ?? Infinity) - wallMs);
    ctx.timer('look', Math.min(state.args.lookMs, dueMs), { type: 'look' });
  }
  const sinceMs = ctx.nowMs();
  const { session } = backend;
  const heardMs = state.inFlight.size === 0 ? sinceMs : state.heardMs;
  for (const { attemptId, payloadJson } of requests)
    state.inFlight.add(attemptId, { session, sent: false, sinceMs, bytes: payloadJson.length });
  const nextBatchAtMs = requests.length > 0 ? sinceMs + state.settings.intervalMs : state.nextBatchAtMs;
  const bucket = drawn(state.bucket, requests.length, rateOf(state));
  const waiting = [...state.suspects.waiting, ...requests.filter(isSuspect)];
  const suspects = { ...state.suspects, waiting };
  const now = count(
    { ...state, mayHaveWork, nextBatchAtMs, bucket, suspects, heardMs },
    'leased',
    requests.length,
  );
  return requests
    .filter((request) => !isSuspect(request))
    .reduce((next, request) => send(next, request, ctx), now);
}

function send(state: State, request: LeasedRequest, ctx: Ctx<Msg>): State {
  const { attemptId } = request;
  const framed = frameOf(request);
  if (!framed.ok) return unsendable(state, attemptId, framed.problem, ctx);
  ctx.tell(names.backendLink, { type: 'send', attemptId, frame: framed.frame });
  return state;
}

/** Its place stays taken until the store has ended the attempt. */
function unsendable(state: State, attemptId: string, problem: string, ctx: Ctx<Msg>): State {
  const wallMs = ctx.wallMs();
  const failure = {
    attemptId,
    code: 'unsendable_request',
    message: problem,
    retryable: false,
    taken: false,
    answered: false,
    wallMs,
    dueWallMs: wallMs,
    summaryJson: '{}',
  };
  return withChore(count(state, 'unsendable'), { type: 'apply_failure', failure });
}

/** Told, not asked: an unknown time of sending stays unknown, and nothing waits for it. */
function noteSent(state: State, attemptIds: readonly string[], wallMs: number, ctx: Ctx<Msg>): State {
  ctx.tell(db.core, { type: 'note_sent', attemptIds, wallMs });
  for (const attemptId of attemptIds) state.inFlight.sent(attemptId, ctx.nowMs());
  return state;
}

function settle(state: State, settled: Settled, ctx: Ctx<Msg>): State {
  const { attemptId, disposition } = settled;
  const taught = teach(state, settled, ctx.nowMs());
  const free = { ...count(withoutAttempts(taught, [attemptId]), 'settled'), heardMs: ctx.nowMs() };
  const also = disposition === 'requeued' ? 'requeued' : disposition === 'late' ? 'late' : null;
  const counted = also === null ? free : count(free, also);
  // Queued again for later: the next lease says when that is.
  return announce(disposition === 'requeued' ? { ...counted, mayHaveWork: true } : counted, 1, ctx);
}

/** What an answer says of its backend: how it bears the load, and whether it is well. */
function teach(state: State, { attemptId, failureCode }: Settled, nowMs: number): State {
  const out = state.inFlight.get(attemptId);
  if (!out?.sent || out.session !== state.backend?.session) return state;
  if (failureCode !== undefined && isBackendFailure(failureCode))
    return { ...state, breaker: failed(state.breaker, nowMs) };
  const limit = learned(state.limit, nowMs - out.sinceMs, state.inFlight.size, rangeOf(state));
  return { ...state, limit, breaker: succeeded() };
}

function returned(state: State, requests: readonly Returned[], ctx: Ctx<Msg>): State {
  const dead = requests.filter((request) => request.state === 'dead_lettered');
  for (const { requestId, rescues } of dead)
    keepLetter(ctx, {
      letterId: `crash_loop-${requestId}`,
      reason: 'crash_loop',
      messageType: 'backtest_request',
      payload: { requestId },
      attempts: rescues,
      errors: ['its attempts went down with a crash too often'],
    });
  return announce(state, dead.length, ctx);
}

/** Something settled: whoever waits for that may look. */
function announce(state: State, settled: number, ctx: Ctx<Msg>): State {
  if (settled === 0) return state;
  const total = state.settled + settled;
  for (const watcher of state.watchers) ctx.replyTo(watcher, { settled: total });
  return { ...state, settled: total, watchers: [] };
}

function watch(
  state: State,
  message: Extract<DispatcherMsg, { type: 'settled_since' }>,
  ctx: Ctx<Msg>,
): State {
  const { watchers, settled } = state;
  // Too many to keep: an early answer sends the oldest to look for himself.
  const crowded = watchers.length >= state.args.watchersMax;
  const [oldest] = watchers;
  if (crowded && oldest !== undefined) ctx.replyTo(oldest, { settled });
  if (settled > message.seen) {
    ctx.reply(message, { settled });
    return crowded ? { ...state, watchers: watchers.slice(1) } : state;
  }
  const kept = crowded ? watchers.slice(1) : watchers;
  return { ...state, watchers: [...kept, ctx.deferReply(message)] };
}

function look(state: State, ctx: Ctx<Msg>): State {
  ctx.timer('look', state.args.lookMs, { type: 'look' });
  if (!state.ready || state.chores.some(({ type }) => type === 'expire_overdue')) return state;
  return withChore(state, { type: 'expire_overdue', wallMs: ctx.wallMs(), limit: state.args.expireMax });
}

function submit(state: State, message: Extract<DispatcherMsg, { type: 'submit' }>, ctx: Ctx<Msg>): State {
  const { submitMax, submitsMax, askMs } = state.args;
  const { requests } = message;
  const refuse = (code: string, text: string, retryable: boolean): State => {
    ctx.reply(message, { ok: false, code, message: text, retryable });
    return state;
  };
  if (requests.length === 0 || requests.length > submitMax)
    return refuse('invalid', `expected 1 to ${submitMax} requests at a time, got ${requests.length}`, false);
  if (state.submits >= submitsMax)
    return refuse('queue_full', `${state.submits} submits are under way`, true);
  const to = ctx.deferReply(message);
  ctx.ask(db.core, { type: 'submit_requests', requests }, { deadlineMs: askMs }, (outcome) => ({
    type: 'submitted',
    to,
    answer: dbAnswer(outcome),
  }));
  return { ...state, submits: state.submits + 1 };
}

function changeSettings(
  state: State,
  message: Extract<DispatcherMsg, { type: 'change_settings' }>,
  ctx: Ctx<Msg>,
): State {
  const next = changed(state.settings, message.settings);
  if (!next.ok) {
    ctx.reply(message, { ok: false, code: 'invalid', message: next.problem, retryable: false });
    return state;
  }
  const to = ctx.deferReply(message);
  const { changedBy } = message;
  ctx.ask(
    db.core,
    { type: 'change_dispatch_settings', settings: next.rows, wallMs: ctx.wallMs(), changedBy },
    { deadlineMs: state.args.askMs },
    (outcome) => ({ type: 'settings_stored', to, change: message.settings, answer: dbAnswer(outcome) }),
  );
  return state;
}

function settingsStored(
  state: State,
  { to, change, answer }: Extract<Msg, { type: 'settings_stored' }>,
  ctx: Ctx<Msg>,
): State {
  if (!answer.ok) {
    ctx.replyTo(to, answer);
    return state;
  }
  // Against what holds now: another change may have come between.
  const next = changed(state.settings, change);
  const inForce = next.ok ? next.settings : state.settings;
  ctx.replyTo(to, { ok: true, value: inForce });
  return pump({ ...state, settings: inForce }, ctx);
}

/** Stopped on purpose: the leases go back at once. After a crash the successor takes them, and counts that. */
function terminate(state: State, reason: ExitReason, ctx: Ctx<Msg>): void {
  if (!isNormalLike(reason)) return;
  const asked = state.chores.flatMap((chore) => ('attemptIds' in chore ? chore.attemptIds : []));
  const attemptIds = [...state.inFlight.ids, ...asked];
  if (attemptIds.length > 0)
    tellIfThere(ctx, db.core, { type: 'return_leases', attemptIds, crash: false, wallMs: ctx.wallMs() });
}

export const dispatcher = (
  args: Pick<DispatcherArgs, 'bootId' | 'pid' | 'newId'> & Partial<DispatcherArgs>,
): ChildSpec<DispatcherMsg> =>
  child<State, Msg, DispatcherArgs>({
    id: 'dispatcher',
    name: names.dispatcher as Name<Msg>,
    behavior: { init, handle, terminate },
    args: { ...defaults, ...args },
    restart: 'permanent',
    shutdownMs: 5_000,
    // Two messages for each attempt that may be out, and room for those who ask.
    mailbox: { capacity: 32_768, overflow: 'reject' },
  });
