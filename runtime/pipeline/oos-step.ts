import type { OosVerdict } from '../../protocols/db-oos.js';
import { names as oos } from '../../protocols/oos-requests.js';
import type { OosCandidate } from '../../protocols/oos-requests.js';
import { awaitWork } from './await-work.js';
import type { JobContext } from './job-context.js';
import { Standstill } from './standstill.js';

const standingMs = 2_000;

/**
 * Has every candidate measured out of sample, durably and once, and waits for the verdicts: what is still in force is found
 * again, also after a kill.
 * @returns the verdicts by strategy
 */
export async function validateOutOfSample(
  context: JobContext,
  candidates: readonly OosCandidate[],
): Promise<ReadonlyMap<string, OosVerdict>> {
  const { system, progress } = context;
  progress.begin('oos', candidates.length);
  const standstill = new Standstill(context);
  let decided = 0;
  const verdicts = await awaitWork(
    context,
    'validate out of sample',
    (options) => system.ask(oos.oosScheduler, { type: 'validate', candidates }, options),
    async () => {
      const standing = await system.ask(
        oos.oosScheduler,
        { type: 'oos_standing' },
        { deadlineMs: standingMs },
      );
      if (standing.ok) {
        if (standing.value.decided !== decided) standstill.moved();
        ({ decided } = standing.value);
        progress.advance('oos', decided, standing.value.notMeasured);
      }
      await standstill.look();
    },
  );
  progress.advance(
    'oos',
    verdicts.length,
    verdicts.filter(({ outcome }) => outcome === 'not_measured').length,
  );
  progress.end('oos');
  return new Map(verdicts.map((verdict) => [verdict.strategyId, verdict]));
}
