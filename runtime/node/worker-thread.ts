import { Worker, type ResourceLimits } from 'node:worker_threads';
import type { WorkerExit, WorkerPlace, WorkerPort, WorkerPortFactory } from '../../actors/workers/port.js';
import { describeError } from '../../protocols/exit-reason.js';
import { weigh } from './worker-weight.js';

export interface WorkerThreadOptions {
  /** The compiled entry, which calls `serveWorker`. */
  readonly entry: string | URL;
  /** What the entry finds as its `workerData`. */
  readonly data?: unknown;
  /** @defaultValue 'worker' */
  readonly name?: string;
  /** A thread that wants more ends by itself, with an error. @defaultValue 512 MiB of old objects */
  readonly limits?: ResourceLimits;
}

const limitsDefault: ResourceLimits = { maxOldGenerationSizeMb: 512 };

/**
 * Worker threads. They can be ended at any time, so nothing that dies with its thread and takes the process along may
 * live there: no ZeroMQ socket, and no other native part that has threads of its own.
 */
export function workerThread(options: WorkerThreadOptions): WorkerPortFactory {
  return (place) => new ThreadPort(options, place);
}

class ThreadPort implements WorkerPort {
  readonly #worker: Worker;
  readonly #bytesMax: number;

  constructor(options: WorkerThreadOptions, { number, messageBytesMax }: WorkerPlace) {
    const { entry, data, name = 'worker', limits = limitsDefault } = options;
    this.#bytesMax = messageBytesMax;
    this.#worker = new Worker(entry, {
      name: `${name} ${number}`,
      workerData: data,
      resourceLimits: limits,
      // Our own process may have been started with flags that a thread cannot take.
      execArgv: [],
    });
  }

  start(onMessage: (message: unknown, bytes: number) => void, onExit: (exit: WorkerExit) => void): void {
    let error: string | null = null;
    this.#worker.on('error', (thrown: unknown) => (error = describeThrown(thrown)));
    this.#worker.on('messageerror', (thrown: unknown) => onMessage(thrown, 0));
    this.#worker.on('message', (message: unknown) => onMessage(message, weigh(message, this.#bytesMax)));
    this.#worker.once('exit', (code) => onExit({ code, signal: null, error }));
  }

  post(message: unknown, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  kill(): void {
    // A flood that is on its way is not even received any more.
    this.#worker.removeAllListeners('message');
    void this.#worker.terminate();
  }
}

/** What a thread threw was put together again by Node and need not be an `Error` of this realm. */
function describeThrown(thrown: unknown): string {
  const { name, message } = Object(thrown) as { readonly name?: unknown; readonly message?: unknown };
  return typeof name === 'string' && typeof message === 'string'
    ? `${name}: ${message}`
    : describeError(thrown);
}
