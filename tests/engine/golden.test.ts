import { describe, expect, test } from '@jest/globals';
import { runBacktest, type EngineRequest, type EngineSuccess } from '../../actors/engine/run-backtest.js';
import { engineRequest } from './engine-request.js';
import { goldenSeries } from './golden-series.js';

const bars = goldenSeries(600, 3_600);

function run(changes: Partial<EngineRequest>): EngineSuccess {
  const outcome = runBacktest(bars, engineRequest(changes), () => 0.5);
  if (!outcome.ok) throw new Error(outcome.message);
  return outcome;
}

const swapRates = [
  { fromS: 1_699_920_000, long: -0.01, short: 0.005 },
  { fromS: 1_700_524_800, long: -0.02, short: 0.01 },
];

const row1 = {
  trades: 39,
  wins: 12,
  losses: 27,
  pnl: 0.47000000000014097,
  sharpe: 1.1669680747386322,
  sortino: 1.3060900240434337,
  maxDrawdown: 0.0001089904088444,
  winRate: 30.76923076923077,
  profitFactor: 1.1626297577855216,
  adjustedSharpe: 1.0899481818058825,
};

describe('figures of the reference series, to the last printed digit', () => {
  test('the series is the reference series', () => {
    expect([bars.open[0], bars.high[0], bars.low[0], bars.close[0], bars.volume[0]]).toEqual([
      150, 150, 149.94, 149.96, 89,
    ]);
    expect([bars.timeS[599], bars.close[599], bars.volume[599]]).toEqual([1_702_076_400, 149.51, 87]);
  });

  test.each<[string, Partial<EngineRequest>, Record<string, number>]>([
    ['sma', {}, row1],
    ['ema, which is sma', { indicatorType: 'ema' }, row1],
    [
      'rsi',
      { indicatorType: 'rsi', smaShort: 9, smaLong: 0 },
      {
        trades: 33,
        wins: 23,
        losses: 10,
        pnl: 0.4100000000003945,
        sharpe: 0.9931713783207055,
        sortino: 0.8977044571411751,
        maxDrawdown: 0.00010899051782478189,
        winRate: 69.6969696969697,
        profitFactor: 1.1357615894041075,
        adjustedSharpe: 0.8918678977319935,
      },
    ],
    [
      'sma on four hours',
      { smaShort: 3, smaLong: 8, timeframeMinutes: 240 },
      {
        trades: 19,
        wins: 5,
        losses: 14,
        pnl: -1.7799999999999159,
        sharpe: -4.337717091261042,
        sortino: -3.650519091663664,
        maxDrawdown: 0.00027798554475155654,
        winRate: 26.31578947368421,
        profitFactor: 0.47492625368732955,
        adjustedSharpe: 0,
      },
    ],
    [
      'sma with swaps',
      { swapRates },
      {
        trades: 39,
        wins: 12,
        losses: 27,
        pnl: 0.4150000000001409,
        sharpe: 1.0399862656780567,
        sortino: 1.1392706666174386,
        maxDrawdown: 0.00011099051031160843,
        winRate: 30.76923076923077,
        profitFactor: 1.1433506044905541,
        adjustedSharpe: 0.971347172143305,
      },
    ],
  ])('%s', (_, changes, figures) => {
    const { sharpeCiLower, ...compared } = run(changes).figures;
    expect(compared).toEqual(figures);
    expect(sharpeCiLower).not.toBeNaN();
  });

  test('the first five trades of sma', () => {
    const { trades } = run({ includeTrades: true });
    expect(Array.from(trades?.exitS.slice(0, 5) ?? [])).toEqual([
      1_700_118_000, 1_700_157_600, 1_700_211_600, 1_700_233_200, 1_700_294_400,
    ]);
    for (const [at, pnl] of [-0.05, -0.14, -0.06, -0.16, 0.42].entries()) {
      expect(Math.abs((trades?.pnl[at] ?? NaN) - pnl)).toBeLessThan(1e-13);
    }
    expect(trades?.pnl).toHaveLength(39);
  });
});
