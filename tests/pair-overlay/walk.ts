import { seededRandom } from '../../runtime/testing/random.js';
import type { Trade } from './trades.js';

/** Trades some hours apart, of a random walk with a drift. */
export function walk(seed: number, count: number, drift = 0.2, from = 1_700_000_000): readonly Trade[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, index) => [
    from + 3_600 * (index * 4 + Math.floor(random() * 4)),
    random() - 0.5 + drift,
  ]);
}
