/**
 * What a worker does for a refresh: reads trades, decides who is a leg, meets legs with each other. Only figures leave
 * it, never trades. Each request is one slice and stands for itself, so that a worker that died is replaced by any other.
 */
import { figuresOf, scoreOf } from './math/figures.js';
import { PairBench } from './math/evaluate-pair.js';
import { readLeg } from './math/eligibility.js';
import type { Exclusion, LegReading, LegRules } from './math/eligibility.js';
import type { PairRules } from './math/rules.js';
import { selectRows } from './math/selection.js';
import type { Leg, Selection } from './math/selection.js';
import type { TradeColumns } from './math/series.js';

/** A list that core has accepted: `count` is what its receipt says. */
export interface ListRef {
  readonly attemptId: string;
  readonly count: number;
}

/** A strategy of the pool, with the lists that each question is about. */
export interface PoolMember {
  readonly strategyId: string;
  readonly name: string;
  readonly group: string;
  /** What pairs are selected by. */
  readonly selection: readonly ListRef[];
  readonly oos: readonly ListRef[];
  readonly cpcv: readonly ListRef[];
}

export type EvaluationRequest =
  | { readonly type: 'read_legs'; readonly rules: PairRules; readonly members: readonly PoolMember[] }
  | {
      readonly type: 'select_rows';
      readonly rules: PairRules;
      /** Says which `legsJson` it is, so that it is read once. */
      readonly key: string;
      /** All legs, in the order of the pool, as `PoolMember`s; as a text it crosses without being walked through. */
      readonly legsJson: string;
      readonly from: number;
      readonly to: number;
    }
  | {
      readonly type: 'gate_pairs';
      readonly rules: PairRules;
      readonly pairs: readonly { readonly a: PoolMember; readonly b: PoolMember }[];
    };

/** One strategy of the pool, on its own. */
export interface LegFinding {
  readonly strategyId: string;
  readonly exclusion: Exclusion | null;
  readonly trades: number;
  readonly variance: number;
  /** By its own points, as a pair's is by its own: the scale on which they are compared. */
  readonly score: number;
}

/** Composite Sharpe of the legs' other trades; null when a leg has too few of them. */
export interface PairGates {
  readonly oosSharpe: number | null;
  readonly cpcvSharpe: number | null;
}

export type EvaluationAnswer = readonly LegFinding[] | Selection | readonly PairGates[];

/** @returns null when the list is not there, is not what its receipt says, or is longer than may be read */
export type ReadList = (list: ListRef) => TradeColumns | null;

/** Series that are kept between slices: more than a thousand legs have. */
const keptMax = 4_000;

export class Evaluation {
  readonly #readList: ReadList;
  readonly #readings = new Map<string, LegReading>();
  #legs: { readonly key: string; readonly members: readonly PoolMember[] } = { key: '', members: [] };

  constructor(readList: ReadList) {
    this.#readList = readList;
  }

  answer(request: EvaluationRequest): EvaluationAnswer {
    switch (request.type) {
      case 'read_legs':
        return request.members.map((member) => this.finding(member, request.rules));
      case 'select_rows': {
        const { rules, from, to } = request;
        const legs = this.#legsOf(request).map((member) => this.#leg(member, rules));
        return selectRows(legs, { from, to }, rules.selection, new PairBench(rules.leg.windowTrades));
      }
      case 'gate_pairs':
        return request.pairs.map(({ a, b }) => ({
          oosSharpe: this.#gate(a.oos, b.oos, request.rules),
          cpcvSharpe: this.#gate(a.cpcv, b.cpcv, request.rules),
        }));
    }
  }

  finding(member: PoolMember, rules: PairRules): LegFinding {
    const { exclusion, trades, variance, series } = this.reading(member.selection, rules.leg);
    const { strategyId } = member;
    return { strategyId, exclusion, trades, variance, score: scoreOf(figuresOf(series.pnl)) };
  }

  reading(lists: readonly ListRef[], rules: LegRules): LegReading {
    const key = JSON.stringify([rules, lists]);
    const known = this.#readings.get(key);
    if (known !== undefined) return known;
    if (this.#readings.size >= keptMax) this.#readings.clear();
    const trades = this.#tradesOf(lists);
    const none = { exitS: new Float64Array(), pnl: new Float64Array() };
    const reading =
      trades === null
        ? { ...readLeg(none, rules), exclusion: 'list_unusable' as const }
        : readLeg(trades, rules);
    this.#readings.set(key, reading);
    return reading;
  }

  #tradesOf(lists: readonly ListRef[]): TradeColumns | null {
    const read = lists.filter(({ count }) => count > 0).map((list) => this.#readList(list));
    const columns = read.filter((one) => one !== null);
    if (columns.length < read.length) return null;
    return {
      exitS: Float64Array.from(columns.flatMap(({ exitS }) => Array.from(exitS))),
      pnl: Float64Array.from(columns.flatMap(({ pnl }) => Array.from(pnl))),
    };
  }

  #legsOf({ key, legsJson }: EvaluationRequest & { type: 'select_rows' }): readonly PoolMember[] {
    if (this.#legs.key !== key) this.#legs = { key, members: JSON.parse(legsJson) as readonly PoolMember[] };
    return this.#legs.members;
  }

  #leg({ strategyId, name, group, selection }: PoolMember, rules: PairRules): Leg {
    return { strategyId, name, group, series: this.reading(selection, rules.leg).series };
  }

  #gate(a: readonly ListRef[], b: readonly ListRef[], rules: PairRules): number | null {
    const [left, right] = [this.reading(a, rules.leg), this.reading(b, rules.leg)];
    if (left.trades < rules.leg.tradesMin || right.trades < rules.leg.tradesMin) return null;
    return new PairBench(rules.leg.windowTrades).evaluate(left.series, right.series).sharpe;
  }
}
