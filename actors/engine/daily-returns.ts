import type { Trades } from './bar-loop.js';
import { dayOf } from './swap.js';

/** Where every equity curve begins; the pnl added to it is a price difference, not money. */
export const startEquity = 10_000;

const yearRoot = Math.sqrt(252);

/**
 * One return per calendar day from the first to the last bar, idle days and weekends included: the day's pnl over
 * the equity at its beginning.
 */
export function dailyReturns({ exitS, pnl }: Trades, firstS: number, lastS: number): Float64Array {
  const firstDay = dayOf(firstS);
  const returns = new Float64Array(dayOf(lastS) - firstDay + 1);
  for (const [at, timeS] of exitS.entries()) {
    const day = dayOf(timeS) - firstDay;
    returns[day] = (returns[day] ?? NaN) + (pnl[at] ?? NaN);
  }
  let equity = startEquity;
  for (let day = 0; day < returns.length; day += 1) {
    const earned = returns[day] ?? NaN;
    returns[day] = equity > 0 ? earned / equity : 0;
    equity += earned;
  }
  return returns;
}

/** Mean over population deviation, for a year of 252 days; 0 without days or without deviation. */
export function sharpeOf(returns: Float64Array): number {
  if (returns.length === 0) return 0;
  const mean = meanOf(returns);
  let squares = 0;
  for (let day = 0; day < returns.length; day += 1) squares += ((returns[day] ?? NaN) - mean) ** 2;
  const deviation = Math.sqrt(squares / returns.length);
  return deviation === 0 ? 0 : (mean / deviation) * yearRoot;
}

/** As Sharpe, over the root mean square of the losing days alone; infinite without a losing day. */
export function sortinoOf(returns: Float64Array): number {
  let squares = 0;
  let days = 0;
  for (let day = 0; day < returns.length; day += 1) {
    const earned = returns[day] ?? NaN;
    if (earned < 0) {
      squares += earned * earned;
      days += 1;
    }
  }
  return days === 0 ? Infinity : (meanOf(returns) / Math.sqrt(squares / days)) * yearRoot;
}

const resamples = 100;
const lowerIndex = 5;
const daysMin = 10;

/**
 * The sixth lowest Sharpe of a hundred draws of the days with replacement: about its lower 5 % bound. Random, so never compared.
 * @param random uniform in [0, 1)
 * @returns -Infinity below ten days
 */
export function sharpeLowerBound(returns: Float64Array, random: () => number): number {
  const days = returns.length;
  if (days < daysMin) return -Infinity;
  const drawn = new Float64Array(days);
  const sharpes = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample += 1) {
    for (let day = 0; day < days; day += 1) drawn[day] = returns[Math.floor(random() * days)] ?? NaN;
    sharpes[resample] = sharpeOf(drawn);
  }
  return sharpes.sort()[lowerIndex] ?? -Infinity;
}

function meanOf(values: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < values.length; at += 1) sum += values[at] ?? NaN;
  return sum / values.length;
}
