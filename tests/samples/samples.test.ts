import { describe, expect, test } from '@jest/globals';
import { runBacktest } from '../../actors/engine/run-backtest.js';
import type { Figures } from '../../actors/engine/figures.js';
import {
  checkCandleFileName,
  confirmTimeframe,
  cutWindows,
  decodeCandleCsv,
  encodeCandleCsv,
  viewCandles,
  type Candles,
  type CandleWindow,
} from '../../protocols/candles/index.js';
import { importStrategies, type ImportedStrategy } from '../../protocols/strategies/index.js';
import {
  sampleCandles,
  sampleSeed,
  sampleStrategyLines,
  writeSamples,
  type SampleFiles,
} from '../../runtime/samples/index.js';
import { engineRequest } from '../engine/engine-request.js';

const candles = new Map(
  [...sampleCandles(sampleSeed)].map(({ fileName, candles: bars }) => [fileName, bars]),
);

function importedSamples(): ReturnType<typeof importStrategies> & { ok: true } {
  const outcome = importStrategies(sampleStrategyLines(sampleSeed).join('\n'));
  if (!outcome.ok) throw new Error(outcome.message);
  return outcome;
}

describe('sample candles', () => {
  test('every file passes the gate under the name that says its bars', () => {
    for (const [fileName, bars] of candles) {
      const verdict = decodeCandleCsv(encodeCandleCsv(bars));
      if (verdict.verdict === 'refused') throw new Error(`${fileName}: ${verdict.message}`);
      expect(verdict.candles).toEqual(bars);
      expect(confirmTimeframe(checkCandleFileName(fileName)?.minutes ?? 0, verdict.stepSeconds)).toBe(true);
      // Weekends are the only gaps.
      expect(verdict.warnings.every(({ code }) => code === 'gaps')).toBe(true);
    }
    expect([...candles.keys()].sort()).toEqual([
      'EURJPY_H1.csv',
      'EURUSD_H1.csv',
      'GBPJPY_H1.csv',
      'USDJPY_H1.csv',
      'USDJPY_M15.csv',
    ]);
  });

  test('a seed is a file, and another seed another file', () => {
    const firstOf = (seed: string): Uint8Array => {
      for (const { candles: bars } of sampleCandles(seed)) return encodeCandleCsv(bars, 0, 500);
      throw new Error('no candles');
    };
    expect(firstOf('one')).toEqual(firstOf('one'));
    expect(firstOf('one')).not.toEqual(firstOf('two'));
  });
});

describe('sample strategies', () => {
  test('show every path that a record can take', () => {
    const { report, strategies } = importedSamples();
    expect(report).toMatchObject({ read: 63, imported: 60, attached: 1, quarantined: 2, approximated: 2 });
    expect(report.anomalies).toEqual({ bad_sl: 1, unreadable_line: 1, symbol_missing: 1, test_name: 1 });
    const families = new Set(strategies.map(({ indicatorType }) => indicatorType));
    expect([...families].sort()).toEqual(['bb', 'ema', 'macd', 'rsi', 'sma', 'stoch']);
    expect(strategies.every(({ name }) => name.includes('Sample-'))).toBe(true);
  });

  /** In-sample and out-of-sample figures on the file that a run would choose; null when either cannot be had. */
  function measure({
    wire,
    symbol,
    timeframeMinutes,
  }: ImportedStrategy): { inSample: Figures; oos: Figures } | null {
    const bars = candles.get(`${symbol ?? 'USDJPY'}_${timeframeMinutes === 15 ? 'M15' : 'H1'}.csv`);
    if (bars === undefined) return null;
    const { inSample, outOfSample } = cutWindows(bars);
    const [before, after] = [inSample, outOfSample].map((window) => figuresOn(bars, window));
    return before && after ? { inSample: before, oos: after } : null;

    function figuresOn(all: Candles, { fromIndex, toIndex }: CandleWindow): Figures | null {
      const { indicatorType, smaShort, smaLong, sl, tp } = wire;
      const request = engineRequest({ indicatorType, smaShort, smaLong, sl, tp, timeframeMinutes });
      const outcome = runBacktest(viewCandles(all, fromIndex, toIndex), request, () => 0.5);
      return outcome.ok ? outcome.figures : null;
    }
  }

  const reaches = (
    { sharpe, profitFactor, winRate, maxDrawdown }: Figures,
    least: { sharpe: number; profitFactor: number; winRate: number; drawdown: number },
  ): boolean =>
    sharpe >= least.sharpe &&
    profitFactor >= least.profitFactor &&
    winRate / 100 >= least.winRate &&
    maxDrawdown < least.drawdown;

  test('some honestly do well, before and after the cut, and some do not', () => {
    const measured = importedSamples().strategies.flatMap((strategy) => {
      const figures = measure(strategy);
      return figures === null ? [] : [{ ...strategy, ...figures }];
    });
    const b = measured.filter(({ inSample }) =>
      reaches(inSample, { sharpe: 0.15, profitFactor: 1.05, winRate: 0.35, drawdown: 0.25 }),
    );
    const a = b.filter(
      ({ inSample, oos }) =>
        reaches(inSample, { sharpe: 0.45, profitFactor: 1.3, winRate: 0.43, drawdown: 0.16 }) &&
        inSample.trades >= 50 &&
        oos.sharpe >= 0.35,
    );
    expect(measured).toHaveLength(54);
    expect(b.length).toBeGreaterThanOrEqual(5);
    expect(a.length).toBeGreaterThanOrEqual(2);
    expect(measured.length - b.length).toBeGreaterThanOrEqual(5);
    // A pair wants two of one symbol and timeframe with a hundred trades each.
    const legs = a.filter(({ inSample }) => inSample.trades >= 100);
    const groups = legs.map(({ symbol, timeframeMinutes }) => `${symbol ?? ''}|${timeframeMinutes}`);
    const paired = new Set(groups.filter((group, at) => groups.indexOf(group) !== at));
    expect(paired).toEqual(new Set(['USDJPY|60', 'EURJPY|240', 'GBPJPY|240']));
  });
});

describe('writing samples', () => {
  /** A disk in memory that may be made to fail at the n-th write. */
  function memory(
    failAt = Infinity,
  ): SampleFiles & { readonly held: Map<string, Uint8Array>; writes: number } {
    const held = new Map<string, Uint8Array>();
    return {
      held,
      writes: 0,
      ensureFolder: () => undefined,
      read: (file) => {
        const bytes = held.get(file);
        return bytes === undefined ? null : new TextDecoder().decode(bytes);
      },
      exists: (file) => held.has(file),
      write(file, bytes) {
        this.writes += 1;
        if (this.writes === failAt) throw new Error('disk full');
        held.set(file, bytes);
      },
    };
  }

  test('happens once for a version and a seed, again for another seed, and is labelled as synthetic', () => {
    const files = memory();
    expect(writeSamples('data', { files })).toEqual({
      candlesFolder: 'data',
      strategiesFile: 'data/strategies.sexp',
      written: true,
    });
    expect(files.read('data/README.txt')).toContain('SYNTHETIC SAMPLES - NO MARKET DATA');
    expect(files.read('data/samples.json')).toContain('"synthetic":true');
    const writes = files.writes;
    expect(writeSamples('data', { files })).toMatchObject({ written: false });
    expect(files.writes).toBe(writes);
    expect(writeSamples('data', { files, seed: 'another' })).toMatchObject({ written: true });
  });

  test('that was cut off is done again from the start', () => {
    const files = memory(4);
    expect(() => writeSamples('data', { files })).toThrow('disk full');
    expect(writeSamples('data', { files })).toMatchObject({ written: true });
    expect(files.held.has('data/strategies.sexp')).toBe(true);
  });

  test('leaves a folder of somebody else alone', () => {
    const files = memory();
    files.held.set('data/USDJPY_H1.csv', new Uint8Array());
    expect(writeSamples('data', { files })).toMatchObject({ code: 'folder_in_use' });
    expect(files.writes).toBe(0);
  });
});
