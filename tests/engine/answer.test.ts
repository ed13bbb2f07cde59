import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { answerBacktest } from '../../actors/engine/answer.js';
import { CandleStore } from '../../actors/engine/candle-store.js';
import {
  decodeBacktestResult,
  encodeBacktestRequest,
  type BacktestRequest,
  type BacktestResult,
  type WireStrategy,
} from '../../protocols/backtest-wire/index.js';
import { contentHash, encodeCandleCsv } from '../../protocols/candles/index.js';
import { candleFiles } from '../../runtime/node/candle-files.js';
import { goldenSeries } from './golden-series.js';

const bars = goldenSeries(600, 3_600);
const canonical = encodeCandleCsv(bars);
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'answer-'));
  writeFileSync(path.join(folder, 'GOLD_H1.csv'), canonical);
});
afterAll(() => rmSync(folder, { recursive: true }));

const strategy: WireStrategy = {
  name: 'Demo-OOS',
  smaShort: 5,
  smaLong: 20,
  sl: 0.3,
  tp: 0.4,
  volume: 0.01,
  indicatorType: 'sma',
};

const asked = (changes: Partial<BacktestRequest> = {}): BacktestRequest => ({
  requestId: 'r-1',
  strategy,
  timeframeMinutes: 60,
  candlesFile: 'GOLD_H1.csv',
  includeTrades: false,
  ...changes,
});

function answer(bytes: Uint8Array): BacktestResult {
  const deps = { candles: new CandleStore(candleFiles, { folders: [folder] }) };
  const decoded = decodeBacktestResult(answerBacktest(bytes, deps));
  if (!decoded.ok) throw new Error(decoded.error.code);
  return decoded.value;
}

const ask = (changes?: Partial<BacktestRequest>): BacktestResult =>
  answer(Buffer.from(encodeBacktestRequest(asked(changes))));

const inline = {
  timestampS: bars.timeS,
  open: bars.open,
  high: bars.high,
  low: bars.low,
  close: bars.close,
  volume: bars.volume,
};

describe('answers with figures', () => {
  test('the figures arrive to the last digit, with the bars that were used and the file that held them', () => {
    expect(ask()).toMatchObject({
      kind: 'ok',
      requestId: 'r-1',
      strategyName: 'Demo-OOS',
      figures: {
        trades: 39,
        wins: 12,
        sharpe: 1.1669680747386322,
        winRatePercent: 30.76923076923077,
        pnl: 0.47000000000014097,
      },
      trades: null,
      range: { firstS: 1_699_920_000, lastS: 1_702_076_400, bars: 600, dataHash: contentHash(canonical) },
    });
  });

  test('inline candles give what the file gives, under the same hash', () => {
    expect(ask({ candlesFile: undefined, candles: inline })).toEqual(ask());
  });

  test('trades come when asked for', () => {
    const result = ask({ includeTrades: true });
    expect(result.kind === 'ok' && [result.trades?.exitS.length, result.trades?.exitS[0]]).toEqual([
      39, 1_700_118_000,
    ]);
  });

  test('the same request is answered with the same bytes, the drawn bound included', () => {
    expect(ask()).toEqual(ask());
    const bound = (name: string): unknown => {
      const result = ask({ strategy: { ...strategy, name } });
      return result.kind === 'ok' && result.figures.sharpeCiLower;
    };
    expect(bound('Demo-OOS')).not.toBe(bound('Other'));
  });

  test('the reply has a buffer of its own, so that it can be transferred', () => {
    const deps = { candles: new CandleStore(candleFiles, { folders: [folder] }) };
    const reply = answerBacktest(Buffer.from(encodeBacktestRequest(asked())), deps);
    expect([reply.byteOffset, reply.buffer.byteLength]).toEqual([0, reply.byteLength]);
  });
});

describe('coded failures, never figures', () => {
  test.each<[string, Partial<BacktestRequest>, string]>([
    ['another family', { strategy: { ...strategy, indicatorType: 'macd' } }, 'unsupported_indicator'],
    [
      'another family on a missing file',
      { strategy: { ...strategy, indicatorType: 'bb' }, candlesFile: 'B.csv' },
      'unsupported_indicator',
    ],
    ['periods longer than the file', { strategy: { ...strategy, smaLong: 600 } }, 'too_few_bars'],
    ['no candles named', { candlesFile: undefined }, 'no_candles'],
    ['a file that is not there', { candlesFile: 'B.csv' }, 'candles_missing'],
    ['a path that leads outside', { candlesFile: '../GOLD_H1.csv' }, 'path_refused'],
    [
      'inline candles out of order',
      { candlesFile: undefined, candles: { ...inline, timestampS: inline.timestampS.slice().reverse() } },
      'bad_candles',
    ],
  ])('%s', (_, changes, code) => {
    expect(ask(changes)).toMatchObject({ kind: 'failed', requestId: 'r-1', strategyName: 'Demo-OOS', code });
  });

  test('an active filter with bars of its own is refused instead of passed over', () => {
    const line = encodeBacktestRequest(
      asked({ strategy: { ...strategy, filterEnabled: true, filterTf: 'd1' } }),
    );
    const withBars = line.replace(/\)$/, ' (aux_candles . (("d1" . (((t . 1) (c . 1.0)))))))');
    expect(answer(Buffer.from(withBars))).toMatchObject({
      kind: 'failed',
      code: 'unsupported_field',
      requestId: 'r-1',
    });
  });

  test.each([
    ['bytes that are no request', 'hello', null],
    ['a request without a strategy', '((action . "BACKTEST") (request_id . "r-2"))', 'r-2'],
    ['invalid UTF-8', '\u00ff', null],
  ])('%s', (_, text, requestId) => {
    expect(answer(Buffer.from(text, 'latin1'))).toMatchObject({
      kind: 'failed',
      code: 'bad_request',
      requestId,
    });
  });
});

const shared = path.resolve('..', 'shared', 'data');
const whenShared = existsSync(path.join(shared, 'backtest_requests.sexp')) ? test : test.skip;

whenShared('every stored request is answered with figures or a reason', () => {
  const deps = { candles: new CandleStore(candleFiles, { folders: [shared] }) };
  const lines = readFileSync(path.join(shared, 'backtest_requests.sexp'), 'utf8').trim().split('\n');
  const outcomes = new Map<string, number>();
  for (const line of lines) {
    const decoded = decodeBacktestResult(answerBacktest(Buffer.from(line), deps));
    const outcome = !decoded.ok
      ? decoded.error.code
      : decoded.value.kind === 'ok'
        ? 'ok'
        : decoded.value.code;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  expect([...outcomes.values()].reduce((sum, count) => sum + count, 0)).toBe(lines.length);
  expect(
    [...outcomes.keys()].filter((code) => !['ok', 'unsupported_indicator', 'too_few_bars'].includes(code)),
  ).toEqual([]);
  expect(outcomes.get('ok')).toBeGreaterThan(50);
});
