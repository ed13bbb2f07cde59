import {
  decodeBacktestRequest,
  describeWireError,
  encodeBacktestResult,
  type BacktestAnswer,
  type BacktestRequest,
  type EngineFigures,
  type ResultEncodeOptions,
  type UsedRange,
  type WireError,
} from '../../protocols/backtest-wire/index.js';
import type { CandleLoad, CandleStore } from './candle-store.js';
import { families } from './families/index.js';
import type { Figures } from './figures.js';
import { inlineCandles } from './inline-candles.js';
import { runBacktest, unsupportedIndicator, type EngineRequest, type EngineSuccess } from './run-backtest.js';
import { seededRandom } from './seeded-random.js';

export interface AnswerDeps {
  readonly candles: Pick<CandleStore, 'load'>;
  readonly encode?: ResultEncodeOptions;
}

/**
 * One BACKTEST in, one BACKTEST_RESULT out, whatever the bytes: what cannot be tested is answered as a coded failure
 * and never with figures. A throw from here is a bug and ends the worker.
 * @returns one line without its end, in a buffer of its own that may be transferred
 */
export function answerBacktest(request: Uint8Array, deps: AnswerDeps): Uint8Array<ArrayBuffer> {
  const decoded = decodeBacktestRequest(request);
  const answer = decoded.ok ? answerRequest(decoded.value, deps) : unreadable(decoded.error);
  return new TextEncoder().encode(encodeBacktestResult(answer, deps.encode));
}

function answerRequest(request: BacktestRequest, deps: AnswerDeps): BacktestAnswer {
  const sender = { requestId: request.requestId, strategyName: request.strategy.name };
  const failed = (code: string, message: string): BacktestAnswer => ({
    kind: 'failed',
    ...sender,
    code,
    message,
  });
  // Before the candles, for a large file is not worth reading to refuse the indicator.
  const { indicatorType } = request.strategy;
  if (!families.has(indicatorType)) {
    const { code, message } = unsupportedIndicator(indicatorType);
    return failed(code, message);
  }
  const load = loadCandles(request, deps);
  if (!load.ok) return failed(load.code, load.message);
  const random = seededRandom(`${request.strategy.name}/${load.contentHash}`);
  const outcome = runBacktest(load.candles, engineRequest(request), random);
  if (!outcome.ok) return failed(outcome.code, outcome.message);
  return {
    kind: 'ok',
    ...sender,
    figures: wireFigures(outcome.figures),
    trades: outcome.trades ?? undefined,
    range: usedRange(outcome, load.contentHash),
  };
}

type NoCandles = { readonly ok: false; readonly code: 'no_candles'; readonly message: string };

/** A file wins over inline candles, as in Guardian. */
function loadCandles({ candlesFile, candles }: BacktestRequest, deps: AnswerDeps): CandleLoad | NoCandles {
  if (candlesFile !== undefined) return deps.candles.load(candlesFile);
  if (candles !== undefined) return inlineCandles(candles);
  return { ok: false, code: 'no_candles', message: 'expected candles_file or candles, found neither' };
}

/** What Guardian assumes for a strategy that does not say. */
const atrPeriodAssumed = 14;

function engineRequest({ strategy, ...request }: BacktestRequest): EngineRequest {
  return {
    indicatorType: strategy.indicatorType,
    smaShort: strategy.smaShort,
    smaLong: strategy.smaLong,
    sl: strategy.sl,
    tp: strategy.tp,
    atrPeriod: strategy.atrPeriod ?? atrPeriodAssumed,
    atrBarrierSl: strategy.atrBarrierSl ?? 0,
    atrBarrierTp: strategy.atrBarrierTp ?? 0,
    timeframeMinutes: request.timeframeMinutes,
    swapRates: request.swapHistory ?? [],
    includeTrades: request.includeTrades,
  };
}

function wireFigures(figures: Figures): EngineFigures {
  return {
    trades: figures.trades,
    wins: figures.wins,
    losses: figures.losses,
    pnl: figures.pnl,
    sharpe: figures.sharpe,
    sortino: figures.sortino,
    max_drawdown: figures.maxDrawdown,
    win_rate: figures.winRate,
    profit_factor: figures.profitFactor,
    adjusted_sharpe: figures.adjustedSharpe,
    sharpe_ci_lower: figures.sharpeCiLower,
  };
}

const usedRange = (outcome: EngineSuccess, dataHash: string): UsedRange => ({
  firstS: outcome.usedFirstS,
  lastS: outcome.usedLastS,
  bars: outcome.usedBars,
  dataHash,
});

function unreadable(error: WireError): BacktestAnswer {
  const { requestId, strategyName } = error;
  const kept = error.code === 'unsupported_field' || error.code === 'missing_request_id';
  const code = kept ? error.code : 'bad_request';
  return { kind: 'failed', requestId, strategyName, code, message: describeWireError(error) };
}
