/** What each question to the core file is in SQL. An answer that was cut short is a refusal, never a smaller count. */
import type { ReaderMsg } from '../../protocols/db-writes.js';
import type { OpenAttempts, RequestOutcome, StoredResult, StoredStrategy } from '../../protocols/db-views.js';
import { storageErrorData } from '../../storage/errors.js';
import type { Reader } from '../../storage/reader/client.js';
import type { Statement } from '../../storage/statement.js';
import { countOpenAttempts } from '../../storage/tables/attempts.js';
import { countLateAnswers } from '../../storage/tables/late-answers.js';
import { countRanks } from '../../storage/tables/ranks.js';
import {
  countOpenRequests,
  countRequests,
  selectLatencies,
  selectOutcomes,
} from '../../storage/tables/request-counts.js';
import { selectResult } from '../../storage/tables/results.js';
import { selectStrategy } from '../../storage/tables/strategies.js';
import type { Outcome } from '../../storage/thread/messages.js';
import { fromRow } from './rows.js';

export function readCore(reader: Reader, message: ReaderMsg): Promise<Outcome<unknown>> {
  switch (message.type) {
    case 'request_counts':
      return rows(reader, countRequests({}), (row) => row);
    case 'open_request_counts':
      return rows(reader, countOpenRequests({}), (row) => row);
    case 'open_attempts':
      return rows(reader, countOpenAttempts({}), (row): OpenAttempts => row);
    case 'late_answer_counts':
      return rows(reader, countLateAnswers({}), (row) => row);
    case 'rank_counts':
      return rows(reader, countRanks({}), (row) => row);
    case 'latencies':
      return rows(reader, selectLatencies({ sinceWallMs: message.sinceWallMs }), (row) => row);
    case 'request_outcomes':
      return rows(reader, selectOutcomes(message.requestIds), (row) => fromRow<RequestOutcome>(row));
    case 'result':
      return first(reader, selectResult({ requestId: message.requestId }), (row) =>
        fromRow<StoredResult>(row),
      );
    case 'strategy':
      return first(reader, selectStrategy({ strategyId: message.strategyId }), (row) =>
        fromRow<StoredStrategy>(row),
      );
  }
}

async function rows<R, T>(
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

async function first<R, T>(
  reader: Reader,
  statement: Statement<R>,
  read: (row: R) => T,
): Promise<Outcome<T | null>> {
  const outcome = await rows(reader, statement, read);
  return outcome.ok ? { ok: true, value: outcome.value[0] ?? null } : outcome;
}
