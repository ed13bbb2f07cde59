/** An answer that was cut short is a refusal, never a smaller count. */
import { storageErrorData } from '../../storage/errors.js';
import type { Reader } from '../../storage/reader/client.js';
import type { Statement } from '../../storage/statement.js';
import type { Outcome } from '../../storage/thread/messages.js';

export async function rows<R, T>(
  reader: Reader,
  statement: Statement<R>,
  read: (row: R) => T,
): Promise<Outcome<readonly T[]>> {
  const outcome = await reader.query(statement);
  if (!outcome.ok) return outcome;
  if (!outcome.value.truncated) return { ok: true, value: outcome.value.rows.map(read) };
  const message = `more than ${outcome.value.rows.length} rows, or too long to read; ask for less at once`;
  return {
    ok: false,
    error: { ...storageErrorData('busy', 'read the core file', message), retryable: false },
  };
}

export async function first<R, T>(
  reader: Reader,
  statement: Statement<R>,
  read: (row: R) => T,
): Promise<Outcome<T | null>> {
  const outcome = await rows(reader, statement, read);
  return outcome.ok ? { ok: true, value: outcome.value[0] ?? null } : outcome;
}
