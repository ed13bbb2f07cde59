/** What each verb and question of retention is in statements. */
import type {
  RetentionCoreMsg,
  RetentionReaderMsg,
  RetentionTradesMsg,
} from '../../protocols/db-retention.js';
import type { AgedRequest } from '../../protocols/db-retention.js';
import type { Reader } from '../../storage/reader/client.js';
import { dropLists, selectOldLists } from '../../storage/tables/dropped-lists.js';
import { selectRemoved } from '../../storage/tables/removed-rows.js';
import {
  forgetAttempts,
  forgetKeys,
  purgeRequests,
  selectAged,
  selectPurgedAttempts,
} from '../../storage/tables/request-ledger.js';
import {
  selectHistories,
  selectUnknownAttempts,
  trimHistories,
} from '../../storage/tables/verdict-history.js';
import type { Outcome } from '../../storage/thread/messages.js';
import { rows } from './reading.js';
import { fromRow } from './rows.js';
import { nothing, reading } from './verb-table.js';
import type { VerbTable } from './verb-table.js';

export const retentionVerbs: VerbTable<RetentionCoreMsg> = {
  purge_requests: ({ requestIds, beforeWallMs }) => purgeRequests(requestIds, beforeWallMs),
  forget_attempts: ({ attemptIds }) => nothing([forgetAttempts({ attemptIds: JSON.stringify(attemptIds) })]),
  forget_keys: ({ beforeWallMs, limit }) => forgetKeys(beforeWallMs, limit),
  trim_verdicts: ({ strategyIds, keep, limit }) => trimHistories(strategyIds, keep, limit),
};

export const tradesVerbs: VerbTable<RetentionTradesMsg> = {
  drop_lists: ({ attemptIds, rowsMax }) => dropLists(attemptIds, rowsMax),
  old_lists: ({ type: _type, ...page }) =>
    reading(selectOldLists(page), (found) =>
      found.map((row) => ({ listId: row.list_id, attemptId: row.attempt_id })),
    ),
};

export function readRetention(reader: Reader, message: RetentionReaderMsg): Promise<Outcome<unknown>> {
  switch (message.type) {
    case 'aged_requests':
      return rows(reader, selectAged(message), (row) => fromRow<AgedRequest>(row));
    case 'purged_attempts':
      return rows(reader, selectPurgedAttempts(message), (row) => row.attempt_id);
    case 'long_histories':
      return rows(reader, selectHistories(message), (row) => ({
        strategyId: row.strategy_id,
        isLong: row.is_long,
      }));
    case 'unknown_attempts':
      return rows(
        reader,
        selectUnknownAttempts({ attemptIds: JSON.stringify(message.attemptIds) }),
        (row) => row.attempt_id,
      );
    case 'removed_counts':
      return rows(reader, selectRemoved({}), (row) => row);
  }
}
