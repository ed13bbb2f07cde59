/** Trade lists that nothing refers to any more, taken away a piece at a time. */
import { sql } from 'kysely';
import type { Verb } from '../statement.js';
import { compiler, define, listRows, rowsOf, verb } from '../statement.js';
import { countRemoved } from './removed-rows.js';
import type { TradeListRow, TradesTables } from './trades.js';

const trades = compiler<TradesTables>();

interface Drop {
  readonly attemptIds: string;
  readonly rowsMax: number;
}

const dropTrades = define<Drop>('run', (slots) =>
  sql`DELETE FROM trades WHERE (list_id, seq) IN (
      SELECT old.list_id, old.seq
      FROM ${listRows(slots('attemptIds'))} AS given
        JOIN trade_lists ON trade_lists.attempt_id = given.value
        JOIN trades AS old ON old.list_id = trade_lists.list_id
      LIMIT ${slots('rowsMax')})`.compile(trades),
);

const dropEmpty = define<Drop>('run', (slots) =>
  sql`DELETE FROM trade_lists WHERE attempt_id IN (SELECT value FROM ${listRows(slots('attemptIds'))})
      AND NOT EXISTS (SELECT 1 FROM trades WHERE trades.list_id = trade_lists.list_id)`.compile(trades),
);

const selectLeft = define<Drop, { attempt_id: string }>('all', (slots) =>
  sql`SELECT attempt_id FROM trade_lists
      WHERE attempt_id IN (SELECT value FROM ${listRows(slots('attemptIds'))})`.compile(trades),
);

/** @returns attempts whose lists are not gone yet */
export function dropLists(attemptIds: readonly string[], rowsMax: number): Verb<readonly string[]> {
  const drop: Drop = { attemptIds: JSON.stringify(attemptIds), rowsMax };
  const left = selectLeft(drop);
  const statements = [
    dropTrades(drop),
    countRemoved('trades'),
    dropEmpty(drop),
    countRemoved('trade_lists'),
    left,
  ];
  return verb(statements, (results) => rowsOf(left, results[4]).map((row) => row.attempt_id));
}

type Page = { readonly afterListId: number; readonly beforeWallMs: number; readonly limit: number };

export const selectOldLists = define<Page, Pick<TradeListRow, 'list_id' | 'attempt_id'>>('all', (slots) =>
  sql`SELECT list_id, attempt_id FROM (
        SELECT list_id, attempt_id, received_wall_ms FROM trade_lists
        WHERE list_id > ${slots('afterListId')} ORDER BY list_id LIMIT ${slots('limit')}
      ) WHERE received_wall_ms < ${slots('beforeWallMs')}`.compile(trades),
);
