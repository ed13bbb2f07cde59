import { seededRandom } from '../../actors/engine/seeded-random.js';
import { timeframeLabel } from '../../protocols/timeframe.js';
import { strategyLine, type SampleStrategy } from './strategy-line.js';

type Family = SampleStrategy['family'];
type Grid = readonly (readonly [
  family: Family,
  timeframeMinutes: number,
  short: number,
  long: number,
  sl: number,
  tp: number,
])[];

/** What is tried on each yen market: fast and slow, wide and narrow, without a look at the candles. */
const grid: Grid = [
  ['sma', 60, 10, 40, 1, 2],
  ['sma', 60, 20, 80, 2, 4],
  ['sma', 60, 48, 192, 2, 3],
  ['sma', 240, 5, 15, 1, 1],
  ['sma', 240, 8, 24, 1.5, 3],
  ['sma', 240, 10, 30, 2, 2],
  ['sma', 240, 12, 48, 2, 4],
  ['ema', 60, 30, 90, 1.5, 1.5],
  ['ema', 240, 9, 21, 2, 3],
  ['rsi', 60, 7, 14, 0.8, 0.5],
  ['rsi', 60, 9, 18, 1.5, 1.5],
  ['rsi', 60, 10, 20, 1, 0.4],
  ['rsi', 60, 14, 28, 0.8, 0.5],
  ['rsi', 240, 7, 14, 1, 1],
];

/** Distances are drawn within this share of the grid's, so that another seed is another set of strategies. */
const spread = 0.1;

function gridOf(symbol: string, seed: string): readonly SampleStrategy[] {
  const random = seededRandom(`${seed}/strategies/${symbol}`);
  const near = (distance: number): number =>
    Math.round(distance * (1 + spread * (2 * random() - 1)) * 1_000) / 1_000;
  return grid.map(([family, timeframeMinutes, short, long, sl, tp]) => ({
    name: nameOf(symbol, timeframeMinutes, family, short, long),
    symbol,
    timeframeMinutes,
    family,
    short,
    long,
    sl: near(sl),
    tp: near(tp),
  }));
}

const nameOf = (symbol: string, minutes: number, family: Family, short: number, long: number): string =>
  `Sample-${symbol}-${timeframeLabel(minutes)}-${family.toUpperCase()}-${short}-${long}`;

/** A strategy on USDJPY hours, of which the parts may be others. */
const special = (name: string, parts: Partial<SampleStrategy> = {}): SampleStrategy => ({
  name: `Sample-${name}`,
  symbol: 'USDJPY',
  timeframeMinutes: 60,
  family: 'sma',
  short: 15,
  long: 60,
  sl: 1.2,
  tp: 2.4,
  ...parts,
});

const quarters = { timeframeMinutes: 15 } as const;
const euro = { symbol: 'EURUSD', sl: 0.02, tp: 0.04 } as const;

/** One for each path that a record can take. */
const specials: readonly SampleStrategy[] = [
  special('Quarters-SMA', { ...quarters, short: 16, long: 64 }),
  special('Quarters-RSI', { ...quarters, family: 'rsi', short: 14, long: 28, sl: 0.6, tp: 0.3 }),
  special('Quarters-RSI-Slow', { ...quarters, family: 'rsi', short: 28, long: 56, sl: 1, tp: 0.6 }),
  special('Daily-SMA', { timeframeMinutes: 1_440, short: 5, long: 20, sl: 3, tp: 5 }),
  special('Euro-SMA', { ...euro, short: 10, long: 40 }),
  special('Euro-RSI', { ...euro, family: 'rsi', short: 7, long: 14 }),
  special('MACD', { family: 'macd', short: 9, long: 12 }),
  special('MACD-EURJPY', { family: 'macd', short: 9, long: 12, symbol: 'EURJPY' }),
  special('Bands', { family: 'bb', short: 2, long: 20 }),
  special('Stochastic', { family: 'stoch', short: 14, long: 28 }),
  special('Third-Average', { indicators: '((sma 15) (sma 60) (sma 200))' }),
  special('Second-Condition', { entry: '(and (cross-above sma-15 sma-60) (> rsi-14 55))', sl: 1.3 }),
  special('Plain'),
  special('Plain-Under-Another-Name'),
  special('Legend', { rank: 'legend', short: 50, long: 200, sl: 1.5, tp: 3 }),
  special('Any-Symbol', { symbol: null, short: 12, long: 36 }),
  special('No-Candles', { symbol: 'AUDJPY' }),
  special('Too-Few-Bars', { timeframeMinutes: 10_080, short: 50, long: 200 }),
  special('Negative-Stop', { sl: -1.2 }),
  { ...special('Fixture', { short: 5, long: 10 }), name: 'TEST-Sample-Fixture' },
];

/** A record that was cut off while it was written. */
const brokenLine = '((source . "samples") (name . "Sample-Cut-Off") (symbol . "USDJPY") (timeframe . 60';

/** The lines of the sample file: strategies of the library's form, and a few that show what becomes of others. */
export function sampleStrategyLines(seed: string): readonly string[] {
  const samples = [...['USDJPY', 'EURJPY', 'GBPJPY'].flatMap((symbol) => gridOf(symbol, seed)), ...specials];
  return [...samples.map(strategyLine), brokenLine];
}
