import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeBacktestRequest,
  encodeBacktestRequest,
  type BacktestRequest,
  type DecodeOptions,
} from '../../protocols/backtest-wire/index.js';
import { SexpWriteError } from '../../protocols/sexp/index.js';

const request: BacktestRequest = {
  requestId: 'r-1',
  strategy: { name: 'Demo', smaShort: 5, smaLong: 20, sl: 0.3, tp: 1, volume: 0.01, indicatorType: 'sma' },
  timeframeMinutes: 60,
  candlesFile: 'data/USDJPY_M1.csv',
  includeTrades: true,
};

function decoded(frame: Uint8Array | string, options?: DecodeOptions): BacktestRequest {
  const reading = decodeBacktestRequest(frame, options);
  if (!reading.ok) throw new Error(JSON.stringify(reading.error));
  return reading.value;
}

const refused = (frame: Uint8Array | string, options?: DecodeOptions): unknown => {
  const reading = decodeBacktestRequest(frame, options);
  return reading.ok
    ? 'ok'
    : reading.error.field === null
      ? reading.error.code
      : `${reading.error.code} ${reading.error.field}`;
};

const strategyText = '(name . "Demo") (sma_short . 5) (sma_long . 20) (sl . 0.3) (tp . 1) (volume . 0.01)';
const message = (strategy = strategyText, rest = ''): string =>
  `((action . "BACKTEST") (strategy . (${strategy})) (request_id . "r-1") ${rest})`;

describe('a request as Guardian reads it', () => {
  test('wraps options, writes booleans and the indicator bare, and says nothing of what is absent', () => {
    expect(encodeBacktestRequest(request)).toBe(
      '((action . "BACKTEST") (strategy . ((name . "Demo") (sma_short . 5) (sma_long . 20) (sl . 0.3) (tp . 1.0)' +
        ' (volume . 0.01) (indicator_type . sma))) (request_id . "r-1") (candles_file . ("data/USDJPY_M1.csv"))' +
        ' (timeframe . (60)) (include_trades . #t))',
    );
  });

  test.each<[string, BacktestRequest]>([
    ['an empty id', { ...request, requestId: '' }],
    ['the id of nobody', { ...request, requestId: 'MISSING' }],
    ['an id that ends at its own quote', { ...request, requestId: 'a"b' }],
    ['a name that hides the id', { ...request, strategy: { ...request.strategy, name: 'x request_id' } }],
    ['a name of two lines', { ...request, strategy: { ...request.strategy, name: 'a\nb' } }],
    ['a stop that is no number', { ...request, strategy: { ...request.strategy, sl: NaN } }],
    ['half a period', { ...request, strategy: { ...request.strategy, smaShort: 1.5 } }],
  ])('cannot have %s', (_, bad) => expect(() => encodeBacktestRequest(bad)).toThrow(SexpWriteError));
});

describe('a request in the spelling of any sender', () => {
  test.each([
    ['dotted', `(candles_file . "c.csv") (timeframe . 60) (include_trades . #t)`],
    ['as options', `(candles_file . ("c.csv")) (timeframe . (60)) (include_trades . t)`],
    ['in Lisp shorthand', `(candles_file "c.csv") (timeframe 60) (include_trades true)`],
    [
      'with packages and hyphens',
      `(swimmy::candles-file . "c.csv") (:TIMEFRAME . "H1") (include-trades . 1)`,
    ],
    [
      'with empty bounds',
      `(candles_file . "c.csv") (timeframe . 60) (include_trades . #T) (start_time) (end_time . nil)`,
    ],
  ])('%s', (_, rest) => {
    expect(decoded(message(strategyText, rest))).toEqual({
      ...request,
      candlesFile: 'c.csv',
      strategy: { ...request.strategy, indicatorType: 'sma' },
    });
  });

  test('the strategy may stand in shorthand, in JSON, or with doubled exponents', () => {
    const shorthand = `((action . "backtest") (strategy ${strategyText}) (request_id . "r-1"))`;
    const json = JSON.stringify({
      action: 'BACKTEST',
      request_id: 'r-1',
      strategy: { name: 'Demo', sma_short: 5, sma_long: 20, sl: 0.3, tp: 1, volume: 0.01 },
    });
    const doubles = message(
      '(name . "Demo") (sma_short . 5) (sma_long . 20) (sl . 3d-1) (tp . 1.0d0) (volume . 1/100)',
    );
    for (const text of [shorthand, json, doubles]) expect(decoded(text).strategy).toEqual(request.strategy);
  });

  test('an absent timeframe means the candles as they are', () => {
    expect(decoded(message()).timeframeMinutes).toBe(1);
    expect(decoded(message(strategyText, '(timeframe . 0)')).timeframeMinutes).toBe(0);
  });

  test('a label is converted and reported', () => {
    const reading = decodeBacktestRequest(message(strategyText, '(timeframe . "D1")'));
    expect(reading.ok && reading.value.timeframeMinutes).toBe(1_440);
    expect(reading.ok && reading.warnings.map(({ code }) => code)).toEqual(['label_converted']);
  });

  test.each(['(volume . ())', '(volume)', '(volume . nil)', ''])(
    'a volume of %p is defaulted and reported',
    (volume) => {
      const reading = decodeBacktestRequest(
        message(`(name . "Demo") (sma_short . 5) (sma_long . 20) (sl . 0.3) (tp . 1) ${volume}`),
      );
      expect(reading.ok && reading.value.strategy.volume).toBe(0.01);
      expect(reading.ok && reading.warnings).toEqual([
        { code: 'volume_defaulted', field: 'strategy.volume', detail: '0.01 put for none' },
      ]);
    },
  );

  test.each([
    ['(indicator_type . ema)', 'ema'],
    ['(indicator_type . "RSI")', 'rsi'],
    ['(indicator_type . donchian)', 'donchian'],
    ['(indicator_type bb)', 'bb'],
    ['(indicator_type)', 'sma'],
  ])('%s is the indicator %s', (field, indicator) => {
    expect(decoded(message(`${strategyText} ${field}`)).strategy.indicatorType).toBe(indicator);
  });

  test('inline candles become columns, under either name of their fields', () => {
    const rows = '((t . 60) (o . 1) (h . 2.5) (l . 0.5) (c . 2) (v . 7)) ((timestamp . 120) (close . 3))';
    const bars = decoded(message(strategyText, `(candles . (${rows}))`)).candles;
    expect(bars).toEqual({
      timestampS: Float64Array.of(60, 120),
      open: Float64Array.of(1, 0),
      high: Float64Array.of(2.5, 0),
      low: Float64Array.of(0.5, 0),
      close: Float64Array.of(2, 3),
      volume: Float64Array.of(7, 0),
    });
    expect(decoded(message(strategyText, '(candles . (((t . 60) (c . 2))))')).candles?.close).toEqual(
      Float64Array.of(2),
    );
    expect(decoded(message(strategyText, '(candles . ())')).candles).toBeUndefined();
  });

  test('swaps are read as alists and as plists', () => {
    const swaps = [{ fromS: 60, long: -0.01, short: 0.005 }];
    const alists = message(strategyText, '(swap_history . (((t . 60) (sl . -0.01) (ss . 0.005))))');
    const plists = message(strategyText, '(swap_history (:time 60 :swap-long -0.01 :swap-short 0.005))');
    expect(decoded(alists).swapHistory).toEqual(swaps);
    expect(decoded(plists).swapHistory).toEqual(swaps);
  });
});

describe('what is refused', () => {
  test.each<[string, string]>([
    ['((action . "CPCV_VALIDATE"))', 'wrong_type action'],
    ['((type . "TICK"))', 'wrong_type action'],
    ['(1 2 3)', 'bad_sexp'],
    ['((action . "BACKTEST") (action . "BACKTEST"))', 'bad_sexp'],
    ['{"action": ', 'bad_json'],
    ['', 'bad_sexp'],
    ['((action . "BACKTEST") (strategy . ((name . "x"))))', 'missing_request_id request_id'],
    ['((action . "BACKTEST") (request_id . "MISSING"))', 'missing_request_id request_id'],
    ['((action . "BACKTEST") (request_id . "a\\nb"))', 'missing_request_id request_id'],
    ['((action . "BACKTEST") (request_id . "r"))', 'missing_field strategy.name'],
    ['((action . "BACKTEST") (request_id . "r") (strategy . "x"))', 'bad_field strategy'],
    [message('(name . "x") (name . "y")'), 'bad_field strategy'],
    [message('(name . "a\\tb")'), 'bad_field strategy.name'],
    [message(strategyText.replace('5', '5.5')), 'bad_field strategy.sma_short'],
    [message(strategyText.replace('5', '-5')), 'bad_field strategy.sma_short'],
    [message(strategyText.replace('(sl . 0.3)', '')), 'missing_field strategy.sl'],
    [message(strategyText.replace('0.3', 'inf')), 'bad_field strategy.sl'],
    [message(strategyText, '(timeframe . -5)'), 'bad_field timeframe'],
    [message(strategyText, '(timeframe . "soon")'), 'bad_field timeframe'],
    [message(strategyText, '(candles . (((t . 1))))'), 'bad_field candles'],
    [message(strategyText, '(candles . (((t . 1.5) (c . 1))))'), 'bad_field candles'],
    [message(strategyText, '(candles . (((t . 1) (time . 1) (c . 1))))'), 'bad_field candles'],
    [message(strategyText, '(candles . (1))'), 'bad_field candles'],
    [message(strategyText, '(swap_history . (((t . 1))))'), 'bad_field swap_history'],
    [message(strategyText, '(include_trades . maybe)'), 'bad_field include_trades'],
    [
      message(`${strategyText} (entry_long_ast (Gt PriceClose PriceOpen))`),
      'unsupported_field strategy.entry_long_ast',
    ],
  ])('%s', (text, expected) => expect(refused(text)).toBe(expected));

  test('a refusal names the sender when the message still does', () => {
    const reading = decodeBacktestRequest(message(strategyText.replace('0.3', '"wide"')));
    expect(!reading.ok && reading.error).toEqual({
      code: 'bad_field',
      field: 'strategy.sl',
      expected: 'a finite number',
      found: 'the text "wide"',
      requestId: 'r-1',
      strategyName: 'Demo',
    });
  });

  test('a filter that would change the figures is refused, one that cannot is passed over and reported', () => {
    const aux = '(aux_candles . (("h1" . (((t . 1) (c . 2))))))';
    const wanted = `${strategyText} (filter_enabled . #t) (filter_tf . "h1")`;
    expect(refused(message(wanted, aux))).toBe('unsupported_field strategy.filter_enabled');
    const inert = [message(wanted.replace('h1', 'd1'), aux), message(wanted.replace('#t', '#f'), aux)];
    for (const text of inert) {
      const reading = decodeBacktestRequest(text);
      expect(reading.ok && reading.warnings.map(({ field }) => field)).toEqual(['aux_candles']);
    }
  });

  test('size comes before parsing, and bytes must be UTF-8', () => {
    expect(refused(`("${'x'.repeat(20_000_000)}")`)).toBe('too_large');
    expect(refused(new Uint8Array(20_000_000))).toBe('too_large');
    expect(refused(message(), { bytesMax: 50 })).toBe('too_large');
    expect(refused('あ'.repeat(20), { bytesMax: 59 })).toBe('too_large');
    const cut = Buffer.from(message().replace('Demo', 'あ')).subarray(0, message().indexOf('Demo') + 1);
    expect(refused(cut)).toBe('not_utf8');
    expect(refused(Buffer.from(message().replace('Demo', '\0')))).toBe('bad_sexp');
    expect(refused('('.repeat(200) + ')'.repeat(200))).toBe('bad_sexp');
    expect(refused(`{"a":${'['.repeat(200)}${']'.repeat(200)}}`)).toBe('bad_json');
    expect(refused(`{"a":${'['.repeat(500_000)}`)).toBe('bad_json');
    expect(refused(`{"a":${'['.repeat(1_100_000)}`)).toBe('too_large');
    expect(refused(message(), { limits: { elementsMax: 10 } })).toBe('bad_sexp');
  });
});

const line = fc
  .string({ unit: 'grapheme', maxLength: 30 })
  .filter((value) => !/\p{Cc}/u.test(value) && value.trim() !== '');
const id = fc.stringMatching(/^[A-Za-z0-9:_-]{1,40}$/).filter((value) => value !== 'MISSING');
const number = fc.double({ noNaN: true, noDefaultInfinity: true });
const count = fc.nat();
const column = (length: number): fc.Arbitrary<Float64Array> =>
  fc.array(number, { minLength: length, maxLength: length }).map((values) => Float64Array.from(values));
const optional = { requiredKeys: ['requestId', 'strategy', 'timeframeMinutes', 'includeTrades'] as const };

const anyRequest: fc.Arbitrary<BacktestRequest> = fc.record(
  {
    requestId: id,
    strategy: fc.record(
      {
        name: line.filter((name) => !name.includes('request_id')),
        smaShort: count,
        smaLong: count,
        sl: number,
        tp: number,
        volume: number,
        indicatorType: fc.constantFrom('sma', 'ema', 'rsi', 'donchian'),
        filterEnabled: fc.boolean(),
        filterTf: line,
        filterPeriod: count,
        filterLogic: line,
        bandMult: number,
        atrPeriod: count,
        atrBarrierSl: number,
        atrBarrierTp: number,
      },
      { requiredKeys: ['name', 'smaShort', 'smaLong', 'sl', 'tp', 'volume', 'indicatorType'] },
    ),
    symbol: line,
    timeframeMinutes: count,
    candlesFile: line,
    candles: fc.integer({ min: 1, max: 4 }).chain((bars) =>
      fc.record({
        timestampS: fc
          .array(fc.maxSafeInteger(), { minLength: bars, maxLength: bars })
          .map((t) => Float64Array.from(t)),
        open: column(bars),
        high: column(bars),
        low: column(bars),
        close: column(bars),
        volume: column(bars),
      }),
    ),
    swapHistory: fc.array(fc.record({ fromS: fc.maxSafeInteger(), long: number, short: number }), {
      minLength: 1,
      maxLength: 3,
    }),
    includeTrades: fc.boolean(),
    dataId: line,
    startTimeS: fc.maxSafeInteger(),
    endTimeS: fc.maxSafeInteger(),
    phase: line,
    rangeId: line,
  },
  { requiredKeys: [...optional.requiredKeys] },
);

test('decode(encode(r)) equals r', () => {
  fc.assert(
    fc.property(anyRequest, (any) => expect(decoded(encodeBacktestRequest(any))).toEqual(any)),
    { numRuns: 500 },
  );
});

test('a request with one damaged place is read or refused, and never throws', () => {
  const whole = Buffer.from(encodeBacktestRequest({ ...request, symbol: 'あ' }));
  fc.assert(
    fc.property(fc.nat(whole.length), fc.nat(4), fc.uint8Array({ maxLength: 4 }), (at, cut, put) => {
      decodeBacktestRequest(Buffer.concat([whole.subarray(0, at), put, whole.subarray(at + cut)]));
    }),
    { numRuns: 2_000 },
  );
});

const stored = path.resolve('..', 'shared', 'data', 'backtest_requests.sexp');
(existsSync(stored) ? test : test.skip)(
  'requests that the real Guardian answered are read, and mean the same when written again',
  () => {
    const lines = readFileSync(stored, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(167);
    for (const text of lines) {
      const reading = decodeBacktestRequest(Buffer.from(text));
      if (!reading.ok) throw new Error(`${text}: ${reading.error.code}`);
      expect(reading.warnings).toEqual([]);
      expect(decoded(encodeBacktestRequest(reading.value))).toEqual(reading.value);
    }
  },
);
