/** Where the strategies of one name stand, and what decided that: from the files, whoever else has them open. */
import { z } from 'zod';
import { fromRow } from '../../actors/db-writes/rows.js';
import type { OosVerdict } from '../../protocols/db-oos.js';
import type { RequestKind, RequestState } from '../../protocols/db-rows.js';
import type { GateResult } from '../../protocols/ranks.js';
import { selectRequestsOfStrategy } from '../../storage/tables/oos-evidence.js';
import { selectOosStanding } from '../../storage/tables/oos-verdicts.js';
import { selectRank, selectStandingVerdict, selectTransitions } from '../../storage/tables/ranks.js';
import {
  selectStrategiesNamed,
  selectStrategy,
  selectStrategyNames,
} from '../../storage/tables/strategies.js';
import type { StrategyRow } from '../../storage/tables/strategies.js';
import { kindOf } from '../node/files.js';
import { pipelinePaths } from '../node/paths.js';
import { PipelineFailure } from './failure.js';
import { nearestNames } from './nearest-names.js';
import { queryFile } from './query-file.js';
import { requireDatabase } from './read-status.js';

const limits = { requests: 20, transitions: 20, names: 10_000, suggestions: 5 } as const;

const gate = z.object({
  gate: z.string(),
  value: z.number().nullable(),
  threshold: z.number().nullable(),
  rule: z.enum(['at_least', 'below', 'above', 'at_most', 'present']),
  passed: z.boolean(),
});
const grounds = z.object({ decidedBy: gate.nullable(), gates: z.array(gate) });

export interface StrategyVerdict {
  readonly reason: string;
  readonly policy: string;
  readonly policyVersion: number;
  readonly decidedWallMs: number;
  /** The gate that kept it from the next rank; null when none did. */
  readonly decidedBy: GateResult | null;
  /** All that were asked, in their order. */
  readonly gates: readonly GateResult[];
}

export interface StrategyRequest {
  readonly requestId: string;
  readonly kind: RequestKind;
  readonly state: RequestState;
  readonly failureCode: string | null;
  readonly failureMessage: string | null;
  readonly submittedWallMs: number;
  readonly terminalWallMs: number | null;
  readonly attemptsUsed: number;
  /** What answered the accepted attempt; null, like the rest, for a request that did not succeed. */
  readonly backend: string | null;
  readonly trades: number | null;
  readonly bars: number | null;
  /** The candles that were really used, seconds since the epoch; null when the engine does not say. */
  readonly firstS: number | null;
  readonly lastS: number | null;
  /** SHA-256 of these candles. */
  readonly dataHash: string | null;
}

/** What `holdfast status --strategy NAME --json` prints for each strategy of that name. Unknown is null. */
export interface StrategyStatus {
  readonly strategyId: string;
  readonly name: string;
  readonly symbol: string | null;
  readonly timeframeMinutes: number | null;
  readonly claimedRank: string | null;
  readonly environment: 'production' | 'test';
  readonly rank: string | null;
  /** How many verdicts took effect; 0 when it was never judged. */
  readonly version: number;
  readonly verdict: StrategyVerdict | null;
  readonly oos: OosVerdict | null;
  /** Newest first. */
  readonly requests: readonly StrategyRequest[];
  readonly transitions: readonly {
    readonly version: number;
    readonly rankBefore: string | null;
    readonly rankAfter: string | null;
    readonly decidedBy: string;
    readonly decidedWallMs: number;
  }[];
}

/**
 * @param wanted a name, or a strategy's id
 * @throws PipelineFailure `input_missing` for an unknown name, with the nearest ones, and as for the status
 */
export async function readStrategies(file: string, wanted: string): Promise<readonly StrategyStatus[]> {
  const paths = pipelinePaths(file);
  requireDatabase(paths, await kindOf(paths.core));
  const found = strategiesCalled(paths.core, wanted);
  if (found.length > 0) return found;
  const near = namesNear(paths.core, wanted).map((name) => JSON.stringify(name));
  const hint = near.length === 0 ? 'there are no strategies yet' : `the nearest are ${near.join(', ')}`;
  throw new PipelineFailure(
    'input_missing',
    `--strategy ${JSON.stringify(wanted)}: expected the name or the id of a strategy in ${paths.core}, found none; ${hint}`,
  );
}

/** By name, oldest first, or by id; empty when there is none. Blocks. */
export function strategiesCalled(core: string, wanted: string): readonly StrategyStatus[] {
  const named = queryFile(core, 'core', selectStrategiesNamed({ name: wanted }));
  const found = named.length > 0 ? named : queryFile(core, 'core', selectStrategy({ strategyId: wanted }));
  return found.map((strategy) => statusOf(core, strategy));
}

/** What somebody who asked for an unknown name may have meant. Blocks. */
export function namesNear(core: string, wanted: string): readonly string[] {
  const names = queryFile(core, 'core', selectStrategyNames({ limit: limits.names }));
  return nearestNames(
    wanted,
    names.map(({ name }) => name),
    limits.suggestions,
  );
}

function statusOf(core: string, strategy: StrategyRow): StrategyStatus {
  const strategyId = strategy.strategy_id;
  const [rank] = queryFile(core, 'core', selectRank({ strategyId }));
  const [verdict] = queryFile(core, 'core', selectStandingVerdict({ strategyId }));
  const [oos] = queryFile(core, 'core', selectOosStanding({ strategyId }));
  return {
    strategyId,
    name: strategy.name,
    symbol: strategy.symbol,
    timeframeMinutes: strategy.timeframe_minutes,
    claimedRank: strategy.claimed_rank,
    environment: strategy.environment,
    rank: rank?.rank ?? null,
    version: rank?.version ?? 0,
    verdict: verdict === undefined ? null : verdictOf(verdict),
    oos: oos === undefined ? null : fromRow<OosVerdict>(oos),
    requests: queryFile(core, 'core', selectRequestsOfStrategy({ strategyId, limit: limits.requests })).map(
      (row) => fromRow<StrategyRequest>(row),
    ),
    transitions: queryFile(core, 'core', selectTransitions({ strategyId, limit: limits.transitions })).map(
      (row) => ({
        version: row.version,
        rankBefore: row.rank_before,
        rankAfter: row.rank_after,
        decidedBy: row.decided_by,
        decidedWallMs: row.decided_wall_ms,
      }),
    ),
  };
}

function verdictOf(row: {
  readonly reason: string;
  readonly policy_name: string;
  readonly policy_version: number;
  readonly evidence_json: string;
  readonly decided_wall_ms: number;
}): StrategyVerdict {
  return {
    reason: row.reason,
    policy: row.policy_name,
    policyVersion: row.policy_version,
    decidedWallMs: row.decided_wall_ms,
    ...groundsOf(row.evidence_json),
  };
}

/** The gates of a stored verdict; none of one that does not tell them. */
export function groundsOf(evidenceJson: string): Pick<StrategyVerdict, 'decidedBy' | 'gates'> {
  const read = grounds.safeParse(JSON.parse(evidenceJson));
  return read.success ? read.data : { decidedBy: null, gates: [] };
}
