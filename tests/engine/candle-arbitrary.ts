import fc from 'fast-check';
import { allocateCandles, type Candles } from '../../protocols/candles/index.js';
import type { Bar } from './naive-backtest.js';

export function candlesFrom(bars: readonly Bar[]): Candles {
  const candles = allocateCandles(bars.length);
  for (const [at, bar] of bars.entries()) {
    candles.timeS[at] = bar.t;
    candles.open[at] = bar.o;
    candles.high[at] = bar.h;
    candles.low[at] = bar.l;
    candles.close[at] = bar.c;
    candles.volume[at] = bar.v;
  }
  return candles;
}

/** Random walks in hundredths with gaps, flat stretches and repeated closes, so that every comparison meets equality. */
export const randomWalk: fc.Arbitrary<Bar[]> = fc
  .array(
    fc.record({
      move: fc.integer({ min: -12, max: 12 }),
      up: fc.integer({ min: 0, max: 4 }),
      down: fc.integer({ min: 0, max: 4 }),
      volume: fc.integer({ min: 0, max: 99 }),
      step: fc.constantFrom(3_600, 3_600, 3_600, 7_200, 40 * 3_600),
    }),
    { minLength: 1, maxLength: 160, size: 'max' },
  )
  .map((moves) => {
    let t = 1_600_000_000;
    let price = 10_000;
    return moves.map(({ move, up, down, volume, step }) => {
      const open = price;
      price += move;
      t += step;
      const top = Math.max(open, price) + up;
      const bottom = Math.min(open, price) - down;
      return { t, o: open / 100, h: top / 100, l: bottom / 100, c: price / 100, v: volume };
    });
  });
