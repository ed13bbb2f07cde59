/** Prepared statements by SQL text, for one connection. The texts are few; the bound is for those that are built. */
import type { Connection, PreparedStatement } from './database.js';
import type { Part } from './sequence.js';
import { paramsOf } from './sequence.js';
import type { SqlRow, SqlValue, Statement, StatementResult } from './statement.js';
import { isDue, notRun } from './statement.js';

const preparedMax = 512;

export class PreparedStatements {
  readonly #connection: Connection;
  readonly #bySql = new Map<string, PreparedStatement>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  prepare(sql: string): PreparedStatement {
    const known = this.#bySql.get(sql);
    if (known !== undefined) return known;
    const prepared = this.#connection.prepare(sql);
    if (this.#bySql.size >= preparedMax) {
      const [oldest] = this.#bySql.keys();
      if (oldest !== undefined) this.#bySql.delete(oldest);
    }
    this.#bySql.set(sql, prepared);
    return prepared;
  }

  execute(statement: Pick<Statement, 'sql' | 'mode' | 'params'>): StatementResult {
    const prepared = this.prepare(statement.sql);
    if (statement.mode === 'run') return { changes: prepared.run(...statement.params).changes, rows: [] };
    const rows = (
      statement.mode === 'all' ? prepared.all(...statement.params) : [prepared.get(...statement.params)]
    ) as readonly (SqlRow | undefined)[];
    const found = rows.filter((row) => row !== undefined);
    // RETURNING gives a row for each change; a plain SELECT changes nothing.
    return { changes: prepared.readonly ? 0 : found.length, rows: found };
  }

  /** A transaction's statements in order, each on its condition. */
  executeAll(statements: readonly Pick<Statement, 'sql' | 'mode' | 'params' | 'when'>[]): StatementResult[] {
    const results: StatementResult[] = [];
    for (const statement of statements) this.executeNext(statement, results);
    return results;
  }

  /** The next statement of a transaction, behind those whose results these are. */
  executeNext(
    statement: Pick<Statement, 'sql' | 'mode' | 'params' | 'when'>,
    results: StatementResult[],
  ): void {
    results.push(isDue(statement.when, results.length, results) ? this.execute(statement) : notRun);
  }

  /** All statements of a sequence. The values of what is not due are never looked at. */
  executeSequence(parts: readonly Part[], values: readonly SqlValue[], results: StatementResult[]): void {
    for (const part of parts) {
      const { sql, mode } = part;
      const isToRun = isDue(part.when, results.length, results);
      results.push(isToRun ? this.execute({ sql, mode, params: paramsOf(part, values) }) : notRun);
    }
  }

  /** Row by row, for whoever may stop early. */
  *rows(sql: string, params: readonly SqlValue[]): Generator<SqlRow> {
    for (const row of this.prepare(sql).iterate(...params)) yield row as SqlRow;
  }
}
