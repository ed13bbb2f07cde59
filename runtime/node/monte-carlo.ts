import type { ChildSpec } from '../../actors/kernel/child-spec.js';
import { names } from '../../protocols/oos-requests.js';
import { workerPool } from '../../supervisors/worker-pool.js';
import type { MonteCarloWorkerConfig } from './monte-carlo-worker.js';
import { workerThread } from './worker-thread.js';

export interface MonteCarloOptions {
  /** The trades file. */
  readonly file: string;
  /** @defaultValue the compiled `monte-carlo-worker` beside this file */
  readonly entry?: string | URL;
}

/** One thread: 250 draws of 500 values take some milliseconds, and only those are asked for who meet all else. */
export function monteCarloPool({ file, entry }: MonteCarloOptions): ChildSpec {
  const data: MonteCarloWorkerConfig = { file };
  return workerPool({
    id: 'monte-carlo',
    name: names.monteCarlo,
    size: 1,
    worker: workerThread({
      name: 'monte-carlo',
      entry: entry ?? new URL('./monte-carlo-worker.js', import.meta.url),
      data,
      limits: { maxOldGenerationSizeMb: 128 },
    }),
    requestMs: 20_000,
  });
}
