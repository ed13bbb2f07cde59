/**
 * Group commit: what waits is executed in one transaction, each piece in a savepoint of its own, so that the disk is
 * synced once and a bad piece fails alone. Nothing counts as done before COMMIT has returned.
 */
import type { Connection } from '../database.js';
import type { StorageErrorData } from '../errors.js';
import { ofTheFile, storageErrorData, storageErrorFrom } from '../errors.js';
import { PreparedStatements } from '../prepared.js';
import type { Outcome } from '../thread/messages.js';

/** A synchronous piece of work on the connection; throwing undoes it alone. */
export type Work = (statements: PreparedStatements) => unknown;

/** `bug` is whatever was thrown that is no weather. */
export type WorkOutcome = Outcome<unknown> | { readonly ok: 'bug'; readonly cause: unknown };

export interface BusyPatience {
  /** Blocks this thread. */
  readonly waitMs: (ms: number) => void;
  /** How long somebody else may hold the file before the group is answered `busy`. */
  readonly busyMsMax: number;
  readonly onBusy?: (waitedMs: number) => void;
}

export interface GroupStats {
  /** Groups committed. */
  readonly commits: number;
  /** Pieces of work committed. */
  readonly works: number;
  readonly refused: number;
  /** Number of the last commit, as the file counts them; 0 when it does not. */
  readonly seq: number;
  readonly busyWaits: number;
  readonly busyWaitedMs: number;
}

const pauseMsMax = 50;
const alarmEachMs = 1_000;

export class GroupCommitter {
  readonly statements: PreparedStatements;
  readonly #connection: Connection;
  readonly #attempted: string;
  readonly #patience: BusyPatience;
  #stats: GroupStats;
  readonly #isCounted: boolean;

  /** @param seq number of the last commit, in a file that counts them */
  constructor(connection: Connection, attempted: string, patience: BusyPatience, seq?: number) {
    this.#connection = connection;
    this.#attempted = attempted;
    this.#patience = patience;
    this.statements = new PreparedStatements(connection);
    this.#isCounted = seq !== undefined;
    this.#stats = { commits: 0, works: 0, refused: 0, seq: seq ?? 0, busyWaits: 0, busyWaitedMs: 0 };
  }

  get stats(): GroupStats {
    return this.#stats;
  }

  commit(works: readonly Work[]): readonly WorkOutcome[] {
    const failure = this.#begin();
    if (failure !== undefined)
      return this.#refuseAll(
        works.map(() => undefined),
        failure,
      );
    const changesBefore = this.#changes();
    const outcomes: (WorkOutcome | undefined)[] = this.#plainly(works) ?? works.map(() => undefined);
    if (outcomes.length > 0 && outcomes[0] === undefined) {
      const refused = this.#connection.inTransaction ? undefined : this.#begin();
      if (refused !== undefined) return this.#refuseAll(outcomes, refused);
      for (const [place, work] of works.entries()) {
        const result = this.#inSavepoint(work);
        if ('ofFile' in result) return this.#undo(outcomes, result.ofFile);
        outcomes[place] = result;
      }
    }
    // What has changed nothing is no commit: it is not counted, and costs no sync.
    const isCounted = this.#isCounted && this.#changes() !== changesBefore;
    const unsaved = this.#weather(() => {
      if (isCounted) this.#sql('UPDATE commit_count SET seq = seq + 1 WHERE id = 1');
      this.#sql('COMMIT');
    });
    if (unsaved !== undefined) return this.#undo(outcomes, unsaved);
    const done = outcomes.filter((outcome) => outcome?.ok === true).length;
    const { commits, works: before, refused, seq } = this.#stats;
    this.#stats = {
      ...this.#stats,
      commits: commits + 1,
      works: before + done,
      refused: refused + works.length - done,
      seq: isCounted ? seq + 1 : seq,
    };
    return outcomes.filter((outcome) => outcome !== undefined);
  }

  #changes(): unknown {
    if (!this.#isCounted) return undefined;
    const row = this.statements.prepare('SELECT total_changes() AS changes').get() as { changes: number };
    return row.changes;
  }

  /**
   * Nearly always every piece of a group is good, and none needs a savepoint. The first that is not undoes all of them,
   * and they run again, each in its own.
   * @returns undefined when one of them was not good; then nothing of them stays
   */
  #plainly(works: readonly Work[]): WorkOutcome[] | undefined {
    const outcomes: WorkOutcome[] = [];
    try {
      for (const work of works) {
        outcomes.push({ ok: true, value: work(this.statements) });
        // A piece that says COMMIT: what it said is a bug, and nothing of the group can be trusted.
        if (!this.#connection.inTransaction) throw new Error('a piece of work ended the transaction');
      }
      return outcomes;
    } catch (cause) {
      if (!this.#connection.inTransaction && storageErrorFrom(cause, this.#attempted) === undefined)
        throw cause;
      if (this.#connection.inTransaction) this.#sql('ROLLBACK');
      return undefined;
    }
  }

  #inSavepoint(work: Work): WorkOutcome | { readonly ofFile: StorageErrorData } {
    try {
      this.#sql('SAVEPOINT work');
      const value = work(this.statements);
      this.#sql('RELEASE work');
      return { ok: true, value };
    } catch (cause) {
      const error = storageErrorFrom(cause, this.#attempted);
      if (error !== undefined && ofTheFile.has(error.code)) return { ofFile: error };
      // A bug can end the transaction too (a piece that says COMMIT); then nothing of the group can be trusted.
      if (!this.#connection.inTransaction) throw cause;
      this.#sql('ROLLBACK TO work');
      this.#sql('RELEASE work');
      return error === undefined ? { ok: 'bug', cause } : { ok: false, error };
    }
  }

  /** SQLite rolls back by itself when the disk is full, or leaves that to us; either way nothing of the group stays. */
  #undo(outcomes: readonly (WorkOutcome | undefined)[], error: StorageErrorData): readonly WorkOutcome[] {
    if (this.#connection.inTransaction) this.#sql('ROLLBACK');
    return this.#refuseAll(outcomes, error);
  }

  /** Who failed by himself keeps his own reason. */
  #refuseAll(
    outcomes: readonly (WorkOutcome | undefined)[],
    error: StorageErrorData,
  ): readonly WorkOutcome[] {
    this.#stats = { ...this.#stats, refused: this.#stats.refused + outcomes.length };
    return outcomes.map((own) => (own === undefined || own.ok === true ? { ok: false, error } : own));
  }

  /** Waits here, in the thread, while another process holds the file: nobody else's loop stands still for it. */
  #begin(): StorageErrorData | undefined {
    let waitedMs = 0;
    let alarmMs = alarmEachMs;
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, pauseMsMax)) {
      const refused = this.#weather(() => this.#sql('BEGIN IMMEDIATE'));
      if (refused?.code !== 'busy') return refused;
      if (waitedMs >= this.#patience.busyMsMax) {
        return storageErrorData(
          'busy',
          this.#attempted,
          `another process has held the file for ${waitedMs} ms`,
        );
      }
      this.#patience.waitMs(pauseMs);
      waitedMs += pauseMs;
      const { busyWaits, busyWaitedMs } = this.#stats;
      this.#stats = { ...this.#stats, busyWaits: busyWaits + 1, busyWaitedMs: busyWaitedMs + pauseMs };
      if (waitedMs >= alarmMs) {
        this.#patience.onBusy?.(waitedMs);
        alarmMs += alarmEachMs;
      }
    }
  }

  #sql(text: string): void {
    this.statements.prepare(text).run();
  }

  #weather(body: () => void): StorageErrorData | undefined {
    try {
      body();
      return undefined;
    } catch (cause) {
      const error = storageErrorFrom(cause, this.#attempted);
      if (error === undefined) throw cause;
      return error;
    }
  }
}
