/**
 * The main thread's side of a storage thread: a bounded table of calls that wait for their answer. If the thread dies,
 * every one of them is answered `writer_died`; nothing is left hanging, and the caller sends it again to the successor.
 * A thread that answers what nobody asked has lost count of transactions, and is ended before it commits another one.
 */
import { Worker, type Transferable, type WorkerOptions } from 'node:worker_threads';
import { ofTheFile, StorageError, storageErrorData } from '../errors.js';
import type { StorageErrorCode, StorageErrorData } from '../errors.js';
import type { Call, FromThread, Opened, Outcome, ToThread } from './messages.js';
import { threadPort, type ThreadPort } from './port.js';

export interface ThreadOptions {
  /** The compiled thread entry. */
  readonly entry: string | URL;
  /** For a test or a driver that wants the thread in its own hands. */
  readonly createWorker?: (entry: string | URL, options: WorkerOptions) => Worker;
  /** Fires once, if the thread ends without having been closed. */
  readonly onDeath?: (reason: string) => void;
  /** While the thread waits for a foreign lock, about each second. */
  readonly onBusy?: (waitedMs: number) => void;
  /** The log is larger than it may be, and a reader keeps it so; null once it is not. */
  readonly onWal?: (bytesOver: number | null) => void;
  /** When the file begins to refuse, when its reason changes, and with null when it takes something again. */
  readonly onTrouble?: (trouble: StorageErrorData | null) => void;
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

/** Who waits for the thread to come up. */
interface Starting {
  opened(): void;
  refused(error: StorageErrorData): void;
  failed(code: 'writer_died', reason: string): void;
}

export class Channel {
  #opened: Opened | undefined;
  #stats: unknown = undefined;
  readonly #name: string;
  readonly #port: ThreadPort;
  readonly #limits: ChannelLimits;
  readonly #waiting = new Map<number, Waiting>();
  #waitingBytes = 0;
  #outbox: Call[] = [];
  #transfers: Transferable[] = [];
  #lastId = 0;
  #state: 'open' | 'closing' | 'dead' = 'open';
  #lie: string | undefined;
  #trouble: StorageErrorCode | undefined;
  readonly #ended: Promise<void>;

  private constructor(name: string, port: ThreadPort, options: ThreadOptions, starting: Starting) {
    this.#name = name;
    this.#port = port;
    this.#limits = { ...channelDefaults, ...options.limits };
    this.#ended = new Promise((resolve) => {
      port.start(
        (message) => this.#hear(message as FromThread, options, starting),
        (exitCode, failure) => {
          const reason = this.#lie ?? failure ?? `exit code ${exitCode}`;
          const asked = this.#state === 'closing';
          this.#state = 'dead';
          this.#abandon(reason);
          if (this.#opened === undefined) starting.failed('writer_died', reason);
          else if (!asked || failure !== undefined) options.onDeath?.(reason);
          resolve();
        },
      );
    });
  }

  /** @throws StorageError whatever opening the file met; `writer_died` when the thread ended before it could say */
  static open(name: string, port: ThreadPort, options: ThreadOptions): Promise<Channel> {
    const attempted = `start the ${name} thread`;
    return new Promise((resolve, reject) => {
      const channel = new Channel(name, port, options, {
        opened: () => resolve(channel),
        refused: (error) => reject(new StorageError(error)),
        failed: (code, reason) => reject(new StorageError(storageErrorData(code, attempted, reason))),
      });
    });
  }

  get opened(): Opened {
    if (this.#opened === undefined) throw new Error('the thread has not said what it opened');
    return this.#opened;
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
    const terminate = (): void => this.#port.kill();
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
    this.#port.post(message, transfers);
  }

  #hear(message: FromThread, options: ThreadOptions, starting: Starting): void {
    if (this.#lie !== undefined) return;
    switch (message.type) {
      case 'ready':
        this.#opened = message.opened;
        starting.opened();
        return;
      case 'open_failed':
        starting.refused(message.error);
        return;
      case 'answers':
        this.#settle(message, options);
        return;
      case 'busy':
        options.onBusy?.(message.waitedMs);
        return;
      case 'wal':
        options.onWal?.(message.bytesOver);
    }
  }

  #settle(message: FromThread & { readonly type: 'answers' }, options: ThreadOptions): void {
    this.#stats = message.stats;
    for (const { id, ...answer } of message.answers) {
      const waiting = this.#waiting.get(id);
      if (waiting === undefined) {
        this.#lie = `it answered call ${id}, which does not wait`;
        this.#port.kill();
        return;
      }
      this.#waiting.delete(id);
      this.#waitingBytes -= waiting.bytes;
      this.#noteTrouble(answer, options);
      if (answer.ok === 'bug') waiting.reject(new Error(`bug in a ${this.#name} call: ${answer.message}`));
      else waiting.resolve(answer);
    }
  }

  #noteTrouble(
    answer: { readonly ok: boolean | 'bug'; readonly error?: StorageErrorData },
    options: ThreadOptions,
  ): void {
    if (answer.ok === true) {
      if (this.#trouble === undefined) return;
      this.#trouble = undefined;
      options.onTrouble?.(null);
    } else if (answer.error !== undefined && ofTheFile.has(answer.error.code)) {
      if (this.#trouble === answer.error.code) return;
      this.#trouble = answer.error.code;
      options.onTrouble?.(answer.error);
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
export function startThread(name: string, workerData: unknown, options: ThreadOptions): Promise<Channel> {
  const create = options.createWorker ?? ((entry, given) => new Worker(entry, given));
  return Channel.open(name, threadPort(create(options.entry, { workerData, name })), options);
}
