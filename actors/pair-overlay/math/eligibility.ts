import { varianceOf } from './moments.js';
import { distinctTrades, seriesOf } from './series.js';
import type { Series, TradeColumns } from './series.js';

/** Why a strategy of the pool is no leg. `list_unusable`: core promises trades that cannot be read. */
export type Exclusion = 'no_trades' | 'too_few_trades' | 'no_variance' | 'list_unusable';

export interface LegRules {
  /** Newest trades that are looked at. */
  readonly windowTrades: number;
  readonly tradesMin: number;
  /** Strict: N counts trades that are usable and distinct. Else raw rows are counted, before anything is dropped. */
  readonly distinct: boolean;
  /** The variance of the leg's points must be above this; null lets a flat leg pass as Swimmy does. */
  readonly varianceAbove: number | null;
}

export interface LegReading {
  readonly exclusion: Exclusion | null;
  /** What counts against `tradesMin`. */
  readonly trades: number;
  readonly variance: number;
  readonly series: Series;
}

/** Decides whether a strategy's trades make a leg, and which series it is (domain 4.3; REQ-30 for the strict rules). */
export function readLeg(trades: TradeColumns, rules: LegRules): LegReading {
  const counted = rules.distinct ? distinctTrades(trades) : trades;
  const count = counted.exitS.length;
  const series = seriesOf(counted, rules.windowTrades);
  const variance = varianceOf(series.pnl, series.pnl.length);
  return { exclusion: exclusionOf(count, variance, rules), trades: count, variance, series };
}

function exclusionOf(trades: number, variance: number, rules: LegRules): Exclusion | null {
  if (trades === 0) return 'no_trades';
  if (trades < rules.tradesMin) return 'too_few_trades';
  return rules.varianceAbove !== null && !(variance > rules.varianceAbove) ? 'no_variance' : null;
}
