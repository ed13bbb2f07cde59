/** Whole trade lists, for evaluation. */
import { compiler, define } from '../statement.js';
import type { TradeRow, TradesTables } from './trades.js';

const trades = compiler<TradesTables>();

/** In the order in which they were received. */
export const selectTradesOfList = define<{ listId: number; limit: number }, Pick<TradeRow, 'exit_s' | 'pnl'>>(
  'all',
  (slots) =>
    trades
      .selectFrom('trades')
      .select(['exit_s', 'pnl'])
      .where('list_id', '=', slots('listId'))
      .orderBy('seq')
      .limit(slots('limit'))
      .compile(),
);
