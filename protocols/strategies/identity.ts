import { canonicalJson, sha256 } from './canonical.js';
import type { Canonical, StrategyLogic } from './model.js';

/**
 * A strategy is its logic: two records are the same strategy when they trade the same market and bars, in the same
 * directions, on the same signals and with the same risk.
 *
 * What enters: symbol, direction, timeframe; sl, tp, volume, the ATR barriers; family, both periods, band width, the
 * declared indicators, entry, exit, filter. Defaults enter as values, so `()` for a volume and 0.01 are the same.
 * Declared indicators and expressions enter although the wire cannot carry them: two strategies that are the same
 * backtest today need not be the same strategy once they can be told apart.
 *
 * What stays out: names, sources, parents, ranks and figures (claims), Swimmy's hash, and category and regime, which are
 * labels that Swimmy puts on a strategy and changes again.
 */
export function strategyIdOf(logic: StrategyLogic): string {
  return sha256(logicJson(logic));
}

/** The bytes that are hashed. */
export function logicJson({ market, risk, signal }: StrategyLogic): string {
  const canonical: Canonical = {
    market: { ...market },
    risk: { ...risk },
    signal: { ...signal, filter: signal.filter === null ? null : { ...signal.filter } },
  };
  return canonicalJson(canonical);
}
