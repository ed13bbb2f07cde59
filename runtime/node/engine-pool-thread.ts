import { Worker } from 'node:worker_threads';
import type {
  EngineWorkerConfig,
  EngineWorkerReply,
  EngineWorkerRequest,
} from '../../actors/engine/worker-protocol.js';
import { describeError } from '../../protocols/exit-reason.js';

/** The thread is gone; whether what it did last had an effect is unknown, and for a backtest it is the same. */
export class EngineThreadEnded extends Error {
  override readonly name = 'EngineThreadEnded';
}

/** The heap of one thread: the objects of the largest frame that is read are some 200 MB; bars live outside of it. */
const heapMebibytesMax = 1_024;

/** One engine thread in our hands: a request goes in, its answer comes out, one at a time. */
export class EngineThread {
  readonly #worker: Worker;
  #lastId = 0;
  #pending: { readonly id: number; readonly settle: (bytes: Uint8Array) => void } | null = null;
  /** Resolves with the reason once the thread has ended, for whatever cause. */
  readonly ended: Promise<string>;

  private constructor(worker: Worker) {
    this.#worker = worker;
    let failure: string | undefined;
    worker.on('error', (error: unknown) => (failure = describeError(error)));
    this.ended = new Promise((resolve) =>
      worker.on('exit', (exitCode) => resolve(failure ?? `exit code ${exitCode}`)),
    );
    worker.on('message', ({ id, bytes }: EngineWorkerReply) => {
      if (this.#pending?.id !== id) return;
      this.#pending.settle(bytes);
      this.#pending = null;
    });
  }

  /**
   * Resolves once it has answered for the first time: a thread that is `online` may still die of a missing module.
   * @throws EngineThreadEnded when it does not come up
   */
  static async start(entry: string | URL, config: EngineWorkerConfig): Promise<EngineThread> {
    const worker = new Worker(entry, {
      name: 'engine',
      workerData: config,
      // Our own process may have been started with flags that a thread cannot take.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: heapMebibytesMax },
    });
    const thread = new EngineThread(worker);
    await thread.run(new Uint8Array());
    return thread;
  }

  /**
   * @param frame is copied: the socket's memory is not ours to hand over to a thread
   * @throws EngineThreadEnded when the thread ends first
   */
  async run(frame: Uint8Array): Promise<Uint8Array> {
    const bytes = new Uint8Array(frame);
    const id = (this.#lastId += 1);
    const request: EngineWorkerRequest = { id, bytes };
    const answered = new Promise<Uint8Array>((settle) => (this.#pending = { id, settle }));
    this.#worker.postMessage(request, [bytes.buffer]);
    const first = await Promise.race([answered, this.ended]);
    if (typeof first === 'string') throw new EngineThreadEnded(first);
    return first;
  }

  /** Ends it in the middle of whatever it does. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}
