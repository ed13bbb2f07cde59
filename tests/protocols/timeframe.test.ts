import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { timeframeLabel, timeframeMinutes } from '../../protocols/timeframe.js';

describe('a timeframe in minutes', () => {
  test.each<[string | number, number | null]>([
    ['M1', 1],
    ['m5', 5],
    [' H4 ', 240],
    ['H60', 3_600],
    ['D1', 1_440],
    ['W1', 10_080],
    ['MN', 43_200],
    ['mn1', 43_200],
    ['240', 240],
    [36, 36],
    [59.6, 60],
    [0.4, null],
    [0, null],
    [-5, null],
    [NaN, null],
    [Infinity, null],
    ['M0', null],
    ['MN2', null],
    ['H', null],
    ['', null],
    ['5min', null],
    ['H1.5', null],
    ['-5', null],
    ['D99999999', null],
    ['NIL', null],
  ])('%p is %p', (token, minutes) => expect(timeframeMinutes(token)).toBe(minutes));

  test('a label says its minutes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 52_560_000 }), (minutes) => {
        expect(timeframeMinutes(timeframeLabel(minutes))).toBe(minutes);
      }),
    );
  });
});
