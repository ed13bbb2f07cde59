import { describe, expect, test } from '@jest/globals';
import { runBacktest, tradesMax, type EngineRequest } from '../../actors/engine/run-backtest.js';
import { allocateCandles } from '../../protocols/candles/index.js';
import { engineRequest } from './engine-request.js';
import { goldenSeries } from './golden-series.js';

const bars = goldenSeries(600, 3_600);
const run = (changes: Partial<EngineRequest>, candles = bars): ReturnType<typeof runBacktest> =>
  runBacktest(candles, engineRequest(changes), () => 0.5);

describe('requests that become no metric', () => {
  test('an indicator of another family is refused by name, and the known ones are listed', () => {
    expect(run({ indicatorType: 'macd' })).toEqual({
      ok: false,
      code: 'unsupported_indicator',
      message: 'indicator macd: the embedded engine computes sma, ema, rsi',
    });
  });

  test('one bar fewer than the periods want is too few, and exactly as many are enough', () => {
    expect(run({}, goldenSeries(21, 3_600))).toMatchObject({ ok: false, code: 'too_few_bars' });
    expect(run({}, goldenSeries(22, 3_600))).toMatchObject({
      ok: true,
      figures: { trades: 0, winRate: 0, sortino: Infinity },
    });
  });

  test('no bars at all are too few', () => {
    expect(run({}, allocateCandles(0))).toMatchObject({ ok: false, code: 'too_few_bars' });
  });

  test.each<[string, Partial<EngineRequest>]>([
    ['a negative period', { smaShort: -1 }],
    ['a fractional period', { smaLong: 2.5 }],
    ['an infinite stop', { sl: Infinity }],
    ['a stop that is no number', { tp: NaN }],
    ['a swap rate that is no number', { swapRates: [{ fromS: 0, long: NaN, short: 0 }] }],
  ])('%s is a bad parameter', (_, changes) => {
    expect(run(changes)).toMatchObject({ ok: false, code: 'bad_parameters' });
  });

  test('a sum that overflows gives no figure', () => {
    const swapRates = [{ fromS: 0, long: 1e308, short: 1e308 }];
    expect(run({ swapRates })).toMatchObject({ ok: false, code: 'not_finite' });
  });

  test('a span of thousands of years is refused instead of walked day by day', () => {
    const torn = goldenSeries(600, 3_600);
    torn.timeS[599] = 1.7e12;
    expect(run({ timeframeMinutes: 1 }, torn)).toMatchObject({ ok: false, code: 'bad_candles' });
  });
});

describe('edges', () => {
  test('a period of 0 crosses nothing', () => {
    expect(run({ smaShort: 0 })).toMatchObject({
      ok: true,
      figures: { trades: 0, sharpe: 0, maxDrawdown: 0 },
    });
  });

  test('trades are listed only when asked for', () => {
    expect(run({})).toMatchObject({ ok: true, trades: null });
  });

  test('the list ends with the newest trade and is cut at its limit, the count is not', () => {
    const outcome = run({ smaShort: 1, smaLong: 2, sl: 0, includeTrades: true }, goldenSeries(6_000, 3_600));
    if (!outcome.ok) throw new Error(outcome.message);
    expect(outcome.figures.trades).toBeGreaterThan(tradesMax);
    const exits = Array.from(outcome.trades?.exitS ?? []);
    expect([exits.length, outcome.trades?.pnl.length]).toEqual([tradesMax, tradesMax]);
    expect(exits).toEqual([...exits].sort((a, b) => a - b));
    expect(exits.at(-1)).toBeGreaterThan(1_699_920_000 + 3_600 * 5_900);
  });

  test('below ten days the lower bound of Sharpe is minus infinity, from ten on a drawn one', () => {
    expect(run({}, goldenSeries(200, 3_600))).toMatchObject({ figures: { sharpeCiLower: -Infinity } });
    let seed = 1;
    const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    const outcome = runBacktest(bars, engineRequest(), random);
    if (!outcome.ok) throw new Error(outcome.message);
    expect(outcome.figures.sharpeCiLower).toBeLessThan(outcome.figures.sharpe);
    expect(Number.isFinite(outcome.figures.sharpeCiLower)).toBe(true);
  });
});
