/**
 * The trades thread's own work: a result frame is decoded and its list stored here, so that no list ever crosses the
 * main thread as objects. List and receipt are one commit; the same attempt again finds its receipt and stores nothing.
 */
import {
  type BacktestFailed,
  type BacktestOk,
  decodeBacktestResult,
  type TradeColumns,
  type WireError,
} from '../../protocols/backtest-wire/index.js';
import type { PreparedStatements } from '../prepared.js';
import { rowsOf } from '../statement.js';
import { insertTrade, insertTradeList, selectTradeList } from '../tables/trades.js';
import { tradesHash } from '../trades-hash.js';
import type { FrameCall, TradesCall } from './calls.js';
import type { Work } from './group.js';

/** The answer without its list. */
export type ResultSummary = Omit<BacktestOk, 'trades'> | BacktestFailed;

/**
 * `stored` now; `duplicate`: the attempt brought this list before; `different`: it brought another list before, and
 * that one stays.
 */
export interface TradesReceipt {
  readonly attemptId: string;
  readonly count: number;
  readonly sha256: string;
  readonly standing: 'stored' | 'duplicate' | 'different';
}

/** `refused`: the frame cannot be read; nothing was stored. `trades` is null when the answer brought no list. */
export type IngestAnswer =
  | { readonly type: 'ingested'; readonly summary: ResultSummary; readonly trades: TradesReceipt | null }
  | { readonly type: 'refused'; readonly error: WireError };

export interface NewList extends TradeColumns {
  readonly attemptId: string;
  readonly requestId: string | null;
  readonly receivedWallMs: number;
}

/** Inside the caller's transaction. */
export function storeTrades(prepared: PreparedStatements, list: NewList): TradesReceipt {
  const { attemptId, exitS, pnl } = list;
  if (exitS.length !== pnl.length) throw new Error(`${exitS.length} exit times and ${pnl.length} PnLs`);
  const sha256 = tradesHash(exitS, pnl);
  const inserted = insertTradeList({
    attempt_id: attemptId,
    request_id: list.requestId,
    count: exitS.length,
    sha256,
    received_wall_ms: list.receivedWallMs,
  });
  const [created] = rowsOf(inserted, prepared.execute(inserted));
  if (created === undefined) return existingReceipt(prepared, attemptId, sha256);
  const row = prepared.prepare(insertTrade({ list_id: 0, seq: 0, exit_s: 0, pnl: 0 }).sql);
  for (const [seq, exit] of exitS.entries()) row.run(created.list_id, seq, exit, pnl[seq]);
  return { attemptId, count: exitS.length, sha256, standing: 'stored' };
}

function existingReceipt(prepared: PreparedStatements, attemptId: string, sha256: string): TradesReceipt {
  const selected = selectTradeList({ attemptId });
  const [found] = rowsOf(selected, prepared.execute(selected));
  if (found === undefined) throw new Error(`the list of attempt ${attemptId} was neither stored nor found`);
  const standing = found.sha256 === sha256 ? 'duplicate' : 'different';
  return { attemptId, count: found.count, sha256: found.sha256, standing };
}

/** Work for the trades file's own calls. Decoding is part of the work: a bug in it fails this frame alone. */
export const tradesJob = (call: FrameCall | TradesCall): Work =>
  call.type === 'store_trades'
    ? (prepared) => storeTrades(prepared, call)
    : (prepared) => ingestFrame(prepared, call.frame, call.receivedWallMs);

function ingestFrame(prepared: PreparedStatements, frame: Uint8Array, receivedWallMs: number): IngestAnswer {
  const decoded = decodeBacktestResult(frame);
  if (!decoded.ok) return { type: 'refused', error: decoded.error };
  if (decoded.value.kind === 'failed') return { type: 'ingested', summary: decoded.value, trades: null };
  const { trades, ...summary } = decoded.value;
  if (trades === null) return { type: 'ingested', summary, trades: null };
  const { requestId: attemptId, strategyName } = summary;
  if (attemptId === null) {
    // A list that belongs to nobody must not be stored: nothing could ever refer to it.
    const error = {
      code: 'missing_request_id',
      field: 'request_id',
      expected: 'an id',
      found: 'none',
    } as const;
    return { type: 'refused', error: { ...error, requestId: null, strategyName } };
  }
  const receipt = storeTrades(prepared, { ...trades, attemptId, requestId: null, receivedWallMs });
  return { type: 'ingested', summary, trades: receipt };
}
