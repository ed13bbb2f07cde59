/** Rows of a database that nobody serves right now, read as anybody could. */
import { openReadOnly } from '../../storage/reader/read-only.js';
import type { StoreKind } from '../../storage/migrations/index.js';
import type { SqlRow } from '../../storage/statement.js';

const limits = { rowsMax: 1_000_000, queryMsMax: 20_000 };

export function rows(file: string, kind: StoreKind, sql: string): readonly SqlRow[] {
  const store = openReadOnly(file, kind, () => performance.now(), limits);
  try {
    const outcome = store.query<SqlRow>({ sql, params: [], mode: 'all' });
    if (!outcome.ok) throw new Error(outcome.error.message);
    return outcome.value.rows;
  } finally {
    store.close();
  }
}
