import { parentPort, workerData } from 'node:worker_threads';
import { CandleIntake } from './intake/candle-intake.js';
import { IntakeError } from './intake/error.js';
import type {
  IntakeOp,
  IntakeOps,
  IntakeReply,
  IntakeRequest,
  IntakeWorkerConfig,
} from './intake/messages.js';
import { writeSampleFolder } from './intake/sample-files.js';
import { StrategyIntake } from './intake/strategy-intake.js';
import { cutWindowFiles } from './intake/window-files.js';

/**
 * The intake thread: files are read, checked, hashed, cut and written here, so that the main loop never waits for a
 * disk or a parser. One request at a time; what throws without a code of ours is a bug and ends the thread.
 */
if (parentPort === null) throw new Error('the intake worker runs as a worker thread only');

const port = parentPort;
const config = workerData as IntakeWorkerConfig;
const candles = new CandleIntake(config.cacheBytesMax);
const strategies = new StrategyIntake(config.pageRecords);

port.on('message', (message: IntakeRequest) => {
  port.postMessage(answer(message));
});

function answer(message: IntakeRequest): IntakeReply {
  try {
    return { id: message.id, ok: true, value: work(message) };
  } catch (error) {
    if (!(error instanceof IntakeError)) throw error;
    return { id: message.id, ok: false, code: error.code, message: error.message };
  }
}

function work(message: IntakeRequest): IntakeOps[IntakeOp]['value'] {
  switch (message.op) {
    case 'import_strategies':
      return strategies.open(message.request.path);
    case 'strategy_page':
      return strategies.page(message.request.page);
    case 'check_candles':
      return candles.check(message.request);
    case 'cut_windows':
      return cutWindowFiles(message.request, candles);
    case 'write_samples':
      return writeSampleFolder(message.request);
  }
}
