export { allocateCandles, candleBytes, viewCandles, type Candles } from './candles.js';
export { contentHash } from './content-hash.js';
export { decodeCandleCsv, gateDefaults, type CandleGateOptions } from './decode-csv.js';
export { encodeCandleCsv } from './encode-csv.js';
export { checkCandleFileName, confirmTimeframe, type CandleFileName } from './file-name.js';
export { cutWindows, windowDefaults, type CandleWindow, type WindowRule } from './windows.js';
export type {
  CandleAcceptance,
  CandleRefusal,
  CandleRefusalReason,
  CandleVerdict,
  CandleWarning,
} from './verdict.js';
