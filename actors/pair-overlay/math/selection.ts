import { compareCodePoints } from './code-points.js';
import type { PairBench, PairFigures } from './evaluate-pair.js';
import { overlapOf } from './overlap.js';
import type { Series } from './series.js';

export interface Leg {
  readonly strategyId: string;
  readonly name: string;
  readonly group: string;
  readonly series: Series;
}

export interface SelectionRules {
  /** Pairs at most so correlated are taken first. */
  readonly correlationMax: number;
  /** With fewer than `pairsMax` of those, pairs up to here are taken as well. */
  readonly rescueCorrelationMax: number;
  readonly pairsMax: number;
  /** Strict: both legs are of one group. Else every leg meets every other. */
  readonly sameGroup: boolean;
  /** Least overlap of the two windows; null asks for none. */
  readonly overlapMin: number | null;
  /** Among equal scores: the pair met first, or the one met last as Swimmy does. */
  readonly ties: 'first_met' | 'last_met';
}

export interface KeptPair {
  /** The leg with the smaller name. */
  readonly a: string;
  readonly b: string;
  /** Where it was met: ties are broken by it. */
  readonly met: number;
  readonly rescued: boolean;
  readonly figures: PairFigures;
}

/** What came of a part of the pairs, or of all. Sums of parts are the whole, whatever the parts. */
export interface Selection {
  /** Pairs whose correlation was computed. */
  readonly tested: number;
  readonly overlapTooSmall: number;
  readonly tooCorrelated: number;
  readonly strict: number;
  /** Within the rescue limit only; whether they count is known at the end. */
  readonly rescuable: number;
  /** The best, at most `pairsMax` of each. */
  readonly bestStrict: readonly KeptPair[];
  readonly bestRescuable: readonly KeptPair[];
}

export const nothingSelected: Selection = {
  tested: 0,
  overlapTooSmall: 0,
  tooCorrelated: 0,
  strict: 0,
  rescuable: 0,
  bestStrict: [],
  bestRescuable: [],
};

/** Meets legs `from` to `to` (exclusive) with every later leg. */
export function selectRows(
  legs: readonly Leg[],
  { from, to }: { readonly from: number; readonly to: number },
  rules: SelectionRules,
  bench: PairBench,
): Selection {
  let { tested, overlapTooSmall, tooCorrelated, strict, rescuable } = nothingSelected;
  const bestStrict = new Best(rules);
  const bestRescuable = new Best(rules);
  const correlationMax = Math.max(rules.correlationMax, rules.rescueCorrelationMax);
  for (let row = from; row < Math.min(to, legs.length); row += 1) {
    for (let column = row + 1; column < legs.length; column += 1) {
      const [first, second] = [legs[row], legs[column]];
      if (first === undefined || second === undefined || !mayMeet(first, second, rules)) continue;
      const [a, b] = compareLegs(first, second) < 0 ? [first, second] : [second, first];
      if (rules.overlapMin !== null && overlapOf(a.series, b.series) < rules.overlapMin) {
        overlapTooSmall += 1;
        continue;
      }
      tested += 1;
      const figures = bench.evaluateWithin(a.series, b.series, correlationMax);
      if (figures === null) {
        tooCorrelated += 1;
        continue;
      }
      const rescued = Math.abs(figures.correlation) > rules.correlationMax;
      const met = row * legs.length + column;
      const pair = { a: a.strategyId, b: b.strategyId, met, rescued, figures };
      if (rescued) rescuable += 1;
      else strict += 1;
      (rescued ? bestRescuable : bestStrict).offer(pair);
    }
  }
  const counts = { tested, overlapTooSmall, tooCorrelated, strict, rescuable };
  return { ...counts, bestStrict: bestStrict.pairs, bestRescuable: bestRescuable.pairs };
}

export function addSelections(one: Selection, other: Selection, rules: SelectionRules): Selection {
  return {
    tested: one.tested + other.tested,
    overlapTooSmall: one.overlapTooSmall + other.overlapTooSmall,
    tooCorrelated: one.tooCorrelated + other.tooCorrelated,
    strict: one.strict + other.strict,
    rescuable: one.rescuable + other.rescuable,
    bestStrict: Best.of(rules, [...one.bestStrict, ...other.bestStrict]),
    bestRescuable: Best.of(rules, [...one.bestRescuable, ...other.bestRescuable]),
  };
}

/** The pairs of a refresh, best first (domain 4.6): top-k by score, so that one leg may be in several. */
export function chosenPairs(selection: Selection, rules: SelectionRules): readonly KeptPair[] {
  const { strict, bestStrict, bestRescuable } = selection;
  const rescue = strict < rules.pairsMax ? bestRescuable : [];
  return Best.of(rules, [...bestStrict, ...rescue]);
}

const mayMeet = (first: Leg, second: Leg, { sameGroup }: SelectionRules): boolean =>
  sameGroup ? first.group === second.group : first.name !== second.name;

const compareLegs = (first: Leg, second: Leg): number =>
  compareCodePoints(first.name, second.name) || compareCodePoints(first.strategyId, second.strategyId);

/** The best few of what it is offered. */
class Best {
  readonly #rules: SelectionRules;
  #pairs: KeptPair[] = [];

  constructor(rules: SelectionRules) {
    this.#rules = rules;
  }

  static of(rules: SelectionRules, pairs: readonly KeptPair[]): readonly KeptPair[] {
    return [...pairs].sort((one, other) => compare(rules, one, other)).slice(0, rules.pairsMax);
  }

  get pairs(): readonly KeptPair[] {
    return this.#pairs;
  }

  offer(pair: KeptPair): void {
    const { pairsMax } = this.#rules;
    const last = this.#pairs[pairsMax - 1];
    if (last !== undefined && compare(this.#rules, last, pair) < 0) return;
    this.#pairs = [...Best.of(this.#rules, [...this.#pairs, pair])];
  }
}

/** Rescued pairs are met after all others. */
function compare({ ties }: SelectionRules, one: KeptPair, other: KeptPair): number {
  const later = Number(one.rescued) - Number(other.rescued) || one.met - other.met;
  return other.figures.score - one.figures.score || (ties === 'first_met' ? later : -later);
}
