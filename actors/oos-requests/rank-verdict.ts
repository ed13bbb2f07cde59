import type { RankVerdict } from '../../protocols/db-rows.js';
import type { OosVerdict } from '../../protocols/db-oos.js';
import { sha256 } from './oos-request.js';
import type { BaseEvidence, Judged, MonteCarloEvidence, RankPolicy } from './rank-policy.js';

export interface VerdictGrounds {
  readonly base: BaseEvidence;
  readonly oos: OosVerdict | null;
  readonly monteCarlo: MonteCarloEvidence | null;
}

/**
 * A conclusion as it is stored, with its thresholds and all that it rests on. Its id follows from its content and not from
 * the time, so that deciding the same again changes nothing.
 */
export function rankVerdict(
  strategyId: string,
  rankBefore: string | null,
  judged: Judged,
  { base, oos, monteCarlo }: VerdictGrounds,
  policy: RankPolicy,
  decidedWallMs: number,
): RankVerdict {
  const { name, version, ...thresholds } = policy;
  const { rank: rankAfter, reason, gates, decidedBy } = judged;
  const thresholdsJson = JSON.stringify(thresholds);
  const evidenceJson = JSON.stringify({
    ...base,
    oos: oos === null ? null : oosPart(oos),
    monteCarlo,
    decidedBy,
    gates,
  });
  const content = [strategyId, rankAfter, reason, name, version, thresholdsJson, evidenceJson];
  return {
    verdictId: sha256(JSON.stringify(content)),
    strategyId,
    rankBefore,
    rankAfter,
    reason,
    policyName: name,
    policyVersion: version,
    thresholdsJson,
    evidenceJson,
    decidedWallMs,
  };
}

const oosPart = ({ verdictId, requestId, outcome, reason, value, trades }: OosVerdict) => ({
  verdictId,
  requestId,
  outcome,
  reason,
  value,
  trades,
});
