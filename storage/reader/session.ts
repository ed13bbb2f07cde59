/** What the reader thread does with a query: reads row by row within bounds, so that no query holds the WAL for long. */
import type { Connection } from '../database.js';
import { storageErrorFrom } from '../errors.js';
import { FileGuard } from '../file-guard.js';
import { PreparedStatements } from '../prepared.js';
import type { SqlRow, Statement } from '../statement.js';
import type { Answer, Call, Outcome } from '../thread/messages.js';
import type { Session } from '../thread/serve.js';

export interface ReadLimits {
  /** More rows than this are left out and said to be. */
  readonly rowsMax: number;
  /** From the first row on; a query that sorts for long before its first row needs an index instead. */
  readonly queryMsMax: number;
}

export const readDefaults: ReadLimits = { rowsMax: 10_000, queryMsMax: 1_000 };

export interface Page<R> {
  readonly rows: readonly R[];
  /** True when there is more than the bounds let through: ask for the next page. */
  readonly truncated: boolean;
}

export class QueryRunner {
  readonly #connection: Connection;
  readonly #prepared: PreparedStatements;
  readonly #limits: ReadLimits;
  readonly #nowMs: () => number;

  /** @param nowMs monotonic clock */
  constructor(connection: Connection, limits: ReadLimits, nowMs: () => number) {
    this.#connection = connection;
    this.#prepared = new PreparedStatements(connection);
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /** @throws whatever is no weather: wrong SQL, or a statement that writes */
  query<R>(statement: Statement<R>): Outcome<Page<R>> {
    const attempted = `read ${this.#connection.name}`;
    try {
      return { ok: true, value: this.#read(statement) as Page<R> };
    } catch (cause) {
      const error = storageErrorFrom(cause, attempted);
      if (error === undefined || error.code === 'read_only') throw cause;
      return { ok: false, error };
    }
  }

  #read(statement: Statement): Page<SqlRow> {
    const { rowsMax, queryMsMax } = this.#limits;
    const untilMs = this.#nowMs() + queryMsMax;
    const rows: SqlRow[] = [];
    for (const row of this.#prepared.rows(statement.sql, statement.params)) {
      if (rows.length >= rowsMax || this.#nowMs() > untilMs) return { rows, truncated: true };
      rows.push(row);
      if (statement.mode === 'get') break;
    }
    return { rows, truncated: false };
  }
}

/** One query at a time, in order. */
export class ReaderSession implements Session {
  readonly #connection: Connection;
  readonly #runner: QueryRunner;
  readonly #guard: FileGuard;
  #queries = 0;

  constructor(connection: Connection, limits: ReadLimits, nowMs: () => number) {
    this.#connection = connection;
    this.#guard = new FileGuard(connection.name);
    this.#runner = new QueryRunner(connection, limits, nowMs);
  }

  step(waiting: Call[]): readonly Answer[] {
    const call = waiting.shift();
    if (call === undefined) return [];
    // A file or a log that is another one by now will never change for us: whoever starts us again opens what is there.
    if (this.#guard.look() !== 'sound')
      throw new Error(`${this.#connection.name} is not the file that was opened`);
    this.#queries += 1;
    try {
      return [{ id: call.id, ...this.#runner.query(call.body as Statement) }];
    } catch (cause) {
      return [{ id: call.id, ok: 'bug', message: cause instanceof Error ? cause.message : String(cause) }];
    }
  }

  stats(): { readonly queries: number } {
    return { queries: this.#queries };
  }

  close(): void {
    this.#connection.close();
  }
}
