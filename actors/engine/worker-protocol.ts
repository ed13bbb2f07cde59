import type { ResultEncodeOptions } from '../../protocols/backtest-wire/index.js';
import type { CandleStoreConfig } from './candle-store.js';

/** What an engine thread is started with, as its `workerData`. */
export interface EngineWorkerConfig extends CandleStoreConfig {
  readonly encode?: ResultEncodeOptions;
}

/** To the thread: one request; the buffer may be transferred. Requests are answered one after the other. */
export interface EngineWorkerRequest {
  /** The asker's own number, which comes back. */
  readonly id: number;
  /** A BACKTEST frame. */
  readonly bytes: Uint8Array;
}

/** From the thread; the buffer is transferred. */
export interface EngineWorkerReply {
  readonly id: number;
  /** A BACKTEST_RESULT frame. */
  readonly bytes: Uint8Array;
}
