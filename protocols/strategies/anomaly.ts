/**
 * What was strange about a record. `error`: it was quarantined for it. `warning`: something was assumed, or a claim
 * contradicts itself. `info`: worth counting, nothing to do.
 */
export type Severity = 'info' | 'warning' | 'error';

/** Why a record cannot become a strategy. */
export type QuarantineCode =
  | 'line_too_long'
  | 'not_utf8'
  | 'unreadable_line'
  | 'unknown_head'
  | 'not_a_record'
  | 'no_name'
  | 'bad_name'
  | 'bad_symbol'
  | 'bad_direction'
  | 'bad_timeframe'
  | 'bad_indicator_type'
  | 'bad_indicators'
  | 'bad_periods'
  | 'bad_sl'
  | 'bad_tp'
  | 'bad_volume'
  | 'bad_filter'
  | 'bad_option';

/** What is reported and not repaired in silence. */
export type OddityCode =
  | 'strategy_block_absent'
  | 'outer_differs'
  | 'symbol_missing'
  | 'timeframe_label'
  | 'timeframe_rounded'
  | 'timeframe_defaulted'
  | 'indicator_type_assumed'
  | 'periods_derived'
  | 'short_not_below_long'
  | 'zero_period'
  | 'zero_distance'
  | 'volume_defaulted'
  | 'filter_without_parameters'
  | 'entry_uses_undeclared_sma'
  | 'test_name'
  | 'rank_disagrees'
  | 'hash_missing'
  | 'hash_of_other_logic'
  | 'oos_zero'
  | 'oos_equals_sharpe'
  | 'name_repeated'
  | 'name_of_other_logic'
  | 'claims_differ'
  | 'line_repeated';

export type AnomalyCode = QuarantineCode | OddityCode;

export interface Anomaly {
  readonly code: AnomalyCode;
  readonly severity: Severity;
  /** What was found and what was expected or assumed, for people. */
  readonly message: string;
}

export const info = (code: OddityCode, message: string): Anomaly => ({ code, severity: 'info', message });
export const warning = (code: OddityCode, message: string): Anomaly => ({
  code,
  severity: 'warning',
  message,
});

/** Thrown inside this folder alone, and caught for each line: the line is quarantined and the next one read. */
export class Quarantine extends Error {
  override readonly name = 'Quarantine';
  readonly anomaly: Anomaly;

  constructor(code: QuarantineCode, found: string, expected: string) {
    const message = `${code}: found ${found}, expected ${expected}`;
    super(message);
    this.anomaly = { code, severity: 'error', message };
  }
}
