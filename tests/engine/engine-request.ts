import type { EngineRequest } from '../../actors/engine/run-backtest.js';

/** A request whose every part may be replaced. */
export const engineRequest = (changes: Partial<EngineRequest> = {}): EngineRequest => ({
  indicatorType: 'sma',
  smaShort: 5,
  smaLong: 20,
  sl: 0.3,
  tp: 0.4,
  timeframeMinutes: 60,
  atrPeriod: 14,
  atrBarrierSl: 0,
  atrBarrierTp: 0,
  swapRates: [],
  includeTrades: false,
  ...changes,
});
