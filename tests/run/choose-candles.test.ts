import { expect, test } from '@jest/globals';
import { chooseCandles, explainNoCandles } from '../../runtime/pipeline/choose-candles.js';
import type { UsableCandles } from '../../runtime/pipeline/choose-candles.js';

const file = (fileId: string, symbol: string, minutes: number, days: number): UsableCandles => ({
  fileId,
  path: `${fileId}.csv`,
  symbol,
  minutes,
  firstS: 0,
  lastS: days * 86_400,
});

const files = [
  file('m1', 'USDJPY', 1, 30),
  file('h1', 'USDJPY', 60, 3_000),
  file('h4', 'USDJPY', 240, 3_000),
  file('other', 'EURUSD', 1, 9_000),
];

const chosen = (symbol: string, minutes: number): string | undefined =>
  chooseCandles(files, symbol, minutes)?.fileId;

test('the longest span whose bar divides the timeframe is taken, of equal ones the finer', () => {
  expect(chosen('USDJPY', 240)).toBe('h1');
  expect(chosen('USDJPY', 60)).toBe('h1');
  expect(chosen('USDJPY', 5)).toBe('m1');
  expect(chosen('usdjpy', 90)).toBe('m1');
});

test('the order of the folder decides nothing', () => {
  const twins = [file('b', 'X', 60, 10), file('a', 'X', 60, 10)];
  expect(chooseCandles(twins, 'X', 60)?.fileId).toBe('a');
  expect(chooseCandles([...twins].reverse(), 'X', 60)?.fileId).toBe('a');
});

test('when none fits, the failure says what was found', () => {
  expect(chosen('GBPUSD', 60)).toBeUndefined();
  expect(explainNoCandles(files, 'GBPUSD', 60)).toBe(
    'no usable candle file for GBPUSD; usable are EURUSD, USDJPY',
  );
  expect(explainNoCandles([file('h4', 'X', 240, 9)], 'X', 60)).toBe(
    'no candle file of X has a bar that divides 60 min; found 240 min',
  );
});
