/** Names, messages and codecs, for programs that talk to Holdfast or read what it wrote. */
export * as backtestDispatch from './backtest-dispatch.js';
export * as backtestWire from './backtest-wire/index.js';
export * as candles from './candles/index.js';
export * as dbWrites from './db-writes.js';
export * as deadLetters from './dead-letters.js';
export * as operations from './operations.js';
export * as sexp from './sexp/index.js';
export * as strategies from './strategies/index.js';
export { name } from './name.js';
export type { AnswerTo, Name, Replies, ReplyOf } from './name.js';
export { summarySchema, summarySchemaName } from './summary.js';
export type { Percentiles, RequestCounts, Summary } from './summary.js';
export { timeframeLabel, timeframeMinutes } from './timeframe.js';
