/**
 * Gives requests to free workers and answers each exactly once: with its handler's answer, or with a coded failure. What
 * was lost with a worker is tried again when its asker said that it may be. It knows its workers only by their drivers.
 */
import { child } from '../kernel/actor-spec.js';
import type { AskFailure, AskOutcome, Behavior, Ctx, Handle, Signal } from '../kernel/behavior.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import { describeReason } from '../../protocols/exit-reason.js';
import type { Name } from '../../protocols/name.js';
import type { Work, WorkerFailed, WorkerLossCode } from '../../protocols/workers.js';
import type { Berth } from './berth.js';
import { Desks } from './desks.js';
import type { Fate, PoolMsg, Ran, Run } from './messages.js';
import { add, type Job, type Tally, tallyZero } from './tally.js';
import { WorkQueue } from './work-queue.js';

export interface PoolArgs {
  /** One for each worker. */
  readonly berths: readonly Berth[];
  /** Requests that one worker holds at once. */
  readonly inFlightMax: number;
  readonly requestMs: number;
  readonly killMs: number;
  readonly queueMax: number;
  readonly queueBytesMax: number;
  readonly queueMs: number;
  /** Tries of a repeatable request that are lost with their workers before it fails. */
  readonly attemptsMax: number;
}

type Msg =
  | PoolMsg
  | {
      readonly type: 'ran';
      readonly job: Job;
      readonly worker: Handle<Run>;
      readonly outcome: AskOutcome<Ran>;
    }
  | { readonly type: 'waited'; readonly id: number };

/** The queue and the desks are small types of their own that change in place: both are met with every request. */
export interface State extends PoolArgs {
  readonly lastId: number;
  readonly queue: WorkQueue<Job>;
  readonly desks: Desks;
  readonly tally: Tally;
}

export const init = (args: PoolArgs, ctx: Ctx<Msg>): State => {
  ctx.trapExits(true);
  const desks = new Desks(args.berths.length, args.inFlightMax);
  return { ...args, lastId: 0, queue: new WorkQueue(), desks, tally: tallyZero };
};

export function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'work':
      return submit(state, message, ctx);
    case 'ran':
      return pump(ran(state, message, ctx), ctx);
    case 'waited':
      return expire(state, message.id, ctx);
    case 'worker_up':
      ctx.monitor(message.worker);
      state.desks.up(message.number, message.worker);
      return pump(state, ctx);
    case 'worker_lost':
      return count(state, { killed: Number(message.loss.killed) }, message.loss.code);
    case 'worker_counts':
      ctx.reply(message, {
        ...state.tally,
        ...state.desks.counts(ctx.nowMs()),
        queued: state.queue.size,
      });
      return state;
  }
}

/** Drivers say what they know before they end; this is for those that were killed and could say nothing. */
export function signal(state: State, heard: Signal): State {
  if (heard.type === 'down' && heard.handle !== undefined) state.desks.down(heard.handle);
  return state;
}

function submit(state: State, work: Msg & { type: 'work' }, ctx: Ctx<Msg>): State {
  const refusal = refusalOf(state, work);
  if (refusal !== null) {
    ctx.reply(work, failure('queue_full', refusal, true));
    return count(state, { refused: 1 });
  }
  const id = state.lastId + 1;
  const { queueMs = state.queueMs } = work;
  state.queue.push({ id, work, attempt: 1, to: ctx.deferReply(work) });
  ctx.timer(timerOf(id), queueMs, { type: 'waited', id });
  const accepted = count(state, { accepted: 1, queuedBytes: work.bytes ?? 0 });
  return pump({ ...accepted, lastId: id }, ctx);
}

function refusalOf(
  { queue, desks, queueMax, queueBytesMax, tally }: State,
  work: Work<unknown>,
): string | null {
  if (desks.free() !== undefined) return null;
  if (queue.size >= queueMax) return `${queue.size} requests wait, the limit is ${queueMax}`;
  const { bytes = 0 } = work;
  return tally.queuedBytes + bytes > queueBytesMax
    ? `${tally.queuedBytes} bytes wait and ${bytes} come, the limit is ${queueBytesMax}`
    : null;
}

function pump(state: State, ctx: Ctx<Msg>): State {
  let now = state;
  for (;;) {
    const worker = now.queue.size === 0 ? undefined : now.desks.free();
    const job = worker === undefined ? undefined : now.queue.shift();
    if (worker === undefined || job === undefined) return now;
    dispatch(now, job, worker, ctx);
    now = count(now, { queuedBytes: -(job.work.bytes ?? 0) });
  }
}

/** The driver answers in any case, so this deadline is for a driver that cannot. */
const driverSlackMs = 30_000;

function dispatch(state: State, job: Job, worker: Handle<Run>, ctx: Ctx<Msg>): void {
  ctx.cancelTimer(timerOf(job.id));
  state.desks.begin(worker, ctx.nowMs());
  const { work, id, attempt } = job;
  const { requestMs = state.requestMs, key = String(id), repeatable = false } = work;
  const transfer = repeatable ? [] : (work.transfer ?? []);
  const run = { type: 'run', key, attempt, request: work.request, requestMs, transfer } as const;
  ctx.ask(worker, run, { deadlineMs: requestMs + state.killMs + driverSlackMs }, (outcome) => ({
    type: 'ran',
    job,
    worker,
    outcome,
  }));
}

function ran(state: State, { job, worker, outcome }: Msg & { type: 'ran' }, ctx: Ctx<Msg>): State {
  state.desks.end(worker, ctx.nowMs());
  const result = outcome.ok ? outcome.value : driverFailed(outcome.reason);
  if (result.ok) {
    ctx.replyTo(job.to, { ok: true, value: result.value });
    return count(state, { done: 1 });
  }
  const { code, message, retryable, fate } = result;
  if (fate !== 'answered' && fate !== 'unheard') state.desks.down(worker);
  if (fate === 'untouched' || fate === 'unheard') return again(state, job, ctx);
  const mayRepeat = job.work.repeatable === true && job.attempt < state.attemptsMax;
  if (fate === 'lost' && mayRepeat)
    return count(again(state, { ...job, attempt: job.attempt + 1 }, ctx), { retried: 1 });
  ctx.replyTo(job.to, failure(code, message, retryable));
  return count(state, { failed: 1 });
}

/** Back to the front of the queue, without being asked whether there is room: it was accepted before. */
function again(state: State, job: Job, ctx: Ctx<Msg>): State {
  state.queue.pushFirst(job);
  ctx.timer(timerOf(job.id), job.work.queueMs ?? state.queueMs, { type: 'waited', id: job.id });
  return count(state, { queuedBytes: job.work.bytes ?? 0 });
}

/** What a driver could not answer itself. */
function driverFailed(reason: AskFailure): Ran & { ok: false } {
  const failed = (code: WorkerLossCode, message: string, fate: Fate): Ran & { ok: false } => ({
    ...failure(code, message, true),
    fate,
  });
  switch (reason.type) {
    case 'exit':
      // A killed driver could not wait for its worker's end, so that may still be at it.
      return reason.reason.kind === 'killed'
        ? failed('worker_stuck', 'its driver was killed', 'spent')
        : failed('worker_died', describeReason(reason.reason), 'lost');
    case 'noproc':
      return failed('worker_died', 'its driver was gone', 'untouched');
    case 'mailbox_full':
      return failed('worker_flooded', 'its driver hears too much', 'unheard');
    default:
      return failed('worker_stuck', `its driver does not answer: ${reason.type}`, 'spent');
  }
}

function expire(state: State, id: number, ctx: Ctx<Msg>): State {
  const job = state.queue.withdraw(id);
  if (job === undefined) return state;
  const waited = `no worker took it within ${job.work.queueMs ?? state.queueMs} ms`;
  ctx.replyTo(job.to, failure('expired', waited, true));
  return count(state, { expired: 1, queuedBytes: -(job.work.bytes ?? 0) });
}

const failure = (code: string, message: string, retryable: boolean): WorkerFailed => ({
  ok: false,
  code,
  message,
  retryable,
});

const count = (state: State, more: Parameters<typeof add>[1], lossCode?: string): State => ({
  ...state,
  tally: add(state.tally, more, lossCode),
});

const timerOf = (id: number): string => `waiting ${id}`;

/** Workers whose drivers could not see to it themselves. */
function terminate({ berths }: State): void {
  for (const { life } of berths) life?.kill();
}

export const workerPoolDesk = (
  name: Name<PoolMsg>,
  args: PoolArgs & { readonly mailboxCapacity: number },
): ChildSpec<PoolMsg> => {
  const { mailboxCapacity, ...rest } = args;
  const behavior: Behavior<State, Msg, PoolArgs> = { init, handle, signal, terminate };
  return child({
    id: 'desk',
    name: name as Name<Msg>,
    behavior,
    args: rest,
    restart: 'permanent',
    shutdownMs: 1_000,
    mailbox: { capacity: mailboxCapacity, overflow: 'reject' },
    // Whoever asked has been told that nobody answers; the workers begin anew as well.
    onRestart: 'dead_letter',
  });
};
