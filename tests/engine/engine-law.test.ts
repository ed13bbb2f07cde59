import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { resample } from '../../actors/engine/resample.js';
import { runBacktest, type EngineRequest } from '../../actors/engine/run-backtest.js';
import { candlesFrom, randomWalk } from './candle-arbitrary.js';
import { engineRequest } from './engine-request.js';
import { naiveRatios, naiveResample, naiveTrades } from './naive-backtest.js';

const swapRate = fc.record({
  fromS: fc.constantFrom(0, 1_600_000_000, 1_600_090_000, 1_600_400_000),
  long: fc.constantFrom(-0.01, 0.002),
  short: fc.constantFrom(-0.03, 0.004),
});

const request: fc.Arbitrary<EngineRequest> = fc
  .record({
    indicatorType: fc.constantFrom('sma', 'ema', 'rsi'),
    smaShort: fc.integer({ min: 1, max: 12 }),
    smaLong: fc.integer({ min: 1, max: 25 }),
    // With slippage, distances that end in 5 put stop and target on prices that really occur.
    sl: fc.constantFrom(0, 0.055, 0.105, 0.3),
    tp: fc.constantFrom(0.045, 0.095, 0.4),
    timeframeMinutes: fc.constantFrom(1, 60, 240, 1_440),
    atrPeriod: fc.constantFrom(0, 3, 14),
    atrBarrierSl: fc.constantFrom(0, 0, 1.5),
    atrBarrierTp: fc.constantFrom(0, 2.5),
    swapRates: fc.array(swapRate, { maxLength: 3 }),
    includeTrades: fc.constant(true),
  })
  .map((changes) => engineRequest(changes));

test('the engine trades and measures as its specification reads', () => {
  let traded = 0;
  fc.assert(
    fc.property(randomWalk, request, (bars, asked) => {
      const outcome = runBacktest(candlesFrom(bars), asked, () => 0.5);
      const expected = naiveTrades(bars, asked);
      if (expected === null) {
        expect(outcome).toMatchObject({ ok: false, code: 'too_few_bars' });
        return;
      }
      if (!outcome.ok) throw new Error(outcome.message);
      expect(Array.from(outcome.trades?.exitS ?? [])).toEqual(expected.map(({ exitS }) => exitS));
      expect(Array.from(outcome.trades?.pnl ?? [])).toEqual(expected.map(({ pnl }) => pnl));
      const working = asked.timeframeMinutes > 1 ? naiveResample(bars, asked.timeframeMinutes) : bars;
      const ratios = naiveRatios(expected, working[0]?.t ?? NaN, working.at(-1)?.t ?? NaN);
      expect([outcome.figures.sharpe, outcome.figures.sortino]).toEqual([ratios.sharpe, ratios.sortino]);
      expect(outcome).toMatchObject({
        usedBars: bars.length,
        usedFirstS: bars[0]?.t,
        usedLastS: bars.at(-1)?.t,
      });
      traded += expected.length;
    }),
    { numRuns: 600 },
  );
  // The law says nothing about walks without trades, so most must have some.
  expect(traded).toBeGreaterThan(600);
});

test('resampling keeps volume, extremes, first open and last close', () => {
  fc.assert(
    fc.property(randomWalk, fc.constantFrom(0, 1, 60, 180, 1_440, 10_080), (bars, minutes) => {
      const base = candlesFrom(bars);
      const made = resample(base, minutes);
      const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
      expect(total(made.volume)).toBe(total(base.volume));
      expect(Math.max(...made.high)).toBe(Math.max(...base.high));
      expect(Math.min(...made.low)).toBe(Math.min(...base.low));
      expect([made.open[0], made.close.at(-1)]).toEqual([base.open[0], base.close.at(-1)]);
      if (minutes > 1) for (const timeS of made.timeS) expect(timeS % (60 * minutes)).toBe(0);
      expect(made.timeS).toEqual(made.timeS.slice().sort());
    }),
  );
});

test('a timeframe is cast to 32 bits without a sign, so -1 puts all bars into one bucket', () => {
  const base = candlesFrom([
    { t: 1_600_000_000, o: 1, h: 2, l: 0.5, c: 1.5, v: 3 },
    { t: 1_600_500_000, o: 4, h: 5, l: 2, c: 2.5, v: 4 },
  ]);
  const made = resample(base, -1);
  expect([made.length, made.timeS[0], made.open[0], made.high[0], made.close[0], made.volume[0]]).toEqual([
    1, 0, 1, 5, 2.5, 7,
  ]);
});
