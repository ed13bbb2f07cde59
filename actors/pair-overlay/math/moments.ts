import type { Merged } from './merge.js';

type Values = Merged['x'];

export function meanOf(values: Values, count: number): number {
  let sum = 0;
  for (let at = 0; at < count; at += 1) sum += values[at] ?? 0;
  return count === 0 ? 0 : sum / count;
}

/** Population variance; 0 for nothing. */
export function varianceOf(values: Values, count: number): number {
  const mean = meanOf(values, count);
  let sum = 0;
  for (let at = 0; at < count; at += 1) {
    const distance = (values[at] ?? 0) - mean;
    sum += distance * distance;
  }
  return count === 0 ? 0 : sum / count;
}

export interface Moments {
  readonly sdX: number;
  readonly sdY: number;
  /** Pearson's r. 0 when there is nothing, or when a leg does not move at all: the flaw that strict mode shuts out. */
  readonly correlation: number;
}

/** Both standard deviations (population) and the correlation of a merged pair (domain 4.5). */
export function momentsOf({ points, x, y }: Merged): Moments {
  const meanX = meanOf(x, points);
  const meanY = meanOf(y, points);
  let squaresX = 0;
  let squaresY = 0;
  let products = 0;
  for (let at = 0; at < points; at += 1) {
    const dx = (x[at] ?? 0) - meanX;
    const dy = (y[at] ?? 0) - meanY;
    squaresX += dx * dx;
    squaresY += dy * dy;
    products += dx * dy;
  }
  return {
    sdX: points === 0 ? 0 : Math.sqrt(squaresX / points),
    sdY: points === 0 ? 0 : Math.sqrt(squaresY / points),
    correlation: squaresX === 0 || squaresY === 0 ? 0 : products / Math.sqrt(squaresX * squaresY),
  };
}
