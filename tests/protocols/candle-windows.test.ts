import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  allocateCandles,
  checkCandleFileName,
  confirmTimeframe,
  contentHash,
  cutWindows,
  decodeCandleCsv,
  encodeCandleCsv,
  viewCandles,
  type Candles,
} from '../../protocols/candles/index.js';

const daySeconds = 86_400;

/** Flat bars at the given openings. */
function barsAt(times: readonly number[], price = 1.5): Candles {
  const candles = allocateCandles(times.length);
  candles.timeS.set(times);
  for (const column of [candles.open, candles.high, candles.low, candles.close]) column.fill(price);
  return candles;
}

const daily = (count: number): Candles =>
  barsAt(Array.from({ length: count }, (_, day) => 1_577_836_800 + day * daySeconds));

describe('windows', () => {
  test('of ten years the newest 180 daily bars are out-of-sample', () => {
    const { inSample, outOfSample } = cutWindows(daily(3_650));
    expect(outOfSample).toMatchObject({ fromIndex: 3_470, toIndex: 3_650, rows: 180 });
    expect(inSample).toMatchObject({ fromIndex: 0, toIndex: 3_470, rows: 3_470 });
  });

  test('of a hundred days the newest 30 percent of the span are out-of-sample', () => {
    const { inSample, outOfSample } = cutWindows(daily(101));
    expect([inSample.rows, outOfSample.rows]).toEqual([71, 30]);
    expect(outOfSample.firstS).toBe((inSample.lastS ?? 0) + daySeconds);
  });

  test('a single bar is in-sample and leaves the other window empty, its times unknown', () => {
    const { inSample, outOfSample } = cutWindows(daily(1));
    expect(inSample.rows).toBe(1);
    expect(outOfSample).toEqual({ fromIndex: 1, toIndex: 1, firstS: null, lastS: null, rows: 0 });
  });

  test('every bar is in exactly one window, and the older ones are in-sample', () => {
    const steps = fc.array(fc.integer({ min: 1, max: 20 * daySeconds }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (distances) => {
        let timeS = 1_500_000_000;
        const { inSample, outOfSample } = cutWindows(
          barsAt(distances.map((distance) => (timeS += distance))),
        );
        expect(inSample.fromIndex).toBe(0);
        expect(outOfSample.fromIndex).toBe(inSample.toIndex);
        expect(outOfSample.toIndex).toBe(distances.length);
        const spanS = timeS - (1_500_000_000 + (distances[0] ?? 0));
        const lengthS = outOfSample.firstS === null ? 0 : timeS - outOfSample.firstS;
        expect(lengthS).toBeLessThanOrEqual(Math.min(180 * daySeconds, 0.3 * spanS));
      }),
    );
  });
});

describe('the canonical file', () => {
  test('reads back as the same doubles', () => {
    const price = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
    const volume = fc.double({ min: 0, max: 1e15, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(price, volume), { minLength: 1, maxLength: 50 }), (bars) => {
        const candles = barsAt(bars.map((_, at) => 1_600_000_000 + 60 * at));
        for (const [at, [value, traded]] of bars.entries()) {
          for (const column of [candles.open, candles.high, candles.low, candles.close]) column[at] = value;
          candles.volume[at] = traded;
        }
        const read = decodeCandleCsv(encodeCandleCsv(candles));
        expect(read.verdict === 'accepted' && read.candles).toEqual(candles);
      }),
    );
  });

  test('holds the asked bars only, oldest first, and its hash names the content', () => {
    const candles = daily(10);
    const bytes = encodeCandleCsv(candles, 2, 4);
    expect(Buffer.from(bytes).toString()).toBe(
      'timestamp,open,high,low,close,volume\n1578009600,1.5,1.5,1.5,1.5,0\n1578096000,1.5,1.5,1.5,1.5,0\n',
    );
    expect(contentHash(bytes)).toBe(contentHash(encodeCandleCsv(viewCandles(candles, 2, 4))));
    expect(contentHash(Buffer.from('abc'))).toMatch(/^ba7816bf[0-9a-f]{56}$/);
  });

  test('is whole beyond one chunk', () => {
    const candles = barsAt(Array.from({ length: 20_000 }, (_, at) => 1_600_000_000 + 60 * at));
    expect(decodeCandleCsv(encodeCandleCsv(candles))).toMatchObject({
      rows: 20_000,
      last: 1_600_000_000 + 60 * 19_999,
    });
  });
});

describe('file names', () => {
  test.each([
    ['USDJPY_M1.csv', 'USDJPY', 'M1', 1],
    ['eurusd_h4.CSV', 'EURUSD', 'H4', 240],
    ['BTC_PERP_D1.csv', 'BTC_PERP', 'D1', 1_440],
    ['SPY_W1.csv', 'SPY', 'W1', 10_080],
    ['XAUUSD_MN.csv', 'XAUUSD', 'MN', 43_200],
    ['XAUUSD_MN1.csv', 'XAUUSD', 'MN1', 43_200],
    ['GBPUSD_M45.csv', 'GBPUSD', 'M45', 45],
  ])('%s', (name, symbol, timeframeLabel, minutes) => {
    expect(checkCandleFileName(name)).toEqual({ symbol, timeframeLabel, minutes });
  });

  test.each([
    'USDJPY.csv',
    'USDJPY_H0.csv',
    'USDJPY_2013.csv',
    '_H1.csv',
    'USDJPY_H1.txt',
    '../A_H1.csv',
    'A_D99999.csv',
  ])('%s says nothing', (name) => expect(checkCandleFileName(name)).toBeNull());

  test('a name is confirmed by the commonest step, and a month by any month', () => {
    expect(confirmTimeframe(60, 3_600)).toBe(true);
    expect(confirmTimeframe(60, 60)).toBe(false);
    expect(confirmTimeframe(43_200, 31 * daySeconds)).toBe(true);
    expect(confirmTimeframe(1, null)).toBe(false);
  });
});
