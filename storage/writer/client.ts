/**
 * The only way to write to a file: transactions go to its thread and are answered once they are on the disk.
 * Weather is a value; a bug in a transaction (wrong SQL) rejects its promise and nothing else.
 */
import type { StorageErrorData } from '../errors.js';
import type { StoreKind } from '../migrations/index.js';
import type { StatementResult, Transaction, Verb } from '../statement.js';
import type { Channel } from '../thread/channel.js';
import { type ChannelLimits, startThread, type ThreadOptions } from '../thread/channel.js';
import type { Opened, Outcome } from '../thread/messages.js';
import { bytesOf, TextNumbers } from './calls.js';
import { type GroupLimits, groupDefaults, walBytesMaxDefault, type WriterStats } from './session.js';
import type { WriterThreadData } from './thread.js';

export type CommitOutcome =
  | { readonly ok: true; readonly results: readonly StatementResult[] }
  | { readonly ok: false; readonly error: StorageErrorData };

export interface QueueDepth {
  readonly queueDepth: number;
  readonly queueBytes: number;
}

export interface Writer {
  readonly opened: Opened;
  /** Resolves when the transaction is on the disk, or will not be. Repeatable: send it again after `writer_died`. */
  commit(transaction: Transaction): Promise<CommitOutcome>;
  /** Commits a verb and reads its answer. */
  run<T>(verb: Verb<T>): Promise<Outcome<T>>;
  /** For about once a second: marks what is acknowledged, notices a file that is gone, shortens the WAL. */
  tend?(): Promise<Outcome<unknown>>;
  /** The thread's part is as of its last answer, and null before the first. */
  stats(): QueueDepth & { readonly thread: WriterStats | null };
  close(deadline?: AbortSignal): Promise<void>;
}

export type WriterLimits = ChannelLimits &
  GroupLimits & { readonly busyMsMax: number; readonly walBytesMax: number };

export interface WriterOptions extends Omit<ThreadOptions, 'limits'> {
  readonly file: string;
  readonly kind: StoreKind;
  /** @defaultValue 20,000 calls or 128 MiB waiting; groups of 512 or 4 MiB; 5 s of patience with a foreign lock; a WAL of 64 MiB */
  readonly limits?: Partial<WriterLimits>;
}

export const busyMsMaxDefault = 5_000;

export class ThreadWriter implements Writer {
  readonly #channel: Channel;
  readonly #texts = new TextNumbers();

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  get opened(): Opened {
    return this.#channel.opened;
  }

  async commit(transaction: Transaction): Promise<CommitOutcome> {
    const outcome = await this.#send(transaction);
    return outcome.ok ? { ok: true, results: outcome.value } : outcome;
  }

  async run<T>(verb: Verb<T>): Promise<Outcome<T>> {
    const outcome = await this.#send(verb);
    return outcome.ok ? { ok: true, value: verb.read(outcome.value) } : outcome;
  }

  tend(): Promise<Outcome<unknown>> {
    return this.#channel.call({ type: 'tend' }, 0);
  }

  stats(): QueueDepth & { readonly thread: WriterStats | null } {
    const thread = (this.#channel.stats as WriterStats | undefined) ?? null;
    return { queueDepth: this.#channel.depth, queueBytes: this.#channel.depthBytes, thread };
  }

  close(deadline?: AbortSignal): Promise<void> {
    return this.#channel.close(deadline);
  }

  #send(transaction: Transaction): Promise<Outcome<readonly StatementResult[]>> {
    const bytes = bytesOf(transaction);
    // Before encoding: a number that was given to a text in a refused call would be unknown to the thread.
    const error = this.#channel.refusal(bytes);
    if (error !== undefined) return Promise.resolve({ ok: false, error });
    const sent = this.#channel.call(this.#texts.encode(transaction), bytes);
    return sent as Promise<Outcome<readonly StatementResult[]>>;
  }
}

export function startWriterThread(options: WriterOptions): Promise<Channel> {
  const { file, kind, limits, ...thread } = options;
  const data: WriterThreadData = {
    file,
    kind,
    groupMax: limits?.groupMax ?? groupDefaults.groupMax,
    groupBytesMax: limits?.groupBytesMax ?? groupDefaults.groupBytesMax,
    busyMsMax: limits?.busyMsMax ?? busyMsMaxDefault,
    walBytesMax: limits?.walBytesMax ?? walBytesMaxDefault,
  };
  return startThread(`${kind} writer`, data, { ...thread, ...(limits === undefined ? {} : { limits }) });
}

/** @throws StorageError `cannot_open` | `corrupt` | `read_only` | `schema_newer` | `busy` | `disk_full` */
export async function openWriter(options: WriterOptions): Promise<Writer> {
  return new ThreadWriter(await startWriterThread(options));
}
