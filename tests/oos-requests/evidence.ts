/** Rows as short as the tests want them. */
import type { Evidence, OosVerdict } from '../../protocols/db-oos.js';
import type { BaseEvidence } from '../../actors/oos-requests/rank-policy.js';

export const evidence = (requestId: string, changes: Partial<Evidence> = {}): Evidence => ({
  requestId,
  kind: 'backtest',
  strategyId: 's1',
  state: 'succeeded',
  failureCode: null,
  windowId: 'window',
  attemptId: `attempt of ${requestId}`,
  trades: 200,
  pnl: 200 * 0.1,
  sharpe: 0.8,
  maxDrawdown: 0.05,
  winRate: 55,
  profitFactor: 1.8,
  firstS: 1,
  lastS: 2,
  bars: 3,
  dataHash: 'window',
  tradesCount: 200,
  ...changes,
});

/** Meets everything up to S but cross-validation. */
export const base = (changes: Partial<BaseEvidence> = {}): BaseEvidence => ({
  requestId: 'bt-1',
  dataHash: 'hash',
  trades: 200,
  sharpe: 0.75,
  profitFactor: 1.7,
  winRate: 0.5,
  maxDrawdown: 0.0999,
  expectancyPips: 1,
  ...changes,
});

export const oos = (value: number | null): OosVerdict => ({
  verdictId: 'oos-1',
  strategyId: 's1',
  requestId: 'oos-r1',
  outcome: value === null ? 'not_measured' : value >= 0.35 ? 'passed' : 'failed',
  reason: 'test',
  value,
  threshold: 0.35,
  trades: 40,
  engine: 'guardian/1',
  windowId: 'window',
  dataHash: 'window',
  firstS: 1,
  lastS: 2,
  bars: 3,
  decidedWallMs: 1,
});
