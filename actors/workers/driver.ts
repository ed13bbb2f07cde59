/**
 * Owns one worker for as long as that lives: hands it requests, holds it to its deadlines and its manners, and ends when
 * it ends. What was in flight is answered only once the worker is gone, so that nothing is tried again while it may
 * still be going on.
 */
import { child } from '../kernel/actor-spec.js';
import type { Behavior, Ctx, Ref, ReplyTo, Settled } from '../kernel/behavior.js';
import type { Backoff, ChildSpec } from '../kernel/child-spec.js';
import { describeError, failed } from '../../protocols/exit-reason.js';
import type { Name } from '../../protocols/name.js';
import type { WorkerNotice } from '../../protocols/workers.js';
import type { Berth } from './berth.js';
import type { Fate, Loss, PoolMsg, Ran, Run } from './messages.js';
import { PortLife } from './port-life.js';
import { describeExit, type WorkerExit, type WorkerPortFactory } from './port.js';
import { type FromWorker, readFromWorker, type ToWorker } from './wire.js';

export interface DriverArgs {
  readonly pool: Name<PoolMsg>;
  readonly poolId: string;
  readonly berth: Berth;
  readonly worker: WorkerPortFactory;
  /** From its start to its `ready`; then it is killed. */
  readonly startMs: number;
  /** From a kill to the end of the worker; then it is left to itself and counted. */
  readonly killMs: number;
  /** Whether the driver's own start waits for its worker's. */
  readonly waitForReady: boolean;
  /** Longest message of a worker. */
  readonly answerBytesMax: number;
  /** A value that does not pass is a lie. */
  readonly isAnswer: (value: unknown) => boolean;
  readonly notices: { readonly to: Name<WorkerNotice>; readonly perSecondMax: number } | null;
}

type Msg =
  | Run
  | { readonly type: 'said'; readonly life: PortLife; readonly message: unknown; readonly bytes: number }
  | { readonly type: 'overdue'; readonly id: number }
  | { readonly type: 'start_overdue' | 'kill_overdue' }
  | { readonly type: 'exited'; readonly settled: Settled<WorkerExit> };

interface Held {
  readonly to: ReplyTo<Ran>;
}

export interface State extends DriverArgs {
  readonly life: PortLife;
  readonly phase: 'starting' | 'ready' | 'ending';
  readonly lastId: number;
  readonly inFlight: ReadonlyMap<number, Held>;
  /** Why it was killed, and which request was to blame. */
  readonly loss: Loss | null;
  readonly noticed: { readonly second: number; readonly count: number };
}

async function init(args: DriverArgs, ctx: Ctx<Msg>): Promise<State> {
  ctx.trapExits(true);
  const self: Ref<Msg> = ctx.self;
  const port = args.worker({ number: args.berth.number, messageBytesMax: args.answerBytesMax });
  const life: PortLife = new PortLife(port, {
    heard: (message, bytes) => self.tell({ type: 'said', life, message, bytes }) === 'accepted',
  });
  args.berth.moor(life);
  ctx.pipeToSelf(life.exited, (settled) => ({ type: 'exited', settled }), { mayNeverEnd: true });
  ctx.timer('start', args.startMs, { type: 'start_overdue' });
  if (args.waitForReady) await started(life);
  const noticed = { second: 0, count: 0 };
  return { ...args, life, phase: 'starting', lastId: 0, inFlight: new Map(), loss: null, noticed };
}

/** What it said is looked at afterwards. @throws when it ends instead */
async function started(life: PortLife): Promise<void> {
  const ended = await Promise.race([life.spoke, life.exited]);
  if (ended !== undefined) throw new Error(`it ended before it was ready: ${describeExit(ended)}`);
}

function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'run':
      return run(state, message, ctx);
    case 'said':
      return message.life === state.life && state.phase !== 'ending' ? hear(state, message, ctx) : state;
    case 'overdue':
      return overdue(state, message.id, ctx);
    case 'start_overdue':
      return end(state, 'timeout', `it was not ready within ${state.startMs} ms`, ctx);
    case 'kill_overdue':
      return leave(state, ctx);
    case 'exited':
      return gone(state, message.settled, ctx);
  }
}

function run(state: State, request: Run, ctx: Ctx<Msg>): State {
  if (state.phase !== 'ready') {
    ctx.reply(request, failure('worker_died', 'the worker is not there', 'untouched'));
    return state;
  }
  const id = state.lastId + 1;
  const { key, attempt, transfer, requestMs } = request;
  const message: ToWorker = { type: 'work', id, key, attempt, request: request.request };
  try {
    state.life.post(message, transfer);
  } catch (error) {
    const failed = failure('unsendable', describeError(error), 'answered');
    ctx.reply(request, { ...failed, retryable: false });
    return state;
  }
  ctx.timer(timerOf(id), requestMs, { type: 'overdue', id });
  const inFlight = new Map(state.inFlight).set(id, { to: ctx.deferReply(request) });
  return { ...state, lastId: id, inFlight };
}

function hear(state: State, { message, bytes }: Msg & { type: 'said' }, ctx: Ctx<Msg>): State {
  if (bytes > state.answerBytesMax) {
    const why = `it said something of ${bytes} bytes, at most ${state.answerBytesMax} are heard`;
    return end(state, 'worker_flooded', why, ctx);
  }
  const said = readFromWorker(message);
  if (said === null) return end(state, 'worker_lied', 'it said what makes no sense', ctx);
  switch (said.type) {
    case 'ready':
      if (state.phase === 'ready') return end(state, 'worker_lied', 'it was ready twice', ctx);
      ctx.cancelTimer('start');
      tellPool(state, { type: 'worker_up', number: state.berth.number, worker: ctx.handle }, ctx);
      return { ...state, phase: 'ready' };
    case 'notice':
      return notice(state, said.notice, ctx);
    case 'answer': {
      const held = state.inFlight.get(said.id);
      if (held === undefined) return end(state, 'worker_lied', strangeAnswer(state, said.id), ctx);
      if (said.ok && !state.isAnswer(said.value))
        return end(state, 'worker_lied', `its answer to request ${said.id} has a wrong shape`, ctx);
      ctx.cancelTimer(timerOf(said.id));
      ctx.replyTo(held.to, ranOf(said));
      const inFlight = new Map(state.inFlight);
      inFlight.delete(said.id);
      return { ...state, inFlight };
    }
  }
}

const strangeAnswer = ({ lastId }: State, id: number): string =>
  id >= 1 && id <= lastId
    ? `it answered request ${id} twice`
    : `it answered request ${id}, which nobody made`;

function notice(state: State, said: unknown, ctx: Ctx<Msg>): State {
  if (state.notices === null) return end(state, 'worker_lied', 'it gave notice, and nobody wants any', ctx);
  const second = Math.floor(ctx.nowMs() / 1_000);
  const count = second === state.noticed.second ? state.noticed.count + 1 : 1;
  const { to, perSecondMax } = state.notices;
  if (count > perSecondMax)
    return end(state, 'worker_flooded', `it gave more than ${perSecondMax} notices in a second`, ctx);
  const ref = ctx.whereis(to);
  if (ref?.alive === true)
    ctx.tell(ref, { type: 'worker_notice', pool: state.poolId, worker: state.berth.number, notice: said });
  return { ...state, noticed: { second, count } };
}

function overdue(state: State, id: number, ctx: Ctx<Msg>): State {
  if (!state.inFlight.has(id)) return state;
  return end(state, 'timeout', `request ${id} was not answered in its time`, ctx, id);
}

/** The first reason stays. What is in flight waits for the worker's end. */
function end(
  state: State,
  code: Loss['code'],
  message: string,
  ctx: Ctx<Msg>,
  guilty: number | null = null,
): State {
  if (state.phase === 'ending') return state;
  state.life.kill();
  ctx.timer('kill', state.killMs, { type: 'kill_overdue' });
  return { ...state, phase: 'ending', loss: { code, message, killed: true, guilty } };
}

function gone(state: State, settled: Settled<WorkerExit>, ctx: Ctx<Msg>): State {
  const how = settled.ok ? describeExit(settled.value) : describeError(settled.error);
  if (state.loss !== null) return settle(state, state.loss, ctx);
  const { overheard } = state.life;
  const message = overheard ? 'it said more than could be heard' : `it ended: ${how}`;
  const code = overheard ? 'worker_flooded' : 'worker_died';
  return settle(state, { code, message, killed: overheard, guilty: null }, ctx);
}

/** It does not die. Nobody may try again what it may still be at. */
function leave(state: State, ctx: Ctx<Msg>): State {
  const why = `${state.loss?.message ?? 'it was killed'}, and it was not gone within ${state.killMs} ms`;
  return settle(state, { code: 'worker_stuck', message: why, killed: true, guilty: null }, ctx);
}

/** Answers all that is in flight: an effect of this turn, which completes before the actor ends. */
function settle(state: State, loss: Loss, ctx: Ctx<Msg>): State {
  for (const [id, { to }] of state.inFlight) ctx.replyTo(to, ranWith(loss, id));
  tellPool(state, { type: 'worker_lost', number: state.berth.number, loss }, ctx);
  ctx.stop(
    failed(new Error(`worker ${state.berth.number} of ${state.poolId}: ${loss.code}: ${loss.message}`)),
  );
  return { ...state, phase: 'ending', loss, inFlight: new Map() };
}

/** The pool starts before its workers and stops after them; when it is not there, all of this is at an end. */
function tellPool(state: State, message: PoolMsg, ctx: Ctx<Msg>): void {
  const ref = ctx.whereis(state.pool);
  if (ref?.alive === true) ctx.tell(ref, message);
}

const timerOf = (id: number): string => `request ${id}`;

type Failed = Ran & { readonly ok: false };

const failure = (code: Loss['code'], message: string, fate: Fate): Failed => ({
  ok: false,
  code,
  message,
  retryable: true,
  fate,
});

function ranOf(said: FromWorker & { type: 'answer' }): Ran {
  if (said.ok) return { ok: true, value: said.value };
  const { code, message, retryable } = said;
  return { ok: false, code, message, retryable, fate: 'answered' };
}

/** What the loss of a worker is for one of those that it held. */
function ranWith({ code, message, guilty }: Loss, id: number): Failed {
  if (code === 'worker_stuck' || id === guilty) return failure(code, message, 'spent');
  return failure(guilty === null ? code : 'worker_killed', message, 'lost');
}

/** Waits for the worker's end, at most for the child's shutdown time: its successor must not meet it. */
async function terminate({ life, loss }: State): Promise<void> {
  life.kill();
  if (loss?.code !== 'worker_stuck') await life.exited;
}

export const driverBehavior: Behavior<State, Msg, DriverArgs> = { init, handle, terminate };

export interface DriverOptions extends DriverArgs {
  /** Requests that one worker holds at once. */
  readonly inFlightMax: number;
  readonly backoff: Backoff;
}

export const workerDriver = ({ inFlightMax, backoff, ...args }: DriverOptions): ChildSpec =>
  child({
    id: `worker-${args.berth.number}`,
    behavior: driverBehavior,
    args,
    restart: 'permanent',
    startMs: args.startMs,
    shutdownMs: args.killMs,
    // Requests, their answers and a second of notices; who says more than that is flooding.
    mailbox: { capacity: 2 * inFlightMax + 8 + (args.notices?.perSecondMax ?? 0), overflow: 'reject' },
    // Requests are failed with the life that they were sent to, and what a worker said concerns nobody after it.
    onRestart: 'dead_letter',
    backoff,
  });
