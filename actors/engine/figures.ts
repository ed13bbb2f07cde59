import type { Trades } from './bar-loop.js';
import { dailyReturns, sharpeLowerBound, sharpeOf, sortinoOf, startEquity } from './daily-returns.js';

/** What a backtest measured, by the formulas and in the units of Guardian's answer. */
export interface Figures {
  readonly trades: number;
  readonly wins: number;
  /** Trades that earned nothing count as losses. */
  readonly losses: number;
  /** Price units. */
  readonly pnl: number;
  readonly sharpe: number;
  /** Infinite when no day lost. */
  readonly sortino: number;
  /** Fraction of the highest equity so far, on a base of 10000. */
  readonly maxDrawdown: number;
  /** Percent, 0 to 100. */
  readonly winRate: number;
  /** 0 when nothing was lost, also for a run of wins only. */
  readonly profitFactor: number;
  readonly adjustedSharpe: number;
  /** -Infinity below ten days; random otherwise. */
  readonly sharpeCiLower: number;
}

/**
 * @param firstS opening of the first working bar, not of the first one evaluated
 * @param lastS opening of the last working bar
 */
export function figuresOf(trades: Trades, firstS: number, lastS: number, random: () => number): Figures {
  const totals = totalsOf(trades.pnl);
  const count = trades.pnl.length;
  const returns = dailyReturns(trades, firstS, lastS);
  const sharpe = sharpeOf(returns);
  return {
    trades: count,
    wins: totals.wins,
    losses: count - totals.wins,
    pnl: totals.pnl,
    sharpe,
    sortino: sortinoOf(returns),
    maxDrawdown: totals.maxDrawdown,
    winRate: count === 0 ? 0 : (100 * totals.wins) / count,
    profitFactor: totals.lost === 0 ? 0 : totals.won / totals.lost,
    adjustedSharpe: adjustedSharpe(sharpe, count),
    sharpeCiLower: sharpeLowerBound(returns, random),
  };
}

function totalsOf(pnls: readonly number[]): {
  wins: number;
  won: number;
  lost: number;
  pnl: number;
  maxDrawdown: number;
} {
  let wins = 0;
  let won = 0;
  let lost = 0;
  let pnl = 0;
  let equity = startEquity;
  let peak = startEquity;
  let maxDrawdown = 0;
  for (const earned of pnls) {
    if (earned > 0) {
      wins += 1;
      won += earned;
    } else lost += Math.abs(earned);
    pnl += earned;
    equity += earned;
    peak = Math.max(peak, equity);
    maxDrawdown = Math.max(maxDrawdown, (peak - equity) / peak);
  }
  return { wins, won, lost, pnl, maxDrawdown };
}

/** Distrust of very high Sharpes and of fewer than 50 trades. */
function adjustedSharpe(sharpe: number, trades: number): number {
  const tooGood = sharpe > 5 ? 0.5 : sharpe > 3 ? 0.2 : 0;
  const tooFew = trades < 50 ? 0.3 * Math.max(0, 1 - trades / 50) : 0;
  return Math.max(0, sharpe * (1 - (tooGood + tooFew)));
}
