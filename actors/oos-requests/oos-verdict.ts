import type { Evidence, OosVerdict } from '../../protocols/db-oos.js';
import { engineName, oosThresholds, sha256 } from './oos-request.js';

type Concluded = Pick<OosVerdict, 'outcome' | 'reason' | 'value'>;

/** Only a measured Sharpe passes or fails: what is unknown is not zero, and what went wrong is no figure. */
function conclude(evidence: Evidence | null, threshold: number): Concluded {
  if (evidence === null) return { outcome: 'not_measured', reason: 'no_window', value: null };
  const { state, failureCode, sharpe, trades } = evidence;
  if (state !== 'succeeded') return { outcome: 'not_measured', reason: failureCode ?? state, value: null };
  if (sharpe === null)
    return { outcome: 'failed', reason: trades === 0 ? 'no_trades' : 'sharpe_unknown', value: null };
  return sharpe >= threshold
    ? { outcome: 'passed', reason: 'oos_sharpe_met', value: sharpe }
    : { outcome: 'failed', reason: 'oos_sharpe_below', value: sharpe };
}

/**
 * What a strategy's out-of-sample request came to, as a function of its terminal row alone.
 * @param evidence null when it could not be asked for
 */
export function oosVerdict(strategyId: string, evidence: Evidence | null, decidedWallMs: number): OosVerdict {
  const threshold = oosThresholds.sharpeMin;
  const verdict = {
    strategyId,
    requestId: evidence?.requestId ?? null,
    ...conclude(evidence, threshold),
    threshold,
    trades: evidence?.trades ?? null,
    engine: engineName,
    windowId: evidence?.windowId ?? null,
    dataHash: evidence?.dataHash ?? null,
    firstS: evidence?.firstS ?? null,
    lastS: evidence?.lastS ?? null,
    bars: evidence?.bars ?? null,
  };
  return { ...verdict, verdictId: `oos-${sha256(JSON.stringify(verdict)).slice(0, 40)}`, decidedWallMs };
}
