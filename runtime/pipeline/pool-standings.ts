/** How the pools of workers stand, by asking each. Those of the engine are in the process of the backend. */
import { names as explanations } from '../../protocols/explanations.js';
import type { Name } from '../../protocols/name.js';
import { names as oos } from '../../protocols/oos-requests.js';
import { names as pairs } from '../../protocols/pair-overlay.js';
import type { WorkerCounts, WorkerPoolMsg } from '../../protocols/workers.js';
import type { PoolFacts } from '../node/http-metrics-pools.js';
import { intakeName } from '../node/intake/intake-pool.js';
import type { System } from '../system.js';

const pools = [pairs.evaluators, oos.monteCarlo, explanations.explainer, intakeName];

/** One that is down, or not there at all, is left out; it must not hide the others. */
export async function readPools(system: System, askMs: number): Promise<PoolFacts> {
  const answers = await Promise.all(
    pools.map(async (pool): Promise<readonly [string, WorkerCounts | null]> => {
      const outcome = await system.ask(
        pool as Name<WorkerPoolMsg>,
        { type: 'worker_counts' },
        { deadlineMs: askMs },
      );
      return [pool.name, outcome.ok ? outcome.value : null];
    }),
  );
  return Object.fromEntries(
    answers.filter((entry): entry is readonly [string, WorkerCounts] => entry[1] !== null),
  );
}
