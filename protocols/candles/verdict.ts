import type { Candles } from './candles.js';

/** Why a candle file is refused. Each is a defect that a person can look up in the file and repair. */
export type CandleRefusalReason =
  | 'file_too_large'
  | 'empty_file'
  | 'compressed_file'
  | 'utf16_encoding'
  | 'lone_carriage_returns'
  | 'tab_delimited'
  | 'semicolon_delimited'
  | 'no_header'
  | 'unknown_header'
  | 'missing_column'
  | 'duplicate_column'
  | 'header_only'
  | 'line_too_long'
  | 'nul_bytes'
  | 'repeated_header'
  | 'unbalanced_quote'
  | 'truncated_last_line'
  | 'field_count'
  | 'empty_field'
  | 'not_a_number'
  | 'not_finite'
  | 'timestamp_not_a_number'
  | 'timestamp_not_whole'
  | 'timestamp_in_milliseconds'
  | 'implausible_timestamp'
  | 'duplicate_timestamp'
  | 'timestamps_not_ascending'
  | 'huge_gap'
  | 'price_not_positive'
  | 'high_below_low'
  | 'open_outside_range'
  | 'close_outside_range'
  | 'negative_volume'
  | 'outlier';

/** A defect of the file or of one of its rows, before the row is known. */
export interface CandleFault {
  readonly reason: CandleRefusalReason;
  /** What stands there, shortened to 60 characters, control characters escaped. */
  readonly found: string;
  /** What should stand there. */
  readonly expected: string;
}

export interface CandleRefusal extends CandleFault {
  readonly verdict: 'refused';
  readonly message: string;
  /** Data row, counted from 1 after the header without blank lines; null when header or file is at fault. */
  readonly row: number | null;
}

/** Something worth knowing that does not make the figures wrong. */
export interface CandleWarning {
  readonly code:
    | 'gaps'
    | 'irregular_steps'
    | 'extra_columns'
    | 'no_final_newline'
    | 'single_row'
    | 'outliers'
    | 'price_jumps';
  readonly message: string;
}

export interface CandleAcceptance {
  readonly verdict: 'accepted';
  readonly candles: Candles;
  readonly rows: number;
  /** Opening of the first and of the last bar, unix seconds. */
  readonly first: number;
  readonly last: number;
  /** The commonest distance of two neighbours, the shorter on ties; null for a single row. */
  readonly stepSeconds: number | null;
  readonly warnings: readonly CandleWarning[];
}

export type CandleVerdict = CandleAcceptance | CandleRefusal;

/** @param where row and line, both counted from 1; left out when the header or the whole file is at fault */
export function refuse(fault: CandleFault, where?: { row: number; line: number }): CandleRefusal {
  const place = where === undefined ? '' : `row ${where.row} (line ${where.line}): `;
  const message = `${place}${fault.reason}: found ${fault.found}, expected ${fault.expected}`;
  return { verdict: 'refused', ...fault, message, row: where?.row ?? null };
}

const foundMax = 60;

/** Foreign text made fit to be shown on one line: quoted, control characters escaped, shortened. */
export function shown(text: string): string {
  if (text === '') return 'nothing';
  return JSON.stringify(text.length > foundMax ? `${text.slice(0, foundMax)}…` : text);
}
