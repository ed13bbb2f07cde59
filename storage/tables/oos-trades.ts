/** The end of a trade list, for what looks at the newest trades only. */
import { compiler, define } from '../statement.js';
import type { TradesTables } from './trades.js';

const trades = compiler<TradesTables>();

/** Newest first. No row for an unknown attempt. */
export const selectNewestTrades = define<
  { attemptId: string; limit: number },
  { exit_s: number; pnl: number }
>('all', (slots) =>
  trades
    .selectFrom('trades')
    .select(['exit_s', 'pnl'])
    .where('list_id', '=', (eb) =>
      eb.selectFrom('trade_lists').select('list_id').where('attempt_id', '=', slots('attemptId')),
    )
    .orderBy('seq', 'desc')
    .limit(slots('limit'))
    .compile(),
);
