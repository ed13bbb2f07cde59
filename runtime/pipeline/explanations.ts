/** What is answered to those who ask why: from the files as they are now. Blocks, so it is for a thread of its own. */
import type { Explained, ExplainWork } from '../../protocols/explanations.js';
import { selectStrategyList } from '../../storage/tables/strategy-list.js';
import { nodeCapabilities } from '../node/capabilities.js';
import { explainPairOf, listPairs } from './explained-pairs.js';
import { PairExplainer } from './explain-pairs.js';
import { queryFile } from './query-file.js';
import { PairFiles } from './read-pairs.js';
import { groundsOf, namesNear, strategiesCalled } from './strategy-status.js';

/** @throws PipelineFailure when a file cannot be read */
export async function explain(core: string, work: ExplainWork): Promise<Explained> {
  switch (work.type) {
    case 'strategies':
      return found(listStrategies(core, work));
    case 'strategy':
      return strategy(core, work.wanted);
    case 'pairs':
      return withPairs(core, (explainer) => found(listPairs(explainer, work)));
    case 'pair':
      return withPairs(core, (explainer, files) => {
        const answer = explainPairOf(explainer, files, work);
        return 'outcome' in answer ? answer : found(answer);
      });
  }
}

/** With the time of the figures, as everything that is shown. */
const found = (value: object): Explained => ({
  outcome: 'found',
  json: JSON.stringify({ asOfWallMs: nodeCapabilities.clock.wallMs(), ...value }),
});

/** More of one name are not told. */
const sameNameMax = 10;

function strategy(core: string, wanted: string): Explained {
  const strategies = strategiesCalled(core, wanted);
  if (strategies.length > 0) return found({ strategies: strategies.slice(0, sameNameMax) });
  const near = namesNear(core, wanted);
  return {
    outcome: 'unknown',
    message: `no strategy has the name or the id ${JSON.stringify(wanted)}`,
    near,
  };
}

function listStrategies(core: string, { query, rank, limit }: Extract<ExplainWork, { type: 'strategies' }>) {
  const rows = queryFile(core, 'core', selectStrategyList({ query, rank, limit }));
  return {
    total: rows[0]?.total ?? 0,
    strategies: rows.map((row) => ({
      strategyId: row.strategy_id,
      name: row.name,
      symbol: row.symbol,
      timeframeMinutes: row.timeframe_minutes,
      environment: row.environment,
      claimedRank: row.claimed_rank,
      rank: row.rank,
      reason: row.reason,
      decidedBy: row.evidence_json === null ? null : groundsOf(row.evidence_json).decidedBy,
      decidedWallMs: row.decided_wall_ms,
      backtest:
        row.backtest_state === null
          ? null
          : {
              state: row.backtest_state,
              failureCode: row.backtest_failure_code,
              failureMessage: row.backtest_failure_message,
            },
    })),
  };
}

async function withPairs(
  core: string,
  answer: (explainer: PairExplainer, files: PairFiles) => Explained,
): Promise<Explained> {
  const files = await PairFiles.at(core);
  const explainer = new PairExplainer(files);
  try {
    return answer(explainer, files);
  } finally {
    explainer.close();
  }
}
