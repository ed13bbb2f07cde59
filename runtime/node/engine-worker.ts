import { answerBacktest } from '../../actors/engine/answer.js';
import { CandleStore } from '../../actors/engine/candle-store.js';
import type { EngineWorkerConfig } from '../../actors/engine/worker-protocol.js';
import { candleFiles } from './candle-files.js';
import { serveWorker } from './worker-serve.js';

/**
 * An engine thread: takes a BACKTEST frame, answers a BACKTEST_RESULT frame, one at a time, with its own cache of parsed
 * candles. Whatever throws here ends the thread; its owner answers for what was in flight.
 */
type Deps = Parameters<typeof answerBacktest>[1];

await serveWorker<Uint8Array, Uint8Array, EngineWorkerConfig, Deps>(
  (frame, call, deps) => {
    const answer = answerBacktest(frame, deps);
    call.transfer(answer.buffer);
    return answer;
  },
  {
    setUp: (config) => {
      const candles = new CandleStore(candleFiles, config);
      return config.encode === undefined ? { candles } : { candles, encode: config.encode };
    },
  },
);
