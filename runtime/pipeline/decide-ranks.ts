import { createHash } from 'node:crypto';
import type { RankOutcome, RankVerdict } from '../../protocols/db-rows.js';
import type { RequestOutcome, StoredResult } from '../../protocols/db-views.js';
import { names as db } from '../../protocols/db-writes.js';
import type { ImportedStrategy } from '../../protocols/strategies/index.js';
import { PipelineFailure } from './failure.js';
import { inParts, patiently } from './job-context.js';
import type { JobContext } from './job-context.js';
import { documentedPolicy, evidenceOf, judge } from './rank-policy.js';

/** Questions to the stores that are out at once; a strategy whose rank others keep changing is judged so often. */
const limits = { atOnce: 32, roundsMax: 5 } as const;

interface Measured {
  readonly strategy: ImportedStrategy;
  readonly result: StoredResult;
}

/**
 * Judges every strategy that was measured, once all in-sample requests are terminal, by (Sharpe, name), so that no race
 * and no kill changes an outcome. A verdict is named by its evidence: deciding the same again changes nothing.
 * @returns the rank of each strategy as it now stands; those left out are unranked
 */
export async function decideRanks(
  context: JobContext,
  strategies: ReadonlyMap<string, ImportedStrategy>,
  outcomes: readonly RequestOutcome[],
): Promise<ReadonlyMap<string, string | null>> {
  const measured = await readMeasured(context, strategies, outcomes);
  const ranks = new Map<string, string | null>();
  context.progress.begin('ranks', measured.length);
  for (const part of inParts(inOrder(measured), limits.atOnce)) {
    const decided = await Promise.all(part.map((one) => decide(context, one)));
    for (const [strategyId, rank] of decided) ranks.set(strategyId, rank);
    context.progress.advance('ranks', ranks.size);
  }
  context.progress.end('ranks');
  return ranks;
}

async function readMeasured(
  context: JobContext,
  strategies: ReadonlyMap<string, ImportedStrategy>,
  outcomes: readonly RequestOutcome[],
): Promise<readonly Measured[]> {
  const measured: Measured[] = [];
  for (const part of inParts(
    outcomes.filter((outcome) => outcome.state === 'succeeded'),
    limits.atOnce,
  )) {
    const results = await Promise.all(
      part.map(({ requestId }) =>
        patiently(context, 'read a result', (options) =>
          context.system.ask(db.reader, { type: 'result', requestId }, options),
        ),
      ),
    );
    for (const [index, { strategyId }] of part.entries()) {
      const strategy = strategies.get(strategyId);
      const result = results[index];
      if (strategy !== undefined && result !== null && result !== undefined)
        measured.push({ strategy, result });
    }
  }
  return measured;
}

/** Best Sharpe first; unknown last; then by name and id, so that the order is total. */
const inOrder = (measured: readonly Measured[]): readonly Measured[] =>
  [...measured].sort(
    (a, b) =>
      (b.result.sharpe ?? -Infinity) - (a.result.sharpe ?? -Infinity) ||
      compare(a.strategy.name, b.strategy.name) ||
      compare(a.strategy.strategyId, b.strategy.strategyId),
  );

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

async function decide(
  context: JobContext,
  { strategy, result }: Measured,
): Promise<readonly [strategyId: string, rank: string | null]> {
  const evidence = evidenceOf(result);
  const judged = judge(strategy, evidence);
  const { strategyId } = strategy;
  if (judged === null) return [strategyId, null];
  const { name, version, b } = documentedPolicy;
  const evidenceJson = JSON.stringify({
    requestId: result.requestId,
    dataHash: result.dataHash,
    ...evidence,
  });
  const verdict = {
    verdictId: createHash('sha256')
      .update(JSON.stringify([strategyId, judged, name, version, evidenceJson]))
      .digest('hex'),
    strategyId,
    rankAfter: judged.rank,
    reason: judged.reason,
    policyName: name,
    policyVersion: version,
    thresholdsJson: JSON.stringify({ b }),
    evidenceJson,
    decidedWallMs: context.clock.wallMs(),
  };
  return [strategyId, await settle(context, verdict)];
}

/** Compare-and-set against the rank that stands, until nobody has moved it in between. */
async function settle(context: JobContext, verdict: Omit<RankVerdict, 'rankBefore'>): Promise<string | null> {
  let standing: RankOutcome['current'] = null;
  for (let round = 0; round < limits.roundsMax; round++) {
    const rankBefore = standing?.rank ?? null;
    const expectedVersion = standing?.version ?? 0;
    const outcome: RankOutcome = await patiently(context, 'store a rank', (options) =>
      context.system.ask(
        db.core,
        { type: 'decide_rank', verdict: { ...verdict, rankBefore }, expectedVersion },
        options,
      ),
    );
    if (outcome.disposition !== 'conflict') return outcome.current?.rank ?? verdict.rankAfter;
    standing = outcome.current;
  }
  throw new PipelineFailure(
    'failed',
    `the rank of ${verdict.strategyId} changed ${limits.roundsMax} times while it was being decided`,
  );
}
