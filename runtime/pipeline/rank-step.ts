import { names as oos } from '../../protocols/oos-requests.js';
import type { RankCandidate, Ranked, RankingRules } from '../../protocols/oos-requests.js';
import { awaitWork } from './await-work.js';
import type { JobContext, JobPhase } from './job-context.js';

const standingMs = 2_000;

const phases: Readonly<Record<'b' | 'a', JobPhase>> = { b: 'ranks', a: 'promotions' };

/**
 * Has the strategies judged, in the first phase by their in-sample figures, in the second by what they did out of sample.
 * @returns where each stands now, by id
 */
export async function decideRanks(
  context: JobContext,
  phase: 'b' | 'a',
  candidates: readonly RankCandidate[],
  rules: RankingRules,
): Promise<ReadonlyMap<string, Ranked>> {
  const { system, progress } = context;
  const shown = phases[phase];
  progress.begin(shown, candidates.length);
  const ranked = await awaitWork(
    context,
    'decide ranks',
    (options) => system.ask(oos.rankEvaluator, { type: 'evaluate', phase, candidates, rules }, options),
    async () => {
      const standing = await system.ask(
        oos.rankEvaluator,
        { type: 'evaluator_standing' },
        { deadlineMs: standingMs },
      );
      if (standing.ok) progress.advance(shown, standing.value.decided);
    },
  );
  progress.advance(shown, ranked.length);
  progress.end(shown);
  return new Map(ranked.map((one) => [one.strategyId, one]));
}
