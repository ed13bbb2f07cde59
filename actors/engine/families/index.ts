import type { Family } from './family.js';
import { rsi } from './rsi.js';
import { sma } from './sma.js';

/** The indicators this engine computes, by their name on the wire. A further one is one file and one line here. */
export const families: ReadonlyMap<string, Family> = new Map([
  ['sma', sma],
  ['ema', sma],
  ['rsi', rsi],
]);
