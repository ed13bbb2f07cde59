import type { ResultEncodeOptions } from '../../protocols/backtest-wire/index.js';
import type { CandleStoreConfig } from './candle-store.js';

/** What an engine thread is started with, as its `workerData`. */
export interface EngineWorkerConfig extends CandleStoreConfig {
  readonly encode?: ResultEncodeOptions;
}
