import { parentPort, workerData } from 'node:worker_threads';
import { answerBacktest } from '../../actors/engine/answer.js';
import { CandleStore } from '../../actors/engine/candle-store.js';
import type {
  EngineWorkerConfig,
  EngineWorkerReply,
  EngineWorkerRequest,
} from '../../actors/engine/worker-protocol.js';
import { candleFiles } from './candle-files.js';

/**
 * An engine thread: takes `{id, bytes}`, answers `{id, bytes}`, one at a time, with its own cache of parsed candles.
 * Whatever throws here ends the thread; its owner answers for what was in flight.
 */
if (parentPort === null) throw new Error('the engine worker runs as a worker thread only');

const port = parentPort;
const config = workerData as EngineWorkerConfig;
const candles = new CandleStore(candleFiles, config);
const deps = config.encode === undefined ? { candles } : { candles, encode: config.encode };

port.on('message', ({ id, bytes }: EngineWorkerRequest) => {
  const reply = answerBacktest(bytes, deps);
  const message: EngineWorkerReply = { id, bytes: reply };
  port.postMessage(message, [reply.buffer]);
});
