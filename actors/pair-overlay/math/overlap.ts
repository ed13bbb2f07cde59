import type { Series } from './series.js';

/**
 * How much of the longer of two windows the other one shares with it, 0 to 1. Each leg has its own newest trades, and two
 * windows of different years say nothing of how the legs move together. By the longer one, because a month within ten
 * years is no overlap to speak of.
 */
export function overlapOf({ timesS: a }: Series, { timesS: b }: Series): number {
  const [firstA, lastA, firstB, lastB] = [a[0], a[a.length - 1], b[0], b[b.length - 1]];
  if (firstA === undefined || lastA === undefined || firstB === undefined || lastB === undefined) return 0;
  const longer = Math.max(lastA - firstA, lastB - firstB);
  const shared = Math.min(lastA, lastB) - Math.max(firstA, firstB);
  if (shared < 0) return 0;
  return longer === 0 ? 1 : shared / longer;
}
