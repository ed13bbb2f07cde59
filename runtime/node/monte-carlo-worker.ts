import { ruinProbability } from '../../actors/oos-requests/monte-carlo.js';
import { seededDraws } from '../../actors/oos-requests/seeded-draws.js';
import type { MonteCarloResult, MonteCarloWork } from '../../protocols/oos-requests.js';
import { StorageError } from '../../storage/errors.js';
import { openReadOnly } from '../../storage/reader/read-only.js';
import { selectNewestTrades } from '../../storage/tables/oos-trades.js';

import { serveWorker, WorkerFailure } from './worker-serve.js';

export interface MonteCarloWorkerConfig {
  /** The trades file. */
  readonly file: string;
}

/** The Monte Carlo thread: reads the trades of an attempt where they lie, and draws. The main thread sees neither. */
await serveWorker<MonteCarloWork, MonteCarloResult, MonteCarloWorkerConfig, MonteCarloWorkerConfig>(
  (work, _call, { file }) => ruinProbability(newestTrades(file, work), work, seededDraws(work.seed)),
  { setUp: (config) => config },
);

/** Newest last. Opened for each question: a file that was moved or restored meanwhile is not held on to. */
function newestTrades(file: string, { attemptId, newestMax }: MonteCarloWork): readonly number[] {
  try {
    const store = openReadOnly(file, 'trades', () => performance.now());
    try {
      const outcome = store.query(selectNewestTrades({ attemptId, limit: newestMax }));
      if (!outcome.ok) throw new StorageError(outcome.error);
      return outcome.value.rows.map(({ pnl }) => pnl).reverse();
    } finally {
      store.close();
    }
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    throw new WorkerFailure(error.code, error.message, { retryable: error.retryable, cause: error });
  }
}
