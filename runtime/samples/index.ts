/** Seeded, synthetic candles and strategies for a first run. */
export { sampleCandles, type SampleCandles } from './markets.js';
export { sampleStrategyLines } from './strategies.js';
export {
  sampleSeed,
  sampleVersion,
  writeSamples,
  type SampleFiles,
  type SampleOptions,
  type SampleRefusal,
  type Samples,
} from './write-samples.js';
