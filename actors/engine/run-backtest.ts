import type { Candles } from '../../protocols/candles/index.js';
import { tradeBars, type Exits, type Trades } from './bar-loop.js';
import { families } from './families/index.js';
import { figuresOf, type Figures } from './figures.js';
import { resample } from './resample.js';
import { dayOf } from './swap.js';

/** One strategy as the engine needs it: numbers only, no names, no files. */
export interface EngineRequest extends Exits {
  /** As on the wire: `sma`, `ema`, `rsi`. */
  readonly indicatorType: string;
  readonly smaShort: number;
  readonly smaLong: number;
  readonly timeframeMinutes: number;
  readonly includeTrades: boolean;
}

/** None of these gets better by trying again. */
export type EngineFailureCode =
  'unsupported_indicator' | 'bad_parameters' | 'bad_candles' | 'too_few_bars' | 'not_finite';

export interface EngineFailure {
  readonly ok: false;
  readonly code: EngineFailureCode;
  readonly message: string;
}

/** Closed trades by column, oldest first. */
export interface EngineTrades {
  /** Unix seconds. */
  readonly exitS: Float64Array;
  /** Price units. */
  readonly pnl: Float64Array;
}

export interface EngineSuccess {
  readonly ok: true;
  readonly figures: Figures;
  /** The last {@link tradesMax} trades; null when not asked for. */
  readonly trades: EngineTrades | null;
  /** What was really used of the candles given, before resampling: openings of first and last bar, and their count. */
  readonly usedFirstS: number;
  readonly usedLastS: number;
  readonly usedBars: number;
}

export type EngineOutcome = EngineSuccess | EngineFailure;

/** Guardian's limit for a list of trades; the count of trades has none. */
export const tradesMax = 500;

/** Three lifetimes; a longer span is a wrong unit, and would be walked day by day. */
const daysMax = 100_000;

/**
 * Backtests one strategy exactly as Guardian does, over bars in ascending order.
 *
 * Periods of 0 are computed, as Guardian does: their means are NaN, which crosses nothing, so there are no trades.
 * Negative or fractional periods and infinite distances are `bad_parameters`. A figure that comes out as NaN, or
 * infinite where its formula has no infinity, is `not_finite` and no metric.
 * @param random uniform in [0, 1), for the bootstrap of `sharpeCiLower` alone
 */
export function runBacktest(candles: Candles, request: EngineRequest, random: () => number): EngineOutcome {
  const family = families.get(request.indicatorType);
  if (family === undefined) return unsupportedIndicator(request.indicatorType);
  const bad = badParameter(request);
  if (bad !== null) return failure('bad_parameters', bad);
  const bars = resample(candles, request.timeframeMinutes);
  const periods = { short: request.smaShort, long: request.smaLong };
  const from = family.minBars(periods);
  if (bars.length < from) return tooFew(bars.length, from, candles.length, request);
  const firstS = bars.timeS[0] ?? NaN;
  const lastS = bars.timeS[bars.length - 1] ?? NaN;
  if (!(dayOf(lastS) - dayOf(firstS) < daysMax)) {
    return failure('bad_candles', `bars from ${firstS} to ${lastS} span more than ${daysMax} days`);
  }
  const trades = tradeBars(bars, family.signals(bars, periods, from), from, request);
  const figures = figuresOf(trades, firstS, lastS, random);
  const strange = strangeFigure(figures);
  if (strange !== null) return failure('not_finite', `${strange} is not a finite number`);
  return {
    ok: true,
    figures,
    trades: request.includeTrades ? lastTrades(trades) : null,
    usedFirstS: candles.timeS[0] ?? NaN,
    usedLastS: candles.timeS[candles.length - 1] ?? NaN,
    usedBars: candles.length,
  };
}

function lastTrades({ exitS, pnl }: Trades): EngineTrades {
  return { exitS: Float64Array.from(exitS.slice(-tradesMax)), pnl: Float64Array.from(pnl.slice(-tradesMax)) };
}

/** What is said to an indicator that is in no family. */
export function unsupportedIndicator(indicatorType: string): EngineFailure {
  const known = [...families.keys()].join(', ');
  const asked = indicatorType.slice(0, 40);
  return failure('unsupported_indicator', `indicator ${asked}: the embedded engine computes ${known}`);
}

function tooFew(
  bars: number,
  wanted: number,
  given: number,
  { timeframeMinutes }: EngineRequest,
): EngineFailure {
  const made = bars === given ? '' : ` of ${timeframeMinutes} min from ${given} rows`;
  return failure('too_few_bars', `${bars} bars${made}, at least ${wanted} wanted`);
}

function badParameter(request: EngineRequest): string | null {
  const { smaShort, smaLong, atrPeriod, sl, tp, atrBarrierSl, atrBarrierTp, timeframeMinutes } = request;
  for (const [name, value] of Object.entries({ smaShort, smaLong, atrPeriod })) {
    if (!Number.isSafeInteger(value) || value < 0)
      return `${name} is ${value}, expected a whole number of 0 or more`;
  }
  for (const [name, value] of Object.entries({ sl, tp, atrBarrierSl, atrBarrierTp, timeframeMinutes })) {
    if (!Number.isFinite(value)) return `${name} is ${value}, expected a finite number`;
  }
  const rates = request.swapRates.flatMap(({ fromS, long, short }) => [fromS, long, short]);
  return rates.every(Number.isFinite) ? null : 'a swap rate is not finite, expected finite numbers';
}

/** Sortino without a losing day and the bound below ten days are infinite by definition; nothing else may be. */
function strangeFigure({ sortino, sharpeCiLower, ...finite }: Figures): string | null {
  if (Number.isNaN(sortino)) return 'sortino';
  if (Number.isNaN(sharpeCiLower)) return 'sharpeCiLower';
  return Object.entries(finite).find(([, value]) => !Number.isFinite(value))?.[0] ?? null;
}

const failure = (code: EngineFailureCode, message: string): EngineFailure => ({ ok: false, code, message });
