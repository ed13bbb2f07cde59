import type { Series } from './series.js';

/** Two legs on one time axis. The arrays are longer than `points`: they are used again for the next pair. */
export interface Merged {
  points: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
}

export const mergedRoom = (pointsMax: number): Merged => ({
  points: 0,
  x: new Float64Array(pointsMax),
  y: new Float64Array(pointsMax),
});

/** The sorted union of both time axes; a leg that closed nothing at a moment has 0 there (domain 4.4). */
export function mergeInto(room: Merged, a: Series, b: Series): Merged {
  const { timesS: left } = a;
  const { timesS: right } = b;
  let points = 0;
  for (let i = 0, j = 0; i < left.length || j < right.length; points += 1) {
    const atLeft = i < left.length ? (left[i] ?? Infinity) : Infinity;
    const atRight = j < right.length ? (right[j] ?? Infinity) : Infinity;
    room.x[points] = atLeft <= atRight ? (a.pnl[i] ?? 0) : 0;
    room.y[points] = atRight <= atLeft ? (b.pnl[j] ?? 0) : 0;
    if (atLeft <= atRight) i += 1;
    if (atRight <= atLeft) j += 1;
  }
  room.points = points;
  return room;
}

export const merge = (a: Series, b: Series): Merged =>
  mergeInto(mergedRoom(a.timesS.length + b.timesS.length), a, b);
