/** What the writer thread does with its calls: cuts them into groups, commits each, keeps the WAL short. */
import { statSync } from 'node:fs';
import type { Connection } from '../database.js';
import { StorageError, storageErrorData, storageErrorFrom } from '../errors.js';
import type { StorageErrorData } from '../errors.js';
import { readCommits, writeMark } from '../commit-mark.js';
import { FileGuard } from '../file-guard.js';
import type { FileStanding } from '../file-guard.js';
import { foldLog, writeBack } from '../rescue.js';
import type { Answer, Call, Outcome } from '../thread/messages.js';
import type { Session } from '../thread/serve.js';
import type { PreparedStatements } from '../prepared.js';
import type { Part } from '../sequence.js';
import type { StatementResult } from '../statement.js';
import type { SequenceCall, StatementCall, TendCall, TransactionCall, WriterCall } from './calls.js';
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
  /** Checkpoints that could not cut a WAL over its limit, because a reader held it. */
  readonly walStuck: number;
  /** Number of the last commit that is marked as acknowledged. */
  readonly markedSeq: number;
}

export interface WriterSessionOptions extends GroupLimits {
  readonly connection: Connection;
  readonly file: string;
  readonly patience: BusyPatience;
  /** Past this the WAL is cut as soon as no reader holds it. @defaultValue 64 MiB */
  readonly walBytesMax?: number;
  /** Told when the WAL cannot be cut below its limit, and with null when it is below again. */
  readonly onWal?: (bytesOver: number | null) => void;
  /** Work for calls other than transactions; undefined when this file knows no such call. */
  readonly job?: (call: Exclude<WriterCall, TransactionCall | TendCall>) => Work | undefined;
}

export const walBytesMaxDefault = 64 * 1024 * 1024;
/**
 * While a group runs, those who wait for it prepare nothing. Shorter groups let the next one be prepared meanwhile, and
 * the sync is still shared by enough.
 */
const groupStatementsMax = 2_048;

/** A list or a frame counts as so many. */
const otherStatements = 256;

const statementsOf = (call: WriterCall): number =>
  call.type === 'transaction' ? call.statements.length : otherStatements;

/** Looking at the WAL's size costs a system call; every so many groups is often enough. */
const walLookEach = 32;

export class WriterSession implements Session {
  readonly #options: WriterSessionOptions;
  readonly #committer: GroupCommitter;
  readonly #texts = new Map<number, string>();
  readonly #sequences = new Map<number, readonly Part[]>();
  readonly #guard: FileGuard;
  #walBytes = 0;
  #walStuck = 0;
  #isWalOver = false;
  #steps = 0;
  #markedSeq: number;
  /** The file refused the last group; the next look tries it by itself, so that the trouble ends without anybody asking. */
  #isRefused = false;

  constructor(options: WriterSessionOptions) {
    this.#options = options;
    const { connection, file, patience } = options;
    this.#markedSeq = readCommits(connection);
    this.#committer = new GroupCommitter(connection, `commit to ${file}`, patience, this.#markedSeq);
    this.#guard = new FileGuard(file);
  }

  step(waiting: Call[]): readonly Answer[] {
    if (isTend(waiting[0])) return waiting.splice(0, 1).map(({ id }) => ({ id, ...this.#tend() }));
    const group = waiting.splice(0, this.#groupLength(waiting));
    const outcomes = this.#committer.commit(group.map((call) => this.#workOf(call.body as WriterCall)));
    this.#steps += 1;
    if (this.#steps % walLookEach === 1) this.#tendWal();
    const standing = this.#guard.look();
    // Committed, but to what has no name: nobody may be told that it is safe before it has one again.
    if (standing !== 'sound') {
      const error = this.#rescue(standing);
      return group.map(({ id }) => ({ id, ok: false, error }));
    }
    this.#isRefused = outcomes.some((outcome) => outcome.ok === false && outcome.error.retryable);
    return group.map((call, place) => answer(call.id, outcomes[place]));
  }

  stats(): WriterStats {
    return {
      ...this.#committer.stats,
      walBytes: this.#walBytes,
      walStuck: this.#walStuck,
      markedSeq: this.#markedSeq,
    };
  }

  close(): void {
    this.#mark();
    this.#checkpoint();
    this.#options.connection.close();
  }

  /** At least one, however large. */
  #groupLength(waiting: readonly Call[]): number {
    const { groupMax, groupBytesMax } = this.#options;
    let bytes = 0;
    let statements = 0;
    let length = 0;
    for (const call of waiting) {
      if (isTend(call)) break;
      bytes += call.bytes;
      statements += statementsOf(call.body as WriterCall);
      const isFull = length >= groupMax || bytes > groupBytesMax || statements > groupStatementsMax;
      if (length > 0 && isFull) break;
      length += 1;
    }
    return length;
  }

  #workOf(call: WriterCall): Work {
    if (call.type === 'tend') throw new Error('tending is no work of a group');
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
    for (const [number, parts] of call.sequences) this.#sequences.set(number, parts);
    return (prepared) => {
      const results: StatementResult[] = [];
      for (const statement of call.statements) this.#execute(statement, prepared, results);
      return results;
    };
  }

  #execute(
    statement: StatementCall | SequenceCall,
    prepared: PreparedStatements,
    results: StatementResult[],
  ): void {
    if ('sequence' in statement) {
      const parts = this.#sequences.get(statement.sequence);
      if (parts === undefined) throw new Error(`no sequence has number ${statement.sequence}`);
      prepared.executeSequence(parts, statement.values, results);
    } else {
      const [text, mode, params, when] = statement;
      const sql = typeof text === 'string' ? text : this.#texts.get(text);
      if (sql === undefined) throw new Error(`no SQL text has number ${text}`);
      prepared.executeNext({ sql, mode, params, when }, results);
    }
  }

  /** Past the limit a reader is holding the WAL open, or checkpoints could not keep up: try to cut it. */
  #tendWal(): void {
    const bytesMax = this.#options.walBytesMax ?? walBytesMaxDefault;
    this.#walBytes = this.#lookAtWal();
    if (this.#walBytes > bytesMax) {
      this.#checkpoint();
      this.#walBytes = this.#lookAtWal();
    }
    const isOver = this.#walBytes > bytesMax;
    if (isOver) this.#walStuck += 1;
    if (isOver !== this.#isWalOver) this.#options.onWal?.(isOver ? this.#walBytes : null);
    this.#isWalOver = isOver;
  }

  #tend(): Outcome<unknown> {
    const standing = this.#guard.look();
    if (standing !== 'sound') return { ok: false, error: this.#rescue(standing) };
    if (this.#isRefused) {
      const [tried] = this.#committer.commit([probe]);
      if (tried?.ok !== true) return tried?.ok === false ? tried : { ok: true, value: null };
      this.#isRefused = false;
    }
    this.#mark();
    this.#tendWal();
    return { ok: true, value: null };
  }

  #mark(): void {
    const { seq } = this.#committer.stats;
    if (seq === this.#markedSeq) return;
    try {
      writeMark(this.#options.file, seq);
      this.#markedSeq = seq;
    } catch (cause) {
      // A full disk: the mark stays behind, and less would be noticed of a torn log; the next look tries again.
      if (!(cause instanceof Error && 'code' in cause)) throw cause;
    }
  }

  /**
   * Puts back what was deleted. The thread ends once that is done: whoever starts it again opens what is there now, and what
   * waits is asked again.
   * @returns why it could not be done, for everybody who waits
   */
  #rescue(standing: Exclude<FileStanding, 'sound'>): StorageErrorData {
    const { connection, file } = this.#options;
    const attempted = `commit to ${file}`;
    if (standing === 'replaced') {
      const message = 'another file has its name now; put the old one back, or start again on the new one';
      return storageErrorData('file_gone', attempted, message);
    }
    try {
      if (standing === 'file_gone') writeBack(connection, file);
      else if (!foldLog(connection, file))
        return storageErrorData('file_gone', attempted, 'its log was deleted, and a reader holds it open');
    } catch (cause) {
      if (!(cause instanceof StorageError)) throw cause;
      return storageErrorData(
        'file_gone',
        attempted,
        `it was deleted, and cannot be written back: ${cause.message}`,
      );
    }
    throw new Error(
      `${standing === 'file_gone' ? file : `the log of ${file}`} was deleted, and is written back`,
    );
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

const isTend = (call: Call | undefined): boolean => (call?.body as WriterCall | undefined)?.type === 'tend';

/** Changes nothing that anybody looks at. */
const probe: Work = (prepared) => prepared.prepare('UPDATE commit_count SET seq = seq WHERE id = 1').run();

function answer(id: number, outcome: WorkOutcome | undefined): Answer {
  if (outcome === undefined) throw new Error('a call of the group was not answered');
  if (outcome.ok !== 'bug') return { id, ...outcome };
  const { cause } = outcome;
  return { id, ok: 'bug', message: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) };
}
