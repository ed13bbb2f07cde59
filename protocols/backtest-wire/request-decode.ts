import { fields, isNilName, normaliseKey, type Fields, type Sexp, type Typed } from '../sexp/index.js';
import { timeframeMinutes } from '../timeframe.js';
import { readCandles, readSwapHistory, recordsType } from './candle-records.js';
import { FieldReader, type FieldType } from './field-reader.js';
import { count, flag, integer, label, line, lineOrNull, number } from './field-types.js';
import {
  readFrame,
  wireError,
  type DecodeOptions,
  type Decoded,
  type WireError,
  type WireWarning,
} from './frame.js';
import { defaultIndicatorType, defaultVolume, type BacktestRequest, type WireStrategy } from './request.js';

const candleList = recordsType('a list of candles with t and c', readCandles);
const swapList = recordsType('a list of records with t, sl and ss', readSwapHistory);

/**
 * Reads a BACKTEST request from foreign bytes, in the spelling of any of Swimmy's senders. Never throws.
 *
 * An unknown indicator is kept as it is, so that the engine can refuse it by name. What would change the figures and
 * is not supported here (`entry_long_ast`, an active multi-timeframe filter) is refused, not passed over.
 */
export function decodeBacktestRequest(
  frame: Uint8Array | string,
  options: DecodeOptions = {},
): Decoded<BacktestRequest> {
  const read = readFrame(frame, options);
  if (!read.ok) return read;
  const message = fields(read.value);
  if (!message.ok) return wireError('bad_sexp', null, message.error.expected, message.error.found);
  const strategy = fields(message.fields.get('strategy') ?? noFields);
  const decoded = decodeFields(message.fields, strategy.ok ? strategy.fields : new Map<string, Sexp>());
  const refused = strategy.ok
    ? decoded
    : wireError('bad_field', 'strategy', strategy.error.expected, strategy.error.found);
  if (refused.ok) return refused;
  const error: WireError = {
    ...refused.error,
    requestId: idOrNull(message.fields.get('request_id')),
    strategyName: strategy.ok ? lineOrNull(strategy.fields.get('name')) : null,
  };
  return { ok: false, error };
}

const noFields: Sexp = { kind: 'list', items: [], tail: null };

function decodeFields(message: Fields, strategy: Fields): Decoded<BacktestRequest> {
  const warnings: WireWarning[] = [];
  const read = new FieldReader(message);
  const action = read.required('action', label, '');
  if (action.trim().toUpperCase() !== 'BACKTEST') {
    return wireError('wrong_type', 'action', 'BACKTEST', action === '' ? 'none' : action.slice(0, 40));
  }
  const requestId = idOrNull(message.get('request_id'));
  if (requestId === null) return wireError('missing_request_id', 'request_id', label.expected, 'none');

  const ownFields = new FieldReader(strategy, 'strategy.');
  const value: BacktestRequest = {
    requestId,
    strategy: decodeStrategy(ownFields, warnings),
    symbol: read.optional('symbol', label),
    timeframeMinutes: read.optional('timeframe', minutesType(warnings)) ?? 1,
    candlesFile: read.optional('candles_file', label),
    candles: read.optional('candles', candleList),
    swapHistory: read.optional('swap_history', swapList),
    includeTrades: read.optional('include_trades', flag) ?? false,
    dataId: read.optional('data_id', label),
    startTimeS: read.optional('start_time', integer),
    endTimeS: read.optional('end_time', integer),
    phase: read.optional('phase', label),
    rangeId: read.optional('range_id', label),
  };
  refuseUnsupported(message, ownFields, value.strategy, warnings);
  const problem = read.problem ?? ownFields.problem;
  if (problem !== null) return wireError(problem.code, problem.field, problem.expected, problem.found);
  return { ok: true, value, warnings };
}

function decodeStrategy(read: FieldReader, warnings: WireWarning[]): WireStrategy {
  return {
    name: read.required('name', label, ''),
    smaShort: read.required('sma_short', count, 0),
    smaLong: read.required('sma_long', count, 0),
    sl: read.required('sl', number, 0),
    tp: read.required('tp', number, 0),
    volume: read.optional('volume', number) ?? noVolume(warnings),
    indicatorType: (read.optional('indicator_type', label) ?? defaultIndicatorType).trim().toLowerCase(),
    filterEnabled: read.optional('filter_enabled', flag),
    filterTf: read.optional('filter_tf', line),
    filterPeriod: read.optional('filter_period', count),
    filterLogic: read.optional('filter_logic', line),
    bandMult: read.optional('band_mult', number),
    atrPeriod: read.optional('atr_period', count),
    atrBarrierSl: read.optional('atr_barrier_sl', number),
    atrBarrierTp: read.optional('atr_barrier_tp', number),
  };
}

/** 2,376 stored strategies have an empty list for their volume, and Swimmy's sanitiser does the same. */
function noVolume(warnings: WireWarning[]): number {
  warnings.push({
    code: 'volume_defaulted',
    field: 'strategy.volume',
    detail: `${defaultVolume} put for none`,
  });
  return defaultVolume;
}

/** Minutes; a label such as H1 is converted and reported, because Guardian itself would refuse it. */
function minutesType(warnings: WireWarning[]): FieldType<number> {
  return {
    expected: 'minutes from 0, or a label such as H1',
    read: (field): Typed<number> => {
      const minutes = count.read(field);
      if (minutes.ok || minutes.reason === 'absent') return minutes;
      const written = line.read(field);
      const converted = written.ok ? timeframeMinutes(written.value) : null;
      if (!written.ok || converted === null) return minutes;
      warnings.push({
        code: 'label_converted',
        field: 'timeframe',
        detail: `${written.value} read as ${converted} minutes`,
      });
      return { ok: true, value: converted };
    },
  };
}

function refuseUnsupported(
  message: Fields,
  strategy: FieldReader,
  wanted: WireStrategy,
  warnings: WireWarning[],
): void {
  for (const key of ['entry_long_ast', 'entry_short_ast']) {
    if (isGiven(strategy.fields.get(key)))
      strategy.refuse('unsupported_field', key, 'an indicator', 'an expression');
  }
  // Guardian passes over exit expressions that come without an entry expression.
  for (const key of ['exit_long_ast', 'exit_short_ast']) {
    if (!isGiven(strategy.fields.get(key))) continue;
    warnings.push({ code: 'ignored_field', field: `strategy.${key}`, detail: 'without an entry expression' });
  }
  const auxiliary = message.get('aux_candles');
  if (!isGiven(auxiliary)) return;
  if (filterIsActive(wanted, auxiliary)) {
    strategy.refuse('unsupported_field', 'filter_enabled', 'no filter on aux_candles', `${wanted.filterTf}`);
  } else {
    warnings.push({ code: 'ignored_field', field: 'aux_candles', detail: 'no filter that looks at them' });
  }
}

/** Guardian filters only when it is told to and has candles under exactly the filter's label. */
function filterIsActive(
  { filterEnabled = false, filterTf = '' }: WireStrategy,
  auxiliary: Sexp | undefined,
): boolean {
  if (!filterEnabled || auxiliary === undefined) return false;
  const byLabel = fields(auxiliary);
  return !byLabel.ok || byLabel.fields.has(normaliseKey(filterTf.trim()));
}

function isGiven(field: Sexp | undefined): boolean {
  if (field === undefined) return false;
  if (field.kind === 'symbol') return !isNilName(field.name);
  return field.kind !== 'list' || field.items.length > 0;
}

/** `MISSING` is what the Service answers to a request without an id: it is nobody's. */
export function idOrNull(field: Sexp | undefined): string | null {
  const id = lineOrNull(field);
  return id === 'MISSING' ? null : id;
}
