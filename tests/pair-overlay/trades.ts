import type { Leg } from '../../actors/pair-overlay/math/selection.js';
import { seriesOf } from '../../actors/pair-overlay/math/series.js';
import type { Series, TradeColumns } from '../../actors/pair-overlay/math/series.js';

export type Trade = readonly [exitS: number, pnl: number];

export const columns = (trades: readonly Trade[]): TradeColumns => ({
  exitS: Float64Array.from(trades, ([exitS]) => exitS),
  pnl: Float64Array.from(trades, ([, pnl]) => pnl),
});

export const series = (trades: readonly Trade[], window = 100): Series => seriesOf(columns(trades), window);

/** PnLs at equal steps. */
export const evenly = (pnls: readonly number[], from = 100, step = 100): readonly Trade[] =>
  pnls.map((pnl, index) => [from + step * index, pnl] as const);

export const leg = (name: string, trades: readonly Trade[], group = 'USDJPY|60'): Leg => ({
  strategyId: `id-${name}`,
  name,
  group,
  series: series(trades),
});

export const pointsOf = ({ timesS, pnl }: Series): readonly Trade[] =>
  Array.from(timesS, (timeS, at) => [timeS, pnl[at] ?? Number.NaN] as const);
