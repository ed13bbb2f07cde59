/**
 * The main thread's side of a storage thread: a bounded table of calls that wait for their answer. If the thread dies,
 * every one of them is answered `writer_died`; nothing is left hanging, and the caller sends it again to the successor.
 */
import { Worker, type Transferable, type WorkerOptions } from 'node:worker_threads';
import { StorageError, type StorageErrorData, storageErrorData } from '../errors.js';
import type { Call, FromThread, Opened, Outcome, ToThread } from './messages.js';

export interface ThreadOptions {
  /** The compiled thread entry. */
  readonly entry: string | URL;
  /** For a test or a driver that wants the thread in its own hands. */
  readonly createWorker?: (entry: string | URL, options: WorkerOptions) => Worker;
  /** Fires once, if the thread ends without having been closed. */
  readonly onDeath?: (reason: string) => void;
  /** While the thread waits for a foreign lock, about each second. */
  readonly onBusy?: (waitedMs: number) => void;
  readonly limits?: Partial<ChannelLimits>;
}

export interface ChannelLimits {
  readonly queueMax: number;
  readonly queueBytesMax: number;
}

/** A full queue is some seconds of commits; the bytes keep a few large lists from taking the memory. */
export const channelDefaults: ChannelLimits = { queueMax: 20_000, queueBytesMax: 128 * 1024 * 1024 };

interface Waiting {
  readonly bytes: number;
  resolve(outcome: Outcome<unknown>): void;
  reject(bug: Error): void;
}

export class Channel {
  readonly opened: Opened;
  #stats: unknown = undefined;
  readonly #name: string;
  readonly #worker: Worker;
  readonly #limits: ChannelLimits;
  readonly #waiting = new Map<number, Waiting>();
  #waitingBytes = 0;
  #outbox: Call[] = [];
  #transfers: Transferable[] = [];
  #lastId = 0;
  #state: 'open' | 'closing' | 'dead' = 'open';
  readonly #ended: Promise<void>;

  constructor(name: string, worker: Worker, opened: Opened, options: ThreadOptions) {
    this.#name = name;
    this.#worker = worker;
    this.opened = opened;
    this.#limits = { ...channelDefaults, ...options.limits };
    let failure: string | undefined;
    worker.on('message', (message: FromThread) => {
      if (message.type === 'answers') this.#settle(message);
      else if (message.type === 'busy') options.onBusy?.(message.waitedMs);
    });
    worker.on('error', (cause: unknown) => {
      failure = cause instanceof Error ? cause.message : String(cause);
    });
    this.#ended = new Promise((resolve) => {
      worker.on('exit', (exitCode) => {
        const reason = failure ?? `exit code ${exitCode}`;
        const asked = this.#state === 'closing';
        this.#state = 'dead';
        this.#abandon(reason);
        if (!asked || failure !== undefined) options.onDeath?.(reason);
        resolve();
      });
    });
  }

  get depth(): number {
    return this.#waiting.size;
  }

  get depthBytes(): number {
    return this.#waitingBytes;
  }

  /** As of the last answer; undefined before the first. */
  get stats(): unknown {
    return this.#stats;
  }

  call(body: unknown, bytes: number, transfers: readonly Transferable[] = []): Promise<Outcome<unknown>> {
    const refusal = this.refusal(bytes);
    if (refusal !== undefined) return Promise.resolve({ ok: false, error: refusal });
    const id = (this.#lastId += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { bytes, resolve, reject });
      this.#waitingBytes += bytes;
      this.#transfers.push(...transfers);
      // One message for all calls of this turn of the loop: a message costs more than a call.
      if (this.#outbox.push({ id, bytes, body }) === 1) {
        queueMicrotask(() => {
          this.#flush();
        });
      }
    });
  }

  /**
   * What waits is finished first and the thread ends by itself.
   * @param deadline when aborted, the thread is terminated; what still waits is answered `writer_died`
   */
  async close(deadline?: AbortSignal): Promise<void> {
    if (this.#state === 'open') {
      this.#flush();
      this.#state = 'closing';
      this.#post({ type: 'close' }, []);
    }
    const terminate = (): void => void this.#worker.terminate();
    if (deadline?.aborted === true) terminate();
    deadline?.addEventListener('abort', terminate, { once: true });
    await this.#ended;
    deadline?.removeEventListener('abort', terminate);
  }

  /** Why a call of this weight would not be taken now; undefined when it would. */
  refusal(bytes: number): StorageErrorData | undefined {
    const attempted = `use the ${this.#name} thread`;
    if (this.#state === 'dead') return storageErrorData('writer_died', attempted, 'its thread is gone');
    if (this.#state === 'closing') return storageErrorData('closed', attempted, 'it is closing');
    const { queueMax, queueBytesMax } = this.#limits;
    if (this.#waiting.size >= queueMax) {
      return storageErrorData(
        'queue_full',
        attempted,
        `${this.#waiting.size} calls wait, the limit is ${queueMax}`,
      );
    }
    if (this.#waitingBytes + bytes > queueBytesMax) {
      const message = `${this.#waitingBytes} bytes wait and ${bytes} come, the limit is ${queueBytesMax}`;
      return storageErrorData('queue_full', attempted, message);
    }
    return undefined;
  }

  #flush(): void {
    if (this.#outbox.length === 0 || this.#state === 'dead') return;
    const [calls, transfers] = [this.#outbox, this.#transfers];
    this.#outbox = [];
    this.#transfers = [];
    this.#post({ type: 'calls', calls }, transfers);
  }

  #post(message: ToThread, transfers: readonly Transferable[]): void {
    this.#worker.postMessage(message, transfers);
  }

  #settle(message: FromThread & { readonly type: 'answers' }): void {
    this.#stats = message.stats;
    for (const { id, ...answer } of message.answers) {
      const waiting = this.#waiting.get(id);
      if (waiting === undefined) continue;
      this.#waiting.delete(id);
      this.#waitingBytes -= waiting.bytes;
      if (answer.ok === 'bug') waiting.reject(new Error(`bug in a ${this.#name} call: ${answer.message}`));
      else waiting.resolve(answer);
    }
  }

  #abandon(reason: string): void {
    const error = storageErrorData(
      'writer_died',
      `use the ${this.#name} thread`,
      `its thread ended: ${reason}`,
    );
    for (const waiting of this.#waiting.values()) waiting.resolve({ ok: false, error });
    this.#waiting.clear();
    this.#waitingBytes = 0;
    this.#outbox = [];
    this.#transfers = [];
  }
}

/** @throws StorageError whatever opening the file met; `writer_died` when the thread ended before it could say */
export async function startThread(
  name: string,
  workerData: unknown,
  options: ThreadOptions,
): Promise<Channel> {
  const create = options.createWorker ?? ((entry, given) => new Worker(entry, given));
  const worker = create(options.entry, { workerData, name });
  const opened = await new Promise<Opened>((resolve, reject) => {
    const attempted = `start the ${name} thread`;
    worker.once('message', (message: FromThread) => {
      if (message.type === 'ready') resolve(message.opened);
      else if (message.type === 'open_failed') reject(new StorageError(message.error));
      else reject(new Error(`${attempted}: unexpected ${message.type}`));
    });
    worker.once('error', (cause) =>
      reject(new StorageError(storageErrorData('writer_died', attempted, String(cause)), { cause })),
    );
    worker.once('exit', (exitCode) =>
      reject(new StorageError(storageErrorData('writer_died', attempted, `exit code ${exitCode}`))),
    );
  });
  return new Channel(name, worker, opened, options);
}
