/** BACKTEST and BACKTEST_RESULT on the wire: typed messages, and codecs that never trust the bytes. */
export {
  describeWireError,
  frameBytesMax,
  type Decoded,
  type DecodeOptions,
  type WireError,
  type WireErrorCode,
  type WireWarning,
} from './frame.js';
export {
  defaultIndicatorType,
  defaultVolume,
  type BacktestRequest,
  type SwapRecord,
  type WireCandles,
  type WireStrategy,
} from './request.js';
export { encodeBacktestRequest } from './request-encode.js';
export { decodeBacktestRequest } from './request-decode.js';
export {
  figureKeys,
  type BacktestFailed,
  type BacktestOk,
  type BacktestResult,
  type RawFigures,
  type ResultFigures,
  type TradeColumns,
  type UsedRange,
  type WireFigure,
} from './result.js';
export { decodeBacktestResult } from './result-decode.js';
export {
  encodeBacktestResult,
  type BacktestAnswer,
  type EngineFigures,
  type ResultEncodeOptions,
} from './result-encode.js';
export { classifyFailure, isBackendFailure, isRetryableFailure, type KnownFailureCode } from './failures.js';
