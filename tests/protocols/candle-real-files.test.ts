import { describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  checkCandleFileName,
  confirmTimeframe,
  cutWindows,
  decodeCandleCsv,
  encodeCandleCsv,
} from '../../protocols/candles/index.js';

const folder = path.resolve('..', 'shared', 'data');
const bad = path.join(folder, 'bad');
/** Skips, and shows it, where the real candle files are not beside the repository. */
const whenPresent = existsSync(bad) ? test : test.skip;

const csvIn = (dir: string): string[] =>
  existsSync(dir) ? readdirSync(dir).filter((name) => name.endsWith('.csv')) : [];
const read = (...parts: string[]): Uint8Array => readFileSync(path.join(...parts));

const acceptedAnyway = [
  'crlf_bom',
  'blank_lines_in_middle',
  'reordered_columns',
  'uppercase_header',
  'space_padded_fields',
];

const refusals: Record<string, [reason: string, row: number | null]> = {
  bom_no_header: ['no_header', null],
  close_above_high: ['close_outside_range', 25],
  duplicated_row: ['duplicate_timestamp', 26],
  duplicated_timestamp: ['duplicate_timestamp', 26],
  empty_file: ['empty_file', null],
  empty_price_field: ['empty_field', 25],
  float_timestamps: ['timestamp_not_whole', 1],
  header_only: ['header_only', null],
  high_below_low: ['high_below_low', 25],
  huge_gap: ['huge_gap', 26],
  infinite_price: ['not_finite', 25],
  lost_decimal_point_real: ['outlier', 26],
  millisecond_timestamps: ['timestamp_in_milliseconds', 1],
  missing_column_close: ['missing_column', null],
  missing_column_volume: ['missing_column', null],
  mixed_second_millisecond_timestamps: ['timestamp_in_milliseconds', 26],
  nan_price: ['not_finite', 25],
  negative_price: ['price_not_positive', 25],
  negative_volume: ['negative_volume', 25],
  no_header: ['no_header', null],
  non_numeric_price: ['not_a_number', 25],
  nul_bytes: ['nul_bytes', 25],
  out_of_order_timestamps: ['timestamps_not_ascending', 26],
  ragged_row_extra_field: ['field_count', 25],
  repeated_header_in_middle: ['repeated_header', 26],
  reversed_order: ['timestamps_not_ascending', 2],
  semicolon_decimal_comma: ['semicolon_delimited', null],
  tab_delimited: ['tab_delimited', null],
  text_datetime_timestamps: ['timestamp_not_a_number', 1],
  truncated_inside_last_number: ['truncated_last_line', 50],
  truncated_last_line: ['truncated_last_line', 50],
  unbalanced_quote: ['unbalanced_quote', 25],
  utf16_encoding: ['utf16_encoding', null],
  wrong_header_names: ['unknown_header', null],
  zero_price: ['price_not_positive', 25],
};

describe('broken candle files', () => {
  for (const name of csvIn(bad).map((file) => file.replace('.csv', ''))) {
    whenPresent(`${name} gets its verdict`, () => {
      const verdict = decodeCandleCsv(read(bad, `${name}.csv`));
      if (acceptedAnyway.includes(name))
        expect(verdict).toMatchObject({ verdict: 'accepted', rows: 50, stepSeconds: 60 });
      else {
        const [reason, row] = refusals[name] ?? ['no expectation for this file', null];
        expect(verdict).toMatchObject({ verdict: 'refused', reason, row });
        if (verdict.verdict === 'refused')
          expect(Math.min(verdict.found.length, verdict.expected.length)).toBeGreaterThan(3);
      }
    });
  }

  whenPresent('every file that holds sound rows holds the rows of the control file', () => {
    const control = decodeCandleCsv(read(bad, 'control', 'USDJPY_M1_50.csv'));
    for (const name of acceptedAnyway) {
      const verdict = decodeCandleCsv(read(bad, `${name}.csv`));
      expect(verdict).toEqual(control);
    }
  });
});

describe('real candle files', () => {
  for (const file of csvIn(folder)) {
    whenPresent(`${file} is accepted with the bar of its name, and every value is Number's`, () => {
      const bytes = read(folder, file);
      const verdict = decodeCandleCsv(bytes, { acceptOutliers: file === 'BTCUSD_D1.csv' });
      if (verdict.verdict === 'refused') throw new Error(verdict.message);
      expect(confirmTimeframe(checkCandleFileName(file)?.minutes ?? 0, verdict.stepSeconds)).toBe(true);
      const lines = Buffer.from(bytes).toString().trimEnd().split('\n').slice(1);
      const { timeS, open, high, low, close, volume } = verdict.candles;
      const differing = lines.filter((line, at) => {
        const [t, o, h, l, c, v] = line.split(',').map(Number);
        return (
          t !== timeS[at] ||
          o !== open[at] ||
          h !== high[at] ||
          l !== low[at] ||
          c !== close[at] ||
          v !== volume[at]
        );
      });
      expect([verdict.rows, differing]).toEqual([lines.length, []]);
    });
  }

  whenPresent('one low of 0.06 refuses BTCUSD_D1 unless outliers are accepted', () => {
    const bytes = read(folder, 'BTCUSD_D1.csv');
    expect(decodeCandleCsv(bytes)).toMatchObject({ reason: 'outlier', row: 833 });
    const accepted = decodeCandleCsv(bytes, { acceptOutliers: true });
    expect(accepted).toMatchObject({ verdict: 'accepted', rows: 1_318, stepSeconds: 86_400 });
    expect(accepted.verdict === 'accepted' && accepted.warnings.map(({ code }) => code)).toContain(
      'outliers',
    );
  });

  whenPresent('a window written from a real file reads back as the same bars', () => {
    const whole = decodeCandleCsv(read(folder, 'EURUSD_H4.csv'));
    if (whole.verdict === 'refused') throw new Error(whole.message);
    const { outOfSample } = cutWindows(whole.candles);
    const cut = decodeCandleCsv(encodeCandleCsv(whole.candles, outOfSample.fromIndex, outOfSample.toIndex));
    expect(cut).toMatchObject({
      verdict: 'accepted',
      rows: outOfSample.rows,
      first: outOfSample.firstS,
      last: outOfSample.lastS,
    });
  });
});
