/** Trade lists, whole or not at all, each with the receipt that core's result refers to. */
import type { Generated } from 'kysely';
import { compiler, define } from '../statement.js';

export interface TradeListRow {
  readonly list_id: number;
  readonly attempt_id: string;
  /** Null when the list came in a frame that only the ingest thread has read. */
  readonly request_id: string | null;
  readonly count: number;
  readonly sha256: string;
  readonly received_wall_ms: number;
}

export interface TradeRow {
  readonly list_id: number;
  readonly seq: number;
  /** Unix seconds at which the trade was closed. */
  readonly exit_s: number;
  readonly pnl: number;
}

export interface TradesTables {
  trade_lists: Omit<TradeListRow, 'list_id'> & { readonly list_id: Generated<number> };
  trades: TradeRow;
}

const trades = compiler<TradesTables>();

export type NewTradeList = Omit<TradeListRow, 'list_id'>;

/** No row comes back when the attempt has a list already. */
export const insertTradeList = define<NewTradeList, { list_id: number }>('all', (slots) =>
  trades
    .insertInto('trade_lists')
    .values({
      attempt_id: slots('attempt_id'),
      request_id: slots('request_id'),
      count: slots('count'),
      sha256: slots('sha256'),
      received_wall_ms: slots('received_wall_ms'),
    })
    .onConflict((conflict) => conflict.column('attempt_id').doNothing())
    .returning('list_id')
    .compile(),
);

export const insertTrade = define<TradeRow>('run', (slots) =>
  trades
    .insertInto('trades')
    .values({
      list_id: slots('list_id'),
      seq: slots('seq'),
      exit_s: slots('exit_s'),
      pnl: slots('pnl'),
    })
    .compile(),
);

export const selectTradeList = define<{ attemptId: string }, TradeListRow>('get', (slots) =>
  trades.selectFrom('trade_lists').selectAll().where('attempt_id', '=', slots('attemptId')).compile(),
);

/** In order, a page at a time; the first page begins after -1. */
export const selectTrades = define<{ attemptId: string; afterSeq: number; limit: number }, TradeRow>(
  'all',
  (slots) =>
    trades
      .selectFrom('trades')
      .selectAll()
      .where('list_id', '=', (eb) =>
        eb.selectFrom('trade_lists').select('list_id').where('attempt_id', '=', slots('attemptId')),
      )
      .where('seq', '>', slots('afterSeq'))
      .orderBy('seq')
      .limit(slots('limit'))
      .compile(),
);
