import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeCandleCsv,
  type CandleGateOptions,
  type CandleVerdict,
} from '../../protocols/candles/index.js';

const header = 'timestamp,open,high,low,close,volume';
const row = (minute: number, values = '2,3,1,2,10'): string => `${1_600_000_000 + 60 * minute},${values}`;
const gate = (lines: readonly string[], options?: CandleGateOptions): CandleVerdict =>
  decodeCandleCsv(Buffer.from(lines.map((line) => `${line}\n`).join('')), options);
const reasonOf = (verdict: CandleVerdict): string =>
  verdict.verdict === 'refused' ? verdict.reason : 'accepted';
const warningsOf = (verdict: CandleVerdict): string[] =>
  verdict.verdict === 'accepted' ? verdict.warnings.map(({ code }) => code) : [];

describe('what is tolerated', () => {
  test.each([
    ['a single row, whose step stays unknown', [header, row(0)]],
    ['blank lines before the header', ['', ' ', header, row(0)]],
    [
      'quotes around every field',
      ['"timestamp","open","high","low","close","volume"', '"1600000000","2","3","1","2","10"'],
    ],
    ['spaces in the header', [' Timestamp , OPEN,high,low,close,volume', row(0)]],
    ['exponents', [header, row(0, '2e0,0.3E+1,1,2.,.5')]],
    ['a plus sign', [header, row(0, '+2,3,1,2,10')]],
    [
      'more digits than a double keeps',
      [header, row(0, '2.00000000000000000001,3,1,2,123456789012345678901234567890')],
    ],
  ])('%s', (_, lines) => expect(reasonOf(gate(lines))).toBe('accepted'));

  test('further columns are named in a warning and not read, whatever they hold', () => {
    const verdict = gate([`${header},spread,"note, free"`, `${row(0)},n/a,"a, b ""c"""`, `${row(1)},,`]);
    expect(verdict).toMatchObject({ verdict: 'accepted', rows: 2 });
    expect(warningsOf(verdict)).toEqual(['extra_columns']);
  });

  test('a last line without a line end is taken with a warning, for its last number may be cut off', () => {
    expect(warningsOf(decodeCandleCsv(Buffer.from(`${header}\n${row(0)}\n${row(1)}`)))).toEqual([
      'no_final_newline',
    ]);
  });

  test('gaps up to 31 days give one warning with their count and the longest', () => {
    const verdict = gate([header, ...[0, 1, 2, 5, 6, 7, 7 + 31 * 1_440].map((minute) => row(minute))]);
    expect(verdict).toMatchObject({
      stepSeconds: 60,
      warnings: [{ code: 'gaps', message: '2 steps are longer than one bar of 1 min, the longest 31 d' }],
    });
  });

  test('rows as short as a row can be all find room', () => {
    const shortest = Array.from({ length: 40 }, (_, at) => `${100_000_000 + at},1,1,1,1,0`);
    const verdict = gate([header, ...shortest]);
    expect(verdict).toMatchObject({ rows: 40, last: 100_000_039 });
    expect(verdict.verdict === 'accepted' && verdict.candles.length).toBe(40);
  });

  test('a volume of minus zero is zero', () => {
    const verdict = gate([header, row(0, '2,3,1,2,-0')]);
    expect(verdict.verdict === 'accepted' && Object.is(verdict.candles.volume[0], 0)).toBe(true);
  });
});

describe('what is refused', () => {
  test.each<[string, string, string[], number | null]>([
    ['31 days and a second', 'huge_gap', [header, row(0), '1602678401,2,3,1,2,10'], 2],
    ['Lisp universal time', 'implausible_timestamp', [header, '3808988800,2,3,1,2,10'], 1],
    ['a calendar date', 'implausible_timestamp', [header, '20200913,2,3,1,2,10'], 1],
    ['nanoseconds', 'implausible_timestamp', [header, '1600000000000000000,2,3,1,2,10'], 1],
    ['a negative timestamp', 'implausible_timestamp', [header, '-1600000000,2,3,1,2,10'], 1],
    ['a hexadecimal price', 'not_a_number', [header, row(0, '0x2,3,1,2,10')], 1],
    ['a price of 1e999', 'not_finite', [header, row(0, '2,1e999,1,2,10')], 1],
    ['an infinite volume', 'not_finite', [header, row(0, '2,3,1,2,Infinity')], 1],
    ['an open above the high', 'open_outside_range', [header, row(0), row(1, '4,3,1,2,10')], 2],
    ['a missing field', 'field_count', [header, row(0, '2,3,1,2'), row(1)], 1],
    ['text behind a closing quote', 'unbalanced_quote', [header, row(0, '"2"x,3,1,2,10')], 1],
    ['a column named twice', 'duplicate_column', [`${header},Close`, `${row(0)},2`], null],
    ['only blank lines', 'empty_file', ['', '  '], null],
    ['a line of five thousand bytes', 'line_too_long', [header, row(0, `2,3,1,2,10${' '.repeat(5_000)}`)], 1],
    ['lines ended by CR alone', 'lone_carriage_returns', [`${header}\r${row(0)}`], null],
    ['a zip archive', 'compressed_file', ['PK\u0003\u0004'], null],
    ['a low ten times below', 'outlier', [header, row(0, '20,30,1.9,20,10')], 1],
  ])('%s', (_, reason, lines, at) =>
    expect(gate(lines)).toMatchObject({ verdict: 'refused', reason, row: at }),
  );

  test('a high of exactly ten times open and close is no outlier', () => {
    expect(reasonOf(gate([header, row(0, '2,20,0.2,2,10')]))).toBe('accepted');
  });

  test('the size is looked at before the content', () => {
    expect(gate(['\0'.repeat(100)], { bytesMax: 100 })).toMatchObject({
      reason: 'file_too_large',
      row: null,
    });
  });

  test('the message names row and line, so that blank lines do not mislead', () => {
    const verdict = gate([header, row(0), '', row(1, '2,3,1,2,-1')]);
    expect(verdict.verdict === 'refused' && verdict.message).toMatch(/^row 2 \(line 4\): negative_volume: /);
  });
});

describe('numbers', () => {
  const values = (text: string): CandleVerdict =>
    gate([header, row(0, `${text},${text},${text},${text},${text}`)]);

  test('every plain decimal becomes the double that Number gives', () => {
    const digits = fc.string({
      unit: fc.constantFrom(...Array.from('0123456789')),
      minLength: 1,
      maxLength: 18,
    });
    fc.assert(
      fc.property(digits, fc.option(digits), (whole, fraction) => {
        const text = fraction === null ? whole : `${whole}.${fraction}`;
        fc.pre(Number(text) > 0);
        const verdict = values(text);
        expect(verdict.verdict === 'accepted' && verdict.candles.close[0]).toBe(Number(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test('arbitrary bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, behindHeader) => {
        const start = behindHeader ? Buffer.from(`${header}\n`) : Buffer.alloc(0);
        expect(['accepted', 'refused']).toContain(decodeCandleCsv(Buffer.concat([start, bytes])).verdict);
      }),
    );
  });
});
