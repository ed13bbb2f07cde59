import { figuresOf, scoreOf } from './figures.js';
import type { Figures } from './figures.js';
import { mergedRoom, mergeInto } from './merge.js';
import type { Merged } from './merge.js';
import { momentsOf } from './moments.js';
import type { Moments } from './moments.js';
import { overlapOf } from './overlap.js';
import type { Series } from './series.js';
import { inverseVolatility } from './weights.js';

/** All that is known of two legs together. */
export interface PairFigures extends Figures {
  /** Points of the common time axis. */
  readonly points: number;
  readonly correlation: number;
  readonly weightA: number;
  readonly weightB: number;
  readonly score: number;
  /** See `overlapOf`. */
  readonly overlap: number;
}

/** Room for pairs of series of up to `pointsMax` points each, so that half a million pairs allocate nothing. */
export class PairBench {
  readonly #room: Merged;
  readonly #composite: Float64Array;

  constructor(pointsMax: number) {
    this.#room = mergedRoom(2 * pointsMax);
    this.#composite = new Float64Array(2 * pointsMax);
  }

  evaluate(a: Series, b: Series): PairFigures {
    mergeInto(this.#room, a, b);
    return this.#figures(a, b, momentsOf(this.#room));
  }

  /** Null when the legs are correlated more than that, which spares the rest. */
  evaluateWithin(a: Series, b: Series, correlationMax: number): PairFigures | null {
    mergeInto(this.#room, a, b);
    const moments = momentsOf(this.#room);
    return Math.abs(moments.correlation) <= correlationMax ? this.#figures(a, b, moments) : null;
  }

  #figures(a: Series, b: Series, { sdX, sdY, correlation }: Moments): PairFigures {
    const { points, x, y } = this.#room;
    const weights = inverseVolatility(sdX, sdY);
    const composite = this.#composite;
    for (let at = 0; at < points; at += 1)
      composite[at] = weights.a * (x[at] ?? 0) + weights.b * (y[at] ?? 0);
    const figures = figuresOf(composite, points);
    return {
      ...figures,
      points,
      correlation,
      weightA: weights.a,
      weightB: weights.b,
      score: scoreOf(figures),
      overlap: overlapOf(a, b),
    };
  }
}

export const evaluatePair = (a: Series, b: Series): PairFigures =>
  new PairBench(Math.max(a.timesS.length, b.timesS.length)).evaluate(a, b);
