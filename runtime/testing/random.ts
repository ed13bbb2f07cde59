import type { Random } from '../../actors/kernel/capabilities.js';

/**
 * Numbers in [0, 1) that the seed decides, so that what was drawn once can be drawn again.
 *
 * Mulberry32: 32 bits of state, even enough for schedules and faults, not for statistics or secrets.
 * @param seed any whole number; only its lowest 32 bits count
 */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
