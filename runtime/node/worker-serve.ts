import { Socket } from 'node:net';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import type { FromWorker, ToWorker } from '../../actors/workers/wire.js';
import { frame, FrameReader } from './worker-frames.js';

/** Thrown by a handler: this request failed, the worker goes on. Whatever else is thrown ends the worker. */
export class WorkerFailure extends Error {
  override readonly name = 'WorkerFailure';
  readonly code: string;
  readonly retryable: boolean;

  constructor(code: string, message: string, options: ErrorOptions & { readonly retryable?: boolean } = {}) {
    super(message, options);
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

export interface WorkerCall {
  /** What repeats of one request have in common: who changes something outside settles by it. */
  readonly key: string;
  /** Counted from 1. */
  readonly attempt: number;
  /** Buffers that are moved with the answer instead of being copied; for threads. */
  transfer(...buffers: readonly ArrayBuffer[]): void;
  /** Says something unasked. The pool must want it, or the worker is killed for it. */
  notice(notice: unknown): void;
}

/** @param own what `setUp` returned */
export type WorkerHandler<Req, Res, Own> = (request: Req, call: WorkerCall, own: Own) => Res | Promise<Res>;

export interface ServeWorkerOptions<Data, Own> {
  /**
   * Runs once, before the worker is ready; what it returns is given to the handler with each request.
   * @param data the thread's `workerData`; null in a child process
   */
  readonly setUp?: (data: Data) => Own | Promise<Own>;
  /** Longest request that a child process reads. @defaultValue 64 MiB */
  readonly requestBytesMax?: number;
}

interface Line {
  say(message: FromWorker, transfer: readonly ArrayBuffer[]): void;
}

/**
 * The worker's side, in a thread and in a child process alike: answers each request with what the handler returns.
 *
 * `await serveWorker((request, call) => …)` as the last line of an entry. As many requests are begun as the pool's
 * `inFlightMax` allows; a handler that is not async does one after the other.
 */
export async function serveWorker<Req, Res, Data = null, Own = void>(
  handler: WorkerHandler<Req, Res, Own>,
  { setUp, requestBytesMax = 64 * 1024 * 1024 }: ServeWorkerOptions<Data, Own> = {},
): Promise<void> {
  const early: ToWorker[] = [];
  let take = (message: ToWorker): void => void early.push(message);
  const line =
    parentPort === null
      ? lineOfChild(requestBytesMax, (message) => take(message))
      : lineOfThread(parentPort, (message) => take(message));
  const own = (await setUp?.((parentPort === null ? null : (workerData as unknown)) as Data)) as Own;
  take = (message) => void work(line, (request, call) => handler(request as Req, call, own), message);
  line.say({ type: 'ready' }, []);
  for (const message of early) take(message);
}

async function work(
  line: Line,
  handle: (request: unknown, call: WorkerCall) => unknown,
  message: ToWorker,
): Promise<void> {
  const { id, key, attempt, request } = message;
  const moved: ArrayBuffer[] = [];
  const call: WorkerCall = {
    key,
    attempt,
    transfer: (...buffers) => void moved.push(...buffers),
    notice: (notice) => line.say({ type: 'notice', notice }, []),
  };
  try {
    const value = await handle(request, call);
    line.say({ type: 'answer', id, ok: true, value }, moved);
  } catch (error) {
    // A bug: outside of every promise, so that it ends the worker with its stack on stderr and in its exit.
    if (!(error instanceof WorkerFailure))
      queueMicrotask(() => {
        throw error;
      });
    else line.say({ type: 'answer', id, ok: false, ...failureOf(error) }, []);
  }
}

const failureOf = ({ code, message, retryable }: WorkerFailure) => ({ code, message, retryable });

function lineOfThread(port: NonNullable<typeof parentPort>, take: (message: ToWorker) => void): Line {
  port.on('message', take);
  return { say: (message, transfer) => port.postMessage(message, transfer) };
}

const workerFd = 3;

function lineOfChild(requestBytesMax: number, take: (message: ToWorker) => void): Line {
  const socket = new Socket({ fd: workerFd, readable: true, writable: true });
  const gone = (): void => void process.kill(process.pid, 'SIGKILL');
  const reader = new FrameReader(requestBytesMax, {
    onFrame: (value) => take(value as ToWorker),
    onNonsense: (what, length) => {
      throw new Error(`a request is ${what}: ${length} bytes`);
    },
  });
  socket.on('data', (chunk) => reader.take(chunk));
  // Nobody is there any more to do anything for.
  socket.on('close', gone);
  socket.on('error', () => undefined);
  watchParent();
  return { say: (message) => void socket.write(frame(message)) };
}

/**
 * A handler in a busy loop never sees that the line is closed. This thread does: a process whose parent is another one
 * than at its start has lost it, and ends.
 */
function watchParent(): void {
  const source = `
    const parent = process.ppid;
    setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, 500);
  `;
  new Worker(source, { eval: true, execArgv: [], stdout: false }).unref();
}
