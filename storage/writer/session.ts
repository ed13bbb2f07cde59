/** What the writer thread does with its calls: cuts them into groups, commits each, keeps the WAL short. */
import { statSync } from 'node:fs';
import type { Connection } from '../database.js';
import { storageErrorFrom } from '../errors.js';
import type { Answer, Call } from '../thread/messages.js';
import type { Session } from '../thread/serve.js';
import type { TransactionCall, WriterCall } from './calls.js';
import type { BusyPatience, GroupStats, Work, WorkOutcome } from './group.js';
import { GroupCommitter } from './group.js';

export interface GroupLimits {
  readonly groupMax: number;
  readonly groupBytesMax: number;
}

/** A group of this size takes some 10 ms: the sync is paid for, and nobody waits long behind it. */
export const groupDefaults: GroupLimits = { groupMax: 512, groupBytesMax: 4 * 1024 * 1024 };

export interface WriterStats extends GroupStats {
  readonly walBytes: number;
}

export interface WriterSessionOptions extends GroupLimits {
  readonly connection: Connection;
  readonly file: string;
  readonly patience: BusyPatience;
  /** Past this the WAL is cut as soon as no reader holds it. @defaultValue 64 MiB */
  readonly walBytesMax?: number;
  /** Work for calls other than transactions; undefined when this file knows no such call. */
  readonly job?: (call: Exclude<WriterCall, TransactionCall>) => Work | undefined;
}

const walBytesMaxDefault = 64 * 1024 * 1024;
/** Looking at the WAL's size costs a system call; every so many groups is often enough. */
const walLookEach = 32;

export class WriterSession implements Session {
  readonly #options: WriterSessionOptions;
  readonly #committer: GroupCommitter;
  readonly #texts = new Map<number, string>();
  #walBytes = 0;
  #steps = 0;

  constructor(options: WriterSessionOptions) {
    this.#options = options;
    this.#committer = new GroupCommitter(options.connection, `commit to ${options.file}`, options.patience);
  }

  step(waiting: Call[]): readonly Answer[] {
    const group = waiting.splice(0, this.#groupLength(waiting));
    const outcomes = this.#committer.commit(group.map((call) => this.#workOf(call.body as WriterCall)));
    this.#steps += 1;
    if (this.#steps % walLookEach === 1) this.#tendWal();
    return group.map((call, place) => answer(call.id, outcomes[place]));
  }

  stats(): WriterStats {
    return { ...this.#committer.stats, walBytes: this.#walBytes };
  }

  close(): void {
    this.#checkpoint();
    this.#options.connection.close();
  }

  /** At least one, however large. */
  #groupLength(waiting: readonly Call[]): number {
    const { groupMax, groupBytesMax } = this.#options;
    let bytes = 0;
    let length = 0;
    for (const call of waiting) {
      bytes += call.bytes;
      if (length > 0 && (length >= groupMax || bytes > groupBytesMax)) break;
      length += 1;
    }
    return length;
  }

  #workOf(call: WriterCall): Work {
    if (call.type !== 'transaction') {
      const work = this.#options.job?.(call);
      return (
        work ??
        (() => {
          throw new Error(`this file takes no ${call.type}`);
        })
      );
    }
    // Before the work runs: the texts are known even if this transaction fails.
    for (const [number, sql] of call.texts) this.#texts.set(number, sql);
    return (prepared) =>
      prepared.executeAll(
        call.statements.map(([text, mode, params, when]) => {
          const sql = typeof text === 'string' ? text : this.#texts.get(text);
          if (sql === undefined) throw new Error(`no SQL text has number ${text}`);
          return when === undefined ? { sql, mode, params } : { sql, mode, params, when };
        }),
      );
  }

  /** Past the limit a reader is holding the WAL open, or checkpoints could not keep up: try to cut it. */
  #tendWal(): void {
    this.#walBytes = this.#lookAtWal();
    if (this.#walBytes <= (this.#options.walBytesMax ?? walBytesMaxDefault)) return;
    this.#checkpoint();
    this.#walBytes = this.#lookAtWal();
  }

  #lookAtWal(): number {
    return statSync(`${this.#options.file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Never waits: with a reader in the way it does what it can. */
  #checkpoint(): void {
    try {
      this.#options.connection.pragma('wal_checkpoint(TRUNCATE)');
    } catch (cause) {
      // What could not be moved into the file stays in the WAL, whole; the next opening goes on from there.
      if (storageErrorFrom(cause, 'checkpoint') === undefined) throw cause;
    }
  }
}

function answer(id: number, outcome: WorkOutcome | undefined): Answer {
  if (outcome === undefined) throw new Error('a call of the group was not answered');
  if (outcome.ok !== 'bug') return { id, ...outcome };
  const { cause } = outcome;
  return { id, ok: 'bug', message: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) };
}
