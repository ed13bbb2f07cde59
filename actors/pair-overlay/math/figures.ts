import { meanOf, varianceOf } from './moments.js';

export interface Figures {
  /** Mean over population deviation, for each point and not annualised. 0 when nothing moves. */
  readonly sharpe: number;
  /** Gains over losses, with zeros among the losses; 0 when there is no loss. */
  readonly profitFactor: number;
  /** Share of points above 0. */
  readonly winRate: number;
  /** Deepest fall from a peak, as a share of that peak; the first peak is 0, and what falls from 0 is not seen. */
  readonly maxDrawdown: number;
}

/** The figures of one column of PnL points (domain 4.5). */
export function figuresOf(values: Float64Array, count: number = values.length): Figures {
  if (count === 0) return { sharpe: 0, profitFactor: 0, winRate: 0, maxDrawdown: 0 };
  let gains = 0;
  let losses = 0;
  let wins = 0;
  let equity = 0;
  let peak = 0;
  let maxDrawdown = 0;
  for (let at = 0; at < count; at += 1) {
    const value = values[at] ?? 0;
    if (value > 0) {
      gains += value;
      wins += 1;
    } else losses += value;
    equity += value;
    peak = Math.max(peak, equity);
    if (peak > 0) maxDrawdown = Math.max(maxDrawdown, (peak - equity) / peak);
  }
  const sd = Math.sqrt(varianceOf(values, count));
  return {
    sharpe: sd === 0 ? 0 : meanOf(values, count) / sd,
    profitFactor: losses === 0 ? 0 : gains / Math.abs(losses),
    winRate: wins / count,
    maxDrawdown,
  };
}

/** What pairs and strategies are ordered by (domain 4.1). Both with the same Sharpe, or the comparison means nothing. */
export const scoreOf = ({ sharpe, profitFactor }: Pick<Figures, 'sharpe' | 'profitFactor'>): number =>
  0.7 * sharpe + 0.3 * profitFactor;
