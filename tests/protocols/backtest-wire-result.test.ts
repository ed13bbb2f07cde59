import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  classifyFailure,
  decodeBacktestResult,
  encodeBacktestResult,
  figureKeys,
  isRetryableFailure,
  type BacktestAnswer,
  type BacktestResult,
  type DecodeOptions,
  type EngineFigures,
} from '../../protocols/backtest-wire/index.js';

function decoded(frame: Uint8Array | string, options?: DecodeOptions): BacktestResult {
  const reading = decodeBacktestResult(frame, options);
  if (!reading.ok) throw new Error(JSON.stringify(reading.error));
  return reading.value;
}

function ok(frame: string): BacktestResult & { kind: 'ok' } {
  const result = decoded(frame);
  if (result.kind !== 'ok') throw new Error(`${result.code}: ${result.message}`);
  return result;
}

function failed(frame: string): BacktestResult & { kind: 'failed' } {
  const result = decoded(frame);
  if (result.kind !== 'failed') throw new Error('figures where a failure was expected');
  return result;
}

const refused = (frame: Uint8Array | string, options?: DecodeOptions): unknown => {
  const reading = decodeBacktestResult(frame, options);
  return reading.ok
    ? 'ok'
    : reading.error.field === null
      ? reading.error.code
      : `${reading.error.code} ${reading.error.field}`;
};

const numbers =
  '(trades . 39) (wins . 12) (losses . 27) (pnl . 0.47) (sharpe . 1.25) (sortino . 1.5) (max_drawdown . 1.5e-4)' +
  ' (win_rate . 30.5) (profit_factor . 1.125) (adjusted_sharpe . 1.0) (sharpe_ci_lower . 0.25)';
const head = '(strategy_name . "Demo-OOS")';
const service = (fields: string): string =>
  `((type . "BACKTEST_RESULT") (result . (${head} ${fields} (request_id . "r-1"))))`;
const guardian = (fields: string): string => `((type . "BACKTEST_RESULT") (result (${head} ${fields})))`;

const figures = {
  trades: 39,
  wins: 12,
  losses: 27,
  pnl: 0.47,
  sharpe: 1.25,
  sortino: 1.5,
  maxDrawdown: 1.5e-4,
  winRatePercent: 30.5,
  profitFactor: 1.125,
  adjustedSharpe: 1,
  sharpeCiLower: 0.25,
};

describe('figures in the spelling of any sender', () => {
  test.each([
    ['the Service', service(numbers), 'r-1'],
    ['Guardian, with its extra list', guardian(numbers), null],
    [
      'a list too many',
      guardian(numbers)
        .replace('(result (', '(result ((')
        .replace(/\)\)\)$/, '))))'),
      null,
    ],
    ['Guardian in full mode', service(numbers).replace('"BACKTEST_RESULT"', 'backtest-result'), 'r-1'],
    [
      'Lisp',
      service(numbers).replace('(result . (', '(result (').replace('"BACKTEST_RESULT"', ':Backtest_Result'),
      'r-1',
    ],
    ['a hyphenating writer', service(numbers.replaceAll('_', '-')), 'r-1'],
    [
      'a sender that spliced the id in first',
      service(numbers)
        .replace(head, `(request_id . "r-1") ${head}`)
        .replace(/ \(request_id . "r-1"\)\)\)\)$/, ')))'),
      'r-1',
    ],
    [
      'JSON',
      JSON.stringify({
        type: 'backtest_result',
        result: {
          strategy_name: 'Demo-OOS',
          ...Object.fromEntries(figureKeys.map(([wire, ours]) => [wire, figures[ours]])),
          request_id: 'r-1',
        },
      }),
      'r-1',
    ],
  ])('%s', (_, frame, requestId) => {
    expect(ok(frame)).toMatchObject({
      requestId,
      strategyName: 'Demo-OOS',
      figures,
      trades: null,
      range: null,
    });
  });

  test('integers, strings of digits and Lisp doubles are numbers', () => {
    const result = ok(service('(trades . "39") (pnl . 1) (sharpe . 0.5d0) (sortino . "1e-05")'));
    expect(result.figures).toMatchObject({ trades: 39, pnl: 1, sharpe: 0.5, sortino: 1e-5 });
  });

  test('an infinity in any spelling is an unknown figure, and its word is kept', () => {
    const result = ok(
      service('(trades . 3) (sortino . inf) (sharpe_ci_lower . "-inf") (sharpe . NaN) (pnl . 1e999)'),
    );
    expect(result.figures).toMatchObject({ sortino: null, sharpeCiLower: null, sharpe: null, pnl: null });
    expect(result.raw).toEqual({
      trades: 3,
      sortino: 'inf',
      sharpe_ci_lower: '-inf',
      sharpe: 'nan',
      pnl: 'inf',
    });
  });

  test('a missing figure is unknown and not zero', () => {
    expect(ok(service('(trades . 3)')).figures).toEqual({
      ...Object.fromEntries(Object.keys(figures).map((key) => [key, null])),
      trades: 3,
    });
  });

  test('without trades there is no ratio, rate or drawdown; the wire keeps its zeros in raw', () => {
    const zeros = figureKeys.map(([wire]) => `(${wire} . ${wire === 'trades' ? '0' : '0.0'})`).join(' ');
    const result = ok(service(zeros));
    expect(result.figures).toEqual({
      trades: 0,
      wins: 0,
      losses: 0,
      pnl: 0,
      sharpe: null,
      sortino: null,
      maxDrawdown: null,
      winRatePercent: null,
      profitFactor: null,
      adjustedSharpe: null,
      sharpeCiLower: null,
    });
    expect(result.raw).toMatchObject({ sharpe: 0, profit_factor: 0, win_rate: 0, max_drawdown: 0 });
  });

  test('the id of nobody is no id, and a name of NIL is no name', () => {
    const frame = service(numbers).replace('"r-1"', '"MISSING"').replace('"Demo-OOS"', 'NIL');
    expect(ok(frame)).toMatchObject({ requestId: null, strategyName: null });
  });
});

describe('trade lists', () => {
  const trade = (t: number): string => `((timestamp . ${t}) (pnl . -0.5))`;
  const exits = (field: string): number[] | null => {
    const { trades } = ok(service(`(trades . 2) ${field}`));
    return trades === null ? null : [...trades.exitS];
  };

  test.each<[string, string, number[] | null]>([
    ['raw, as an option', `(trade_list (${trade(1)} ${trade(2)}))`, [1, 2]],
    ['raw with one trade', `(trade_list (${trade(1)}))`, [1]],
    ['raw without trades', '(trade_list ())', []],
    ['flat', `(trade_list . (${trade(1)} ${trade(2)}))`, [1, 2]],
    ['flat with one trade', `(trade_list . (${trade(1)}))`, [1]],
    ['flat in shorthand', `(trade_list ${trade(1)} ${trade(2)})`, [1, 2]],
    ['flat without trades', '(trade_list . ())', []],
    ['one trade collapsed into its record', `(trade_list . ${trade(1)})`, [1]],
    ['wrapped twice', `(trade_list ((${trade(1)} ${trade(2)})))`, [1, 2]],
    ['none', '', null],
    ['nil', '(trade_list . nil)', null],
  ])('%s', (_, field, expected) => expect(exits(field)).toEqual(expected));

  test.each([
    ['(trade_list . "x")'],
    ['(trade_list . (1 2))'],
    ['(trade_list . (((timestamp . 1))))'],
    ['(trade_list . (((timestamp . 1) (pnl . nan))))'],
    ['(trade_list . (((timestamp . 1.5) (pnl . 1))))'],
    ['(trade_list . (((timestamp . 1) (timestamp . 1) (pnl . 1))))'],
  ])('%s refuses the whole answer, and names it', (field) => {
    const reading = decodeBacktestResult(service(`(trades . 1) ${field}`));
    expect(!reading.ok && reading.error).toMatchObject({
      code: 'bad_field',
      field: 'trade_list',
      requestId: 'r-1',
      strategyName: 'Demo-OOS',
    });
  });
});

describe('a failure is never a metric', () => {
  test.each<[string, string, string | null]>([
    ['(error . "Guardian binary missing") (sharpe . 0)', 'engine_missing', 'r-1'],
    ['(error . "missing request_id") (sharpe . 0)', 'missing_request_id', 'r-1'],
    ['(error . "Empty output") (sharpe . 0)', 'engine_died', 'r-1'],
    ['(error . "[Errno 32] Broken pipe")', 'engine_died', 'r-1'],
    [`(error . "something new") ${numbers}`, 'engine_error', 'r-1'],
    [`(error . "") ${numbers}`, 'engine_error', 'r-1'],
    [`(error . 5) ${numbers}`, 'engine_error', 'r-1'],
    [`(error_code . "too_few_bars") ${numbers}`, 'too_few_bars', 'r-1'],
    ['(error . "no such family") (error_code . "unsupported_indicator")', 'unsupported_indicator', 'r-1'],
    ['(error . "x") (error_code . "Not A Code; DROP")', 'engine_error', 'r-1'],
    ['(error . "x") (error_code . "a_foreign_code")', 'a_foreign_code', 'r-1'],
    ['', 'no_figures', 'r-1'],
    ['(sharpe . 0)', 'no_figures', 'r-1'],
    ['(trades . nil) (sharpe . 1.5)', 'no_figures', 'r-1'],
    ['(trades . nan) (sharpe . 1.5)', 'no_figures', 'r-1'],
    [
      '(error . "((type . \\"ERROR\\") (error \\"CSV load error: CSV error: record 3\\"))")',
      'bad_candles',
      'r-1',
    ],
  ])('%s is %s', (fields, code, requestId) => {
    const result = failed(service(fields));
    expect(result).toMatchObject({ kind: 'failed', code, requestId, strategyName: 'Demo-OOS' });
    expect(Object.keys(result).sort()).toEqual(['code', 'kind', 'message', 'requestId', 'strategyName']);
  });

  test.each([
    ['((type . "ERROR") (error "S-Exp parse error: unknown variant `donchian`"))', 'unsupported_indicator'],
    ['((type . "ERROR") (error . "S-Exp parse error: invalid number"))', 'bad_request'],
    [
      '((type . "ERROR") (error "CSV load error: No such file or directory (os error 2)"))',
      'candles_missing',
    ],
    ['((type . "ERROR") (error "No candles provided (file or raw)"))', 'no_candles'],
    ['((type . "ERROR") (error "Empty candles"))', 'empty_candles'],
    ['((type . ERROR))', 'engine_error'],
    ['{"type":"ERROR","error":"Empty candles"}', 'empty_candles'],
    ['((type . "BACKTEST_RESULT"))', 'no_figures'],
  ])('%s is %s', (frame, code) => {
    expect(failed(frame)).toMatchObject({ code, requestId: null, strategyName: null });
  });

  test.each(['(error)', '(error . nil)', '(error . #f)', '(error . ())'])(
    '%s says that there is no error',
    (field) => {
      expect(ok(service(`${numbers} ${field}`)).figures.trades).toBe(39);
    },
  );

  test('a quoted Guardian line is opened, and a long message is cut', () => {
    const line = '((type . "ERROR") (error "Empty candles"))';
    expect(classifyFailure(line, null)).toEqual({ code: 'empty_candles', message: 'Empty candles' });
    expect(classifyFailure('(not closed', null).message).toBe('(not closed');
    expect(classifyFailure('x'.repeat(5_000), null).message).toHaveLength(2_001);
  });

  test('data is not tried again, weather is', () => {
    for (const code of ['unsupported_indicator', 'bad_candles', 'too_few_bars'])
      expect(isRetryableFailure(code)).toBe(false);
    for (const code of ['engine_died', 'engine_missing', 'engine_error', 'their_code', 'toString']) {
      expect(isRetryableFailure(code)).toBe(true);
    }
  });
});

describe('what is refused', () => {
  test.each<[string, string]>([
    ['((type . "CPCV_RESULT") (result . ()))', 'wrong_type type'],
    ['((action . "BACKTEST"))', 'wrong_type type'],
    ['((type . "BACKTEST_RESULT") (result . 5))', 'bad_field result'],
    ['((type . "BACKTEST_RESULT") (result . ((trades . 1) (trades . 2))))', 'bad_field result'],
    [service('(trades . 1) (pnl . "much")'), 'bad_field pnl'],
    [service('(trades . 1) (pnl . (1 2))'), 'bad_field pnl'],
    [service('(trades . -1)'), 'bad_field trades'],
    [`${service(numbers)} ${service(numbers)}`, 'bad_sexp'],
    ['', 'bad_sexp'],
    ['{', 'bad_json'],
    ['('.repeat(200) + ')'.repeat(200), 'bad_sexp'],
    [`("${'x'.repeat(20_000_000)}")`, 'too_large'],
    [service(numbers).replace('Demo', '\0'), 'bad_sexp'],
  ])('%#', (frame, expected) => expect(refused(frame)).toBe(expected));

  test('a cut character is no text', () => {
    expect(refused(Buffer.from('(あ').subarray(0, 3))).toBe('not_utf8');
    expect(refused(service(numbers), { bytesMax: 100 })).toBe('too_large');
  });
});

const engine: EngineFigures = {
  trades: 39,
  wins: 12,
  losses: 27,
  pnl: 0.47000000000014097,
  sharpe: 1.1669680747386322,
  sortino: Infinity,
  max_drawdown: 5e-6,
  win_rate: 0.5,
  profit_factor: 2,
  adjusted_sharpe: 0,
  sharpe_ci_lower: -Infinity,
};

describe('an answer of our engine', () => {
  test('has the fields in the order of Guardian, the id last, and no infinity', () => {
    const answer: BacktestAnswer = {
      kind: 'ok',
      requestId: 'r-1',
      strategyName: 'Demo',
      figures: engine,
      trades: { exitS: Float64Array.of(1700118000), pnl: Float64Array.of(-0.05) },
      range: { firstS: 60, lastS: 120, bars: 2, dataHash: 'sha256:00' },
    };
    expect(encodeBacktestResult(answer)).toBe(
      '((type . "BACKTEST_RESULT") (result . ((strategy_name . "Demo") (trades . 39) (wins . 12) (losses . 27)' +
        ' (pnl . 0.47000000000014097) (sharpe . 1.1669680747386322) (max_drawdown . 5.0e-6) (win_rate . 0.5)' +
        ' (profit_factor . 2.0) (adjusted_sharpe . 0.0) (trade_list . (((timestamp . 1700118000) (pnl . -0.05))))' +
        ' (used_first_s . 60) (used_last_s . 120) (used_bars . 2) (data_hash . "sha256:00") (request_id . "r-1"))))',
    );
    expect(ok(encodeBacktestResult(answer))).toMatchObject({
      requestId: 'r-1',
      trades: answer.trades,
      range: answer.range,
    });
  });

  test('says infinities as Guardian does, and small win rates as a Brain understands them, when asked to', () => {
    const answer: BacktestAnswer = { kind: 'ok', requestId: 'r-1', strategyName: 'Demo', figures: engine };
    const asGuardian = encodeBacktestResult(answer, { nonFinite: 'symbol' });
    expect(asGuardian).toContain('(sortino . inf)');
    expect(asGuardian).toContain('(sharpe_ci_lower . -inf)');
    expect(ok(asGuardian).raw).toMatchObject({ sortino: 'inf', sharpe_ci_lower: '-inf' });
    const winRate = (percent: number): string | undefined =>
      /\(win_rate \. ([^)]*)\)/.exec(
        encodeBacktestResult({ ...answer, figures: { ...engine, win_rate: percent } }, { winRate: 'brain' }),
      )?.[1];
    expect([0, 0.5, 1, 1.5, 100].map(winRate)).toEqual(['0.0', '0.005', '0.01', '1.5', '100.0']);
  });

  test('a failure carries no figure, and can always be said', () => {
    const text = encodeBacktestResult({
      kind: 'failed',
      requestId: 'r-1',
      strategyName: null,
      code: 'unsupported_indicator',
      message: 'line one\nline two\u0000 \ud800',
    });
    expect(text).toBe(
      '((type . "BACKTEST_RESULT") (result . ((error . "line one line two   ") (error_code . "unsupported_indicator")' +
        ' (request_id . "r-1"))))',
    );
    expect(text).not.toContain('sharpe');
  });
});

const line = fc
  .string({ unit: 'grapheme', maxLength: 30 })
  .filter((value) => !/\p{Cc}/u.test(value) && value.trim() !== '' && value.toUpperCase() !== 'NIL');
const double = fc.double({ noNaN: true });
const anyFigures = fc.record({
  trades: fc.nat(),
  wins: fc.nat(),
  losses: fc.nat(),
  pnl: double,
  sharpe: double,
  sortino: double,
  max_drawdown: double,
  win_rate: double,
  profit_factor: double,
  adjusted_sharpe: double,
  sharpe_ci_lower: double,
}) satisfies fc.Arbitrary<EngineFigures>;
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const anyTrades = fc.array(fc.tuple(fc.maxSafeInteger(), finite), { maxLength: 4 }).map((rows) => ({
  exitS: Float64Array.from(rows, ([t]) => t),
  pnl: Float64Array.from(rows, ([, pnl]) => pnl),
}));

test('what our engine says is what is read, infinities as words', () => {
  fc.assert(
    fc.property(line, anyFigures, anyTrades, (strategyName, values, trades) => {
      const text = encodeBacktestResult(
        { kind: 'ok', requestId: 'r-1', strategyName, figures: values, trades },
        { nonFinite: 'symbol' },
      );
      const result = ok(text);
      const words = Object.entries(values).map(([key, value]) => [
        key,
        Number.isFinite(value) ? value : value > 0 ? 'inf' : '-inf',
      ]);
      expect(result.raw).toEqual(Object.fromEntries(words));
      expect(result).toMatchObject({ strategyName, requestId: 'r-1', trades });
    }),
    { numRuns: 500 },
  );
});

test('an answer with one damaged place is read or refused, and a failure never has figures', () => {
  const whole = Buffer.from(service(`${numbers} (trade_list (((timestamp . 1) (pnl . 0.5))))`));
  fc.assert(
    fc.property(fc.nat(whole.length), fc.nat(4), fc.uint8Array({ maxLength: 4 }), (at, cut, put) => {
      const bytes = Buffer.concat([whole.subarray(0, at), put, whole.subarray(at + cut)]);
      const reading = decodeBacktestResult(bytes);
      return !reading.ok || reading.value.kind === 'ok' || !('figures' in reading.value);
    }),
    { numRuns: 2_000 },
  );
});
