import { allocateCandles, type Candles } from '../../protocols/candles/index.js';

/**
 * The seeded integer walk behind the reference figures: hundredths drawn by a linear congruence, so that any
 * language makes the same bars.
 */
export function goldenSeries(length: number, stepSeconds: number): Candles {
  const bars = allocateCandles(length);
  let state = 12_345n;
  let price = 15_000;
  for (let at = 0; at < length; at += 1) {
    state = (1_103_515_245n * state + 12_345n) % 2n ** 31n;
    const bits = Number(state);
    const open = price;
    price += ((bits >>> 16) % 21) - 10;
    bars.timeS[at] = 1_699_920_000 + stepSeconds * at;
    bars.open[at] = open / 100;
    bars.close[at] = price / 100;
    bars.high[at] = (Math.max(open, price) + ((bits >>> 8) % 5)) / 100;
    bars.low[at] = (Math.min(open, price) - ((bits >>> 4) % 5)) / 100;
    bars.volume[at] = (bits >>> 12) % 100;
  }
  return bars;
}
