import { describe, expect, test } from '@jest/globals';
import {
  environmentOf,
  importStrategies,
  logicJson,
  type ImportedStrategy,
  type ImportOptions,
  type StrategyImport,
  type StrategyRecord,
} from '../../protocols/strategies/index.js';
import { named, recordLine, type Parts } from './strategies-record.js';

function imported(lines: readonly string[], options: ImportOptions = {}): StrategyImport {
  const outcome = importStrategies(lines.join('\n'), options);
  if (!outcome.ok) throw new Error(outcome.message);
  return outcome;
}

function only(line: string): { readonly record: StrategyRecord; readonly strategy: ImportedStrategy } {
  const { records, strategies } = imported([line]);
  const [record] = records;
  const [strategy] = strategies;
  if (record === undefined || strategy === undefined) throw new Error(JSON.stringify(records));
  return { record, strategy };
}

const codesOf = (line: string): readonly string[] =>
  imported([line]).records.flatMap(({ anomalies }) => anomalies.map(({ code }) => code));
const idOf = (line: string): string => only(line).strategy.strategyId;

describe('what a record becomes', () => {
  test('a sound library line becomes a strategy without an anomaly', () => {
    const { record, strategy } = only(recordLine());
    expect(record).toMatchObject({
      line: 1,
      name: 'One',
      source: 'library/B/one.lisp',
      disposition: 'imported',
      anomalies: [],
    });
    expect(record.strategyId).toBe(strategy.strategyId);
    expect(strategy).toMatchObject({
      name: 'One',
      symbol: 'USDJPY',
      timeframeMinutes: 60,
      indicatorType: 'sma',
      claimedRank: 'B',
      claims: { sharpe: 1.5, profitFactor: 2, winRate: 0.5, trades: 35, maxDrawdown: 0.01, oosSharpe: null },
      environment: 'production',
      approximated: [],
      foreignHash: 'AB12',
      wire: { name: 'One', smaShort: 10, smaLong: 40, sl: 0.5, tp: 0.75, volume: 0.01, indicatorType: 'sma' },
    });
  });

  test('Lisp shorthand, keywords, packages and needless points make no other strategy', () => {
    const shorthand =
      '((name . "Two") (symbol . "usdjpy") (direction . :BOTH) (indicators (swimmy.school::SMA 10.0) (sma 40)) ' +
      '(entry cross-above SMA-10 sma-40) (exit (cross-below sma-10 sma-40)) (strategy (name . "Two") (sma_short . 10) ' +
      '(sma_long . 40) (sl . 0.50) (tp . 7.5e-1) (indicator_type . SMA) (timeframe "H1") (volume . 0.01)))';
    expect(idOf(shorthand)).toBe(idOf(recordLine()));
  });

  test('a printed structure is read like the record that was made from it', () => {
    const structure =
      '#S(SWIMMY.SCHOOL::STRATEGY :NAME "One" :INDICATORS ((SMA 10) (SMA 40)) :ENTRY (CROSS-ABOVE SMA-10 SMA-40) ' +
      ':EXIT (CROSS-BELOW SMA-10 SMA-40) :SL 0.5 :TP 0.75 :VOLUME 0.01 :INDICATOR-TYPE "sma" :TIMEFRAME 60 ' +
      ':SYMBOL "USDJPY" :DIRECTION :BOTH :RANK :LEGEND :SHARPE 0.2 :OOS-SHARPE 0.0 :HASH "AB12")';
    const { record, strategy } = only(structure);
    expect(strategy.strategyId).toBe(idOf(recordLine()));
    expect(strategy.claimedRank).toBe('LEGEND');
    expect(record.anomalies.map(({ code }) => code)).toEqual([
      'strategy_block_absent',
      'periods_derived',
      'oos_zero',
    ]);
  });

  test.each<[string, Parts, number, string[]]>([
    ['a number', { timeframe: '3600' }, 3_600, []],
    ['a list of one number', { timeframe: '(240)' }, 240, []],
    ['a label', { timeframe: '("W1")' }, 10_080, ['timeframe_label']],
    ['a fraction', { timeframe: '59.6' }, 60, ['timeframe_rounded']],
    ['nothing inside, so the record counts', { timeframe: '()' }, 60, []],
  ])('the timeframe may be %s', (_, strategy, minutes, codes) => {
    const line = recordLine({ strategy, outer: { timeframe: String(minutes) } });
    expect(only(line).strategy.timeframeMinutes).toBe(minutes);
    expect(codesOf(line)).toEqual(codes);
  });

  test.each<[string, string, string | null, [number, number]]>([
    ['the two smallest of many', '((psar 0.02 0.2) (sma 89) (sma 29) (ema 118))', 'sma', [29, 89]],
    ['half of a single one', '((ema 21))', 'sma', [10, 21]],
    ['half, but 3 at least', '((rsi 2))', 'rsi', [3, 2]],
    ['the usual ones of a family', '()', 'rsi', [7, 14]],
    ['the usual ones', '()', null, [5, 20]],
  ])('missing periods are derived as %s, and reported', (_, indicators, type, [smaShort, smaLong]) => {
    const line = recordLine({
      outer: { indicators },
      strategy: { sma_short: null, sma_long: null, indicator_type: type },
    });
    expect(only(line).strategy.wire).toMatchObject({ smaShort, smaLong });
    expect(codesOf(line)).toContain('periods_derived');
  });

  test.each<[string, string]>([
    ['symbol_missing', recordLine({ outer: { symbol: null } })],
    ['volume_defaulted', recordLine({ strategy: { volume: '()' }, outer: { volume: null } })],
    ['indicator_type_assumed', recordLine({ strategy: { indicator_type: null } })],
    ['timeframe_defaulted', recordLine({ strategy: { timeframe: null }, outer: { timeframe: null } })],
    ['short_not_below_long', recordLine({ strategy: { sma_short: '40' } })],
    ['zero_period', recordLine({ strategy: { sma_short: '0' } })],
    ['zero_distance', recordLine({ strategy: { sl: '0.0' } })],
    ['filter_without_parameters', recordLine({ strategy: { filter_enabled: '#t' } })],
    ['outer_differs', recordLine({ outer: { sl: '0.6' } })],
    ['rank_disagrees', recordLine({ outer: { rank: ':graveyard' } })],
    ['rank_disagrees', recordLine({ outer: { rank: 'nil' } })],
    ['hash_missing', recordLine({ outer: { hash: null } })],
    ['entry_uses_undeclared_sma', recordLine({ outer: { entry: '(> close sma-20)' } })],
    ['oos_equals_sharpe', recordLine({ outer: { recorded: '((sharpe . 1.5) (oos_sharpe . 1.5))' } })],
    ['test_name', named('TEST-REFRESH')],
  ])('%s is reported, and the strategy is there all the same', (code, line) => {
    expect(codesOf(line)).toContain(code);
    expect(imported([line]).report).toMatchObject({ imported: 1, quarantined: 0, anomalies: { [code]: 1 } });
  });

  test('ten significant digits inside do not differ from all of them outside', () => {
    expect(
      codesOf(recordLine({ outer: { sl: '0.01970957372956219' }, strategy: { sl: '0.01970957373' } })),
    ).toEqual([]);
  });

  test('what is sent decides over what is kept', () => {
    const { strategy } = only(recordLine({ outer: { sl: '0.6', sma_short: '11' } }));
    expect(strategy.wire).toMatchObject({ sl: 0.5, smaShort: 10 });
  });

  test.each([
    ['TEST', 'test'],
    ['TEST-REFRESH-ACTIVE', 'test'],
    ['Test-Legend-Reval', 'test'],
    ['test1', 'test'],
    ['UT-7', 'test'],
    ['AAA', 'test'],
    ['Testament', 'production'],
    ['AAARGH', 'production'],
    ['BB-Breakout', 'production'],
    ['Legend-TEST', 'production'],
    ['UTX', 'production'],
  ])('the name %s is of the environment %s', (name, environment) => {
    expect(environmentOf(name)).toBe(environment);
  });
});

describe('what cannot become a strategy', () => {
  test.each<[string, string]>([
    ['unreadable_line', '((name . "x")'],
    ['unreadable_line', `${'('.repeat(65)}${')'.repeat(65)}`],
    ['unreadable_line', 'plain words'],
    ['unknown_head', '#S(PORTFOLIO :NAME "x")'],
    ['not_a_record', '(1 2 3)'],
    ['not_a_record', '()'],
    ['not_a_record', '((name . "x") (name . "y"))'],
    ['no_name', named('')],
    ['no_name', named('   ')],
    ['bad_name', named('n'.repeat(201))],
    ['bad_name', named('my request_id')],
    ['bad_symbol', recordLine({ outer: { symbol: '"USD/JPY"' } })],
    ['bad_direction', recordLine({ outer: { direction: ':up' } })],
    ['bad_timeframe', recordLine({ strategy: { timeframe: '("weekly")' } })],
    ['bad_timeframe', recordLine({ strategy: { timeframe: '-5' } })],
    ['bad_indicator_type', recordLine({ strategy: { indicator_type: '"s m a"' } })],
    ['bad_indicators', recordLine({ outer: { indicators: '((5 sma))' } })],
    ['bad_periods', recordLine({ strategy: { sma_short: '-5' } })],
    ['bad_periods', recordLine({ strategy: { sma_short: '5.5' } })],
    ['bad_periods', recordLine({ strategy: { sma_long: '1e400' } })],
    ['bad_periods', recordLine({ strategy: { sma_long: null } })],
    ['bad_sl', recordLine({ strategy: { sl: null } })],
    ['bad_sl', recordLine({ strategy: { sl: '-0.1' } })],
    ['bad_sl', recordLine({ strategy: { sl: 'nan' } })],
    ['bad_tp', recordLine({ strategy: { tp: '1e999' } })],
    ['bad_tp', recordLine({ strategy: { tp: '"much"' } })],
    ['bad_volume', recordLine({ strategy: { volume: '-1' } })],
    ['bad_filter', recordLine({ strategy: { filter_enabled: '#t', filter_period: '-1' } })],
    ['bad_option', recordLine({ strategy: { atr_period: '1.5' } })],
  ])('%s: %s', (code, line) => {
    const { records, strategies, report } = imported([line]);
    expect(records).toMatchObject([
      { disposition: 'quarantined', strategyId: null, anomalies: [{ code, severity: 'error' }] },
    ]);
    expect(records[0]?.anomalies[0]?.message).toMatch(/found .+, expected ./s);
    expect(strategies).toEqual([]);
    expect(report).toMatchObject({ read: 1, quarantined: 1, imported: 0 });
  });

  test('a line over the limit, and one that is no text, are quarantined without being read', () => {
    const long = importStrategies(`(${' '.repeat(400)})`, { limits: { lineCharsMax: 100 } });
    expect(long).toMatchObject({ records: [{ anomalies: [{ code: 'line_too_long' }] }] });
    const bytes = importStrategies(new Uint8Array([0x28, 0xff, 0xfe, 0x29]));
    expect(bytes).toMatchObject({ records: [{ anomalies: [{ code: 'not_utf8' }] }] });
  });

  test('more bytes or lines than the limits are refused as a whole', () => {
    expect(importStrategies(recordLine(), { limits: { bytesMax: 10 } })).toMatchObject({
      ok: false,
      code: 'file_too_large',
    });
    const lines = [named('a'), named('b'), named('c')].join('\n');
    expect(importStrategies(lines, { limits: { linesMax: 2 } })).toMatchObject({
      ok: false,
      code: 'too_many_lines',
    });
    expect(importStrategies(lines, { limits: { linesMax: 3 } })).toMatchObject({ ok: true });
  });

  test('a quarantined record keeps the name that could be read', () => {
    expect(imported([named('Kept', { sl: '-1' })]).records[0]?.name).toBe('Kept');
  });

  test('byte-order mark, carriage returns, blank lines and comments are no records', () => {
    const { records, report } = imported([`\uFEFF${named('a')}\r`, '', '  \t', '; a comment', named('b')]);
    expect(records.map(({ name, line }) => [name, line])).toEqual([
      ['a', 1],
      ['b', 5],
    ]);
    expect(report.quarantined).toBe(0);
  });
});

describe('what the wire cannot say', () => {
  const declared = (
    indicators: string,
    entry: string | null,
    exit: string | null,
    sent: Parts,
  ): readonly string[] =>
    only(recordLine({ outer: { indicators, entry, exit }, strategy: sent })).strategy.approximated;

  test.each<[string, string, string | null, string | null, Parts, string[]]>([
    [
      'a plain crossing',
      '((sma 10) (sma 40))',
      '(cross-above sma-10 sma-40)',
      '(cross-below sma-10 sma-40)',
      {},
      [],
    ],
    ['nothing declared', '()', null, null, {}, []],
    ['a third average', '((sma 10) (sma 40) (sma 90))', null, null, {}, ['indicators_not_expressible']],
    ['ema sent as sma', '((ema 10) (ema 40))', null, null, {}, ['indicators_not_expressible']],
    [
      'ema sent as ema',
      '((ema 10) (ema 40))',
      '(cross-above ema-10 ema-40)',
      null,
      { indicator_type: 'ema' },
      [],
    ],
    [
      'a further condition',
      '((sma 10) (sma 40))',
      '(and (cross-above sma-10 sma-40) (> rsi 55))',
      null,
      {},
      ['entry_not_expressible'],
    ],
    [
      'the mirrored crossing',
      '((sma 10) (sma 40))',
      '(cross-below sma-10 sma-40)',
      '(cross-above sma-10 sma-40)',
      {},
      ['entry_not_expressible', 'exit_not_expressible'],
    ],
    [
      'an exit by profit',
      '((sma 10) (sma 40))',
      null,
      '(or (> pnl tp) (< pnl (- sl)))',
      {},
      ['exit_not_expressible'],
    ],
    [
      'RSI 14 of which 7 is sent',
      '((rsi 14))',
      null,
      null,
      { indicator_type: 'rsi', sma_short: '7', sma_long: '14' },
      ['indicators_not_expressible'],
    ],
    [
      'RSI 7, the floor',
      '((rsi 7))',
      '(cross-above rsi-7 30)',
      '(> rsi-7 70)',
      { indicator_type: 'rsi', sma_short: '3', sma_long: '7' },
      [],
    ],
    [
      'MACD as computed',
      '((macd 12 26 9))',
      '(cross-above macd-line signal-line)',
      null,
      { indicator_type: 'macd', sma_short: '9', sma_long: '12' },
      [],
    ],
    [
      'MACD of other periods',
      '((macd 11 28 9))',
      null,
      null,
      { indicator_type: 'macd', sma_short: '9', sma_long: '11' },
      ['indicators_not_expressible'],
    ],
    [
      'a family without words',
      '((donchian 10 40))',
      '(> close upper)',
      null,
      { indicator_type: 'donchian' },
      ['entry_not_expressible'],
    ],
  ])('%s', (_, indicators, entry, exit, sent, approximated) => {
    expect(declared(indicators, entry, exit, sent)).toEqual(approximated);
  });

  test('one direction, and a filter that would need other candles, are not sent either', () => {
    expect(only(recordLine({ outer: { direction: ':long' } })).strategy.approximated).toEqual([
      'direction_not_expressible',
    ]);
    const filtered = {
      filter_enabled: 't',
      filter_tf: '"H4"',
      filter_period: '50',
      filter_logic: '"PRICE_ABOVE_SMA"',
    };
    const { strategy } = only(recordLine({ strategy: filtered }));
    expect(strategy.approximated).toEqual(['filter_not_expressible']);
    expect(strategy.wire).toMatchObject({ filterEnabled: true, filterTf: 'H4', filterPeriod: 50 });
  });
});

describe('identity', () => {
  const base = recordLine({ outer: { symbol: '"USDJPY"' } });

  test.each<[string, string]>([
    ['the symbol', recordLine({ outer: { symbol: '"EURJPY"' } })],
    ['no symbol', recordLine({ outer: { symbol: null } })],
    ['the direction', recordLine({ outer: { direction: ':long' } })],
    ['the timeframe', recordLine({ strategy: { timeframe: '240' } })],
    ['the stop', recordLine({ strategy: { sl: '0.51' } })],
    ['the target', recordLine({ strategy: { tp: '0.76' } })],
    ['the volume', recordLine({ strategy: { volume: '0.02' } })],
    ['the family', recordLine({ strategy: { indicator_type: 'ema' } })],
    ['a period', recordLine({ strategy: { sma_long: '41' } })],
    ['the indicators', recordLine({ outer: { indicators: '((sma 10) (sma 40) (psar 0.02))' } })],
    ['the entry', recordLine({ outer: { entry: '(> sma-10 sma-40)' } })],
    ['the exit', recordLine({ outer: { exit: '"(cross-below sma-10 sma-40)"' } })],
    ['a filter', recordLine({ strategy: { filter_enabled: '#t', filter_tf: '"H4"' } })],
    ['the band width', recordLine({ strategy: { band_mult: '2.5' } })],
    ['a barrier', recordLine({ strategy: { atr_barrier_sl: '1.0' } })],
  ])('changes with %s', (_, other) => {
    expect(idOf(other)).not.toBe(idOf(base));
  });

  test.each<[string, string]>([
    ['name', named('Another')],
    ['source', recordLine({ outer: { source: '"elsewhere"' } })],
    ['rank and folder', recordLine({ outer: { rank: ':a', rank_folder: '"A"' } })],
    ['claims', recordLine({ outer: { recorded: null } })],
    ['category', recordLine({ outer: { category: ':reversion' } })],
    ['foreign hash', recordLine({ outer: { hash: '"FFFF"' } })],
    ['a volume that is the default anyway', recordLine({ strategy: { volume: '()' } })],
    ['a direction that is the default anyway', recordLine({ outer: { direction: null } })],
    [
      'options that are the defaults anyway',
      recordLine({ strategy: { band_mult: '2.0', atr_period: '14' } }),
    ],
    ['a filter with nothing to filter by', recordLine({ strategy: { filter_enabled: '#t' } })],
  ])('does not change with %s', (_, other) => {
    expect(idOf(other)).toBe(idOf(base));
  });

  test('is the hash of the canonical logic, which has no name in it', () => {
    const { strategy } = only(base);
    expect(strategy.strategyId).toMatch(/^[0-9a-f]{64}$/);
    expect(logicJson(strategy.logic)).not.toContain('One');
    // Pinned: a change of this text would make every stored strategy a new one.
    expect(strategy.strategyId).toBe('f830e96201496c87ed188878433116736c884118bdc1f35bdd6b7682adec1b07');
  });
});
