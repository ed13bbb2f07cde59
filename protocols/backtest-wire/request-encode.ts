import {
  alist,
  boolean,
  float,
  int,
  list,
  symbol,
  SexpWriteError,
  text,
  writeSexp,
  type Sexp,
} from '../sexp/index.js';
import { writeCandles, writeSwapHistory } from './candle-records.js';
import type { BacktestRequest, WireStrategy } from './request.js';

/**
 * One line that the Service passes on and that Guardian reads: the optional fields of Guardian's own type are lists of
 * one, booleans are `#t` and `#f`, the indicator is a bare word.
 *
 * @throws SexpWriteError for what cannot be said on the wire: a name with a control character, a number that is not
 * finite, a request id that the Service could not find again. Names are checked when they are imported.
 */
export function encodeBacktestRequest(request: BacktestRequest): string {
  checkCorrelation(request);
  return writeSexp(
    alist([
      ['action', text('BACKTEST')],
      ['strategy', strategyRecord(request.strategy)],
      ['request_id', text(request.requestId)],
      ['data_id', option(request.dataId, text)],
      ['candles_file', option(request.candlesFile, text)],
      ['symbol', given(request.symbol, text)],
      ['timeframe', option(request.timeframeMinutes, int)],
      ['start_time', option(request.startTimeS, int)],
      ['end_time', option(request.endTimeS, int)],
      ['phase', given(request.phase, text)],
      ['range_id', given(request.rangeId, text)],
      ['include_trades', request.includeTrades ? boolean(true) : undefined],
      ['swap_history', given(request.swapHistory, writeSwapHistory)],
      ['candles', given(request.candles, writeCandles)],
    ]),
  );
}

function strategyRecord(strategy: WireStrategy): Sexp {
  return alist([
    ['name', text(strategy.name)],
    ['sma_short', int(strategy.smaShort)],
    ['sma_long', int(strategy.smaLong)],
    ['sl', float(strategy.sl)],
    ['tp', float(strategy.tp)],
    ['volume', float(strategy.volume)],
    ['indicator_type', symbol(strategy.indicatorType)],
    ['filter_enabled', given(strategy.filterEnabled, boolean)],
    ['filter_tf', given(strategy.filterTf, text)],
    ['filter_period', given(strategy.filterPeriod, int)],
    ['filter_logic', given(strategy.filterLogic, text)],
    ['band_mult', given(strategy.bandMult, float)],
    ['atr_period', given(strategy.atrPeriod, int)],
    ['atr_barrier_sl', given(strategy.atrBarrierSl, float)],
    ['atr_barrier_tp', given(strategy.atrBarrierTp, float)],
  ]);
}

/** The Service finds the id by pattern, up to the next quote, and adds none to an answer that already says the word. */
function checkCorrelation({ requestId, strategy }: BacktestRequest): void {
  if (requestId === '' || requestId === 'MISSING' || /["\\]/.test(requestId)) {
    throw new SexpWriteError('not_expressible', 'a request id without quotes and backslashes', requestId);
  }
  if (strategy.name.includes('request_id')) {
    throw new SexpWriteError('not_expressible', 'a strategy name without the text request_id', strategy.name);
  }
}

function given<T>(value: T | undefined, write: (value: T) => Sexp): Sexp | undefined {
  return value === undefined ? undefined : write(value);
}

/** Guardian's option types: a list of one. */
function option<T>(value: T | undefined, write: (value: T) => Sexp): Sexp | undefined {
  return value === undefined ? undefined : list([write(value)]);
}
