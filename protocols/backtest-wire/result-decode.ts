import { asInteger, asNumber, asText, fields, foundText, type Fields, type Sexp } from '../sexp/index.js';
import { classifyFailure } from './failures.js';
import { label, lineOrNull } from './field-types.js';
import { readFrame, wireError, type DecodeOptions, type Decoded, type WireError } from './frame.js';
import { idOrNull } from './request-decode.js';
import {
  figureKeys,
  type BacktestFailed,
  type BacktestOk,
  type BacktestResult,
  type RawFigures,
  type ResultFigures,
  type TradeColumns,
  type UsedRange,
} from './result.js';
import { readTrades } from './trade-list.js';

/**
 * Reads a BACKTEST_RESULT or ERROR answer of Guardian, the Service or our own engine. Never throws.
 *
 * Every shape that a sender uses is taken: `type` as string or symbol in any case, `result` dotted or with Guardian's
 * extra list, flat or wrapped trades, infinities as words or strings, JSON. Answers of another type are `wrong_type`.
 */
export function decodeBacktestResult(
  frame: Uint8Array | string,
  options: DecodeOptions = {},
): Decoded<BacktestResult> {
  const read = readFrame(frame, options);
  if (!read.ok) return read;
  const message = fields(read.value);
  if (!message.ok) return wireError('bad_sexp', null, message.error.expected, message.error.found);
  const type = messageType(message.fields.get('type'));
  if (type !== 'backtest-result' && type !== 'error') {
    return wireError('wrong_type', 'type', 'BACKTEST_RESULT or ERROR', type ?? 'none');
  }
  const nested = fields(message.fields.get('result') ?? noFields);
  if (!nested.ok) return wireError('bad_field', 'result', nested.error.expected, nested.error.found);

  const answer = nested.fields;
  const sender = {
    requestId: idOrNull(answer.get('request_id')) ?? idOrNull(message.fields.get('request_id')),
    strategyName: nameOrNull(answer.get('strategy_name')),
  };
  const failed = failureOf(type, message.fields, answer);
  if (failed !== null) return { ok: true, value: { kind: 'failed', ...sender, ...failed }, warnings: [] };
  const figures = readFigures(answer);
  const trades = readTradeField(answer.get('trade_list'));
  const error = figures.error ?? trades.error;
  if (error !== null) return { ok: false, error: { ...error, ...sender } };
  const ok: BacktestOk = {
    kind: 'ok',
    ...sender,
    figures: figures.value,
    raw: figures.raw,
    trades: trades.value,
    range: readRange(answer),
  };
  return { ok: true, value: ok, warnings: [] };
}

const noFields: Sexp = { kind: 'list', items: [], tail: null };

/** `BACKTEST_RESULT`, `"backtest-result"` and `:Backtest-Result` are one type. */
function messageType(field: Sexp | undefined): string | null {
  const typed = asText(field);
  return typed.ok ? typed.value.trim().toLowerCase().replaceAll('_', '-').slice(0, 40) : null;
}

/** `NIL` is what Lisp prints for no name. */
function nameOrNull(field: Sexp | undefined): string | null {
  const name = lineOrNull(field);
  return name?.toUpperCase() === 'NIL' ? null : name;
}

function failureOf(
  type: string,
  message: Fields,
  answer: Fields,
): Pick<BacktestFailed, 'code' | 'message'> | null {
  const error = answer.get('error') ?? message.get('error');
  const text = asText(error);
  const denied = error?.kind === 'boolean' && !error.value;
  const saysError = error !== undefined && !denied && (text.ok || text.reason !== 'absent');
  const code = asText(answer.get('error_code') ?? message.get('error_code'));
  if (saysError || code.ok || type === 'error') {
    const said = text.ok ? text.value : saysError ? foundText(error) : 'an error without a text';
    return classifyFailure(said, code.ok ? code.value : null);
  }
  // Every engine counts its trades; an answer that does not is no measurement, and must not look like one.
  const trades = answer.get('trades');
  if (asInteger(trades).ok) return null;
  return { code: 'no_figures', message: `the answer has no trade count but ${foundText(trades)}` };
}

type Checked<T> = { readonly value: T; readonly error: WireError | null };

function readFigures(answer: Fields): Checked<ResultFigures> & { readonly raw: RawFigures } {
  const raw: Partial<Record<string, number | string>> = {};
  const figures: Partial<Record<string, number | null>> = {};
  let error: WireError | null = null;
  for (const [wire, ours] of figureKeys) {
    const field = answer.get(wire);
    const typed = asNumber(field);
    figures[ours] = typed.ok ? typed.value : null;
    if (typed.ok) raw[wire] = typed.value;
    else if (typed.reason === 'not_finite') raw[wire] = nonFiniteWord(field);
    else if (typed.reason !== 'absent') error ??= wireError('bad_field', wire, 'a number', typed.found).error;
  }
  const value = unknownWithoutTrades(figures);
  if (value.trades < 0) error ??= wireError('bad_field', 'trades', 'a count', String(value.trades)).error;
  return { value, raw, error };
}

function unknownWithoutTrades(found: Partial<Record<string, number | null>>): ResultFigures {
  const trades = found['trades'] ?? 0;
  const measured = (key: keyof ResultFigures): number | null => (trades === 0 ? null : (found[key] ?? null));
  return {
    trades,
    wins: found['wins'] ?? null,
    losses: found['losses'] ?? null,
    pnl: found['pnl'] ?? null,
    sharpe: measured('sharpe'),
    sortino: measured('sortino'),
    maxDrawdown: measured('maxDrawdown'),
    winRatePercent: measured('winRatePercent'),
    profitFactor: measured('profitFactor'),
    adjustedSharpe: measured('adjustedSharpe'),
    sharpeCiLower: measured('sharpeCiLower'),
  };
}

/** One spelling for the six in use. */
function nonFiniteWord(field: Sexp | undefined): string {
  const typed = asText(field);
  const word = typed.ok ? typed.value.trim().toLowerCase() : 'inf';
  if (word.includes('nan')) return 'nan';
  return word.startsWith('-') ? '-inf' : 'inf';
}

function readTradeField(field: Sexp | undefined): Checked<TradeColumns | null> {
  if (field === undefined || (field.kind === 'symbol' && !asText(field).ok))
    return { value: null, error: null };
  const trades = readTrades(field);
  if (trades.ok) return { value: trades.value, error: null };
  return { value: null, error: wireError('bad_field', 'trade_list', 'trades', trades.found).error };
}

/** All four or nothing: half a range proves nothing about the bars used. */
function readRange(answer: Fields): UsedRange | null {
  const firstS = asInteger(answer.get('used_first_s'));
  const lastS = asInteger(answer.get('used_last_s'));
  const bars = asInteger(answer.get('used_bars'));
  const dataHash = label.read(answer.get('data_hash'));
  if (!firstS.ok || !lastS.ok || !bars.ok || !dataHash.ok) return null;
  return { firstS: firstS.value, lastS: lastS.value, bars: bars.value, dataHash: dataHash.value };
}
