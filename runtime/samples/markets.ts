import { resample } from '../../actors/engine/resample.js';
import { viewCandles, type Candles } from '../../protocols/candles/index.js';
import { quarterHours, type Market } from './market.js';

/** Yen markets, where half a pip of slippage a side is fair: one of both kinds, one that trends, one that swings. */
const usdJpy: Market = {
  symbol: 'USDJPY',
  price: 140,
  noise: 0.05,
  drift: 0.014,
  swing: 0.25,
  swingHalfHours: 2.5,
  trendHours: 300,
  decimals: 3,
};

const eurJpy: Market = {
  symbol: 'EURJPY',
  price: 155,
  noise: 0.11,
  drift: 0.014,
  swing: 0.1,
  swingHalfHours: 3,
  trendHours: 150,
  decimals: 3,
};

const gbpJpy: Market = {
  symbol: 'GBPJPY',
  price: 180,
  noise: 0.12,
  drift: 0.012,
  swing: 0.28,
  swingHalfHours: 2,
  trendHours: 300,
  decimals: 3,
};

/** The same kind of market at a hundredth of the price, where 0.005 a side is fifty pips. */
const eurUsd: Market = {
  symbol: 'EURUSD',
  price: 1.1,
  noise: 0.0007,
  drift: 0.0001,
  swing: 0.001,
  swingHalfHours: 3,
  trendHours: 200,
  decimals: 5,
};

/** Sunday 2 January 2022, 22:00 UTC, to the end of 2024. Fixed, so that a seed is a file. */
const fromS = Date.UTC(2022, 0, 2, 22) / 1_000;
const toS = Date.UTC(2025, 0, 1) / 1_000;

/** The quarter hours are written for the last year alone: the hours of all three years are the longer span. */
const quartersFromS = Date.UTC(2024, 0, 1) / 1_000;

export interface SampleCandles {
  /** As the candle gate wants it: SYMBOL_TF.csv. */
  readonly fileName: string;
  readonly candles: Candles;
}

const markets = [usdJpy, eurJpy, gbpJpy, eurUsd];
const hoursName = ({ symbol }: Market): string => `${symbol}_H1.csv`;
const quartersName = ({ symbol }: Market): string => `${symbol}_M15.csv`;

export const sampleCandleNames: readonly string[] = [...markets.map(hoursName), quartersName(usdJpy)];

/** Three years of hours for each market, and a year of quarter hours for the first. */
export function* sampleCandles(seed: string): Generator<SampleCandles> {
  for (const market of markets) {
    const quarters = quarterHours(market, seed, fromS, toS);
    yield { fileName: hoursName(market), candles: resample(quarters, 60) };
    if (market === usdJpy) {
      const from = quarters.timeS.findIndex((timeS) => timeS >= quartersFromS);
      yield { fileName: quartersName(market), candles: viewCandles(quarters, from, quarters.length) };
    }
  }
}
