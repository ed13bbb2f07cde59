/** Trade lists as columns, from a trades file that is open for reading. */
import { StorageError } from '../errors.js';
import { selectTradesOfList } from '../tables/pair-trades.js';
import { selectTradeList } from '../tables/trades.js';
import type { ReadOnlyStore } from './read-only.js';
import type { Outcome } from '../thread/messages.js';
import type { Page, ReadLimits } from './session.js';

/** A list that is longer, or takes longer to read, is not looked at. For threads and commands, which may block so long. */
export const listLimits: ReadLimits = { rowsMax: 250_000, queryMsMax: 20_000 };

export interface ListColumns {
  readonly exitS: Float64Array;
  readonly pnl: Float64Array;
}

/**
 * @returns null for a list that is not there, that has another number of trades than expected, or that is too long
 * @throws StorageError when the file cannot be read
 */
export const tradeLists =
  (store: ReadOnlyStore) =>
  ({ attemptId, count }: { readonly attemptId: string; readonly count: number }): ListColumns | null => {
    const list = read(store.query(selectTradeList({ attemptId }))).rows[0];
    if (list?.count !== count || count > listLimits.rowsMax) return null;
    const { rows, truncated } = read(
      store.query(selectTradesOfList({ listId: list.list_id, limit: listLimits.rowsMax })),
    );
    if (truncated || rows.length !== count) return null;
    return {
      exitS: Float64Array.from(rows, ({ exit_s }) => exit_s),
      pnl: Float64Array.from(rows, ({ pnl }) => pnl),
    };
  };

function read<R>(outcome: Outcome<Page<R>>): Page<R> {
  if (!outcome.ok) throw new StorageError(outcome.error);
  return outcome.value;
}
