import { CandleIntake } from './intake/candle-intake.js';
import { IntakeError } from './intake/error.js';
import type { IntakeOp, IntakeOps, IntakeRequest, IntakeWorkerConfig } from './intake/messages.js';
import { writeSampleFolder } from './intake/sample-files.js';
import { StrategyIntake } from './intake/strategy-intake.js';
import { cutWindowFiles } from './intake/window-files.js';
import { serveWorker, WorkerFailure } from './worker-serve.js';

/**
 * The intake thread: files are read, checked, hashed, cut and written here. One request at a time; what throws without
 * a code of ours is a bug and ends the thread.
 */
interface Desk {
  readonly candles: CandleIntake;
  readonly strategies: StrategyIntake;
}

await serveWorker<IntakeRequest, IntakeOps[IntakeOp]['value'], IntakeWorkerConfig, Desk>(
  (request, _, desk) => {
    try {
      return work(request, desk);
    } catch (error) {
      if (!(error instanceof IntakeError)) throw error;
      const { code, message, retryable } = error;
      throw new WorkerFailure(code, message, { retryable, cause: error });
    }
  },
  {
    setUp: ({ cacheBytesMax, pageRecords }) => ({
      candles: new CandleIntake(cacheBytesMax),
      strategies: new StrategyIntake(pageRecords),
    }),
  },
);

function work(message: IntakeRequest, { candles, strategies }: Desk): IntakeOps[IntakeOp]['value'] {
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
