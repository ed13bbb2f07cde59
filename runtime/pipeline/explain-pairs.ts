/** Why a pair is active or not: each gate with its value and its limit, computed from the files as they are now. */
import { Evaluation } from '../../actors/pair-overlay/evaluation.js';
import { evaluatePair } from '../../actors/pair-overlay/math/evaluate-pair.js';
import type { PairFigures } from '../../actors/pair-overlay/math/evaluate-pair.js';
import type { LegReading } from '../../actors/pair-overlay/math/eligibility.js';
import { pairIdOf } from '../../actors/pair-overlay/math/pair-id.js';
import { strictRules } from '../../actors/pair-overlay/math/rules.js';
import type { PairRules } from '../../actors/pair-overlay/math/rules.js';
import { memberOf, planOf } from '../../actors/pair-overlay/plan.js';
import type { Plan, PlannedMember } from '../../actors/pair-overlay/plan.js';
import type { PairCandidate, PairOverview } from '../../protocols/db-pairs.js';
import { StorageError } from '../../storage/errors.js';
import { openReadOnly } from '../../storage/reader/read-only.js';
import type { ReadOnlyStore } from '../../storage/reader/read-only.js';
import { listLimits, tradeLists } from '../../storage/reader/trade-lists.js';
import { nodeCapabilities } from '../node/capabilities.js';
import type { PairFiles } from './read-pairs.js';
import { startFailure } from './start-failure.js';

export interface Gate {
  readonly gate: string;
  readonly value: string;
  readonly limit: string;
  /** Null: not looked at, because an earlier gate is shut. */
  readonly passed: boolean | null;
}

export interface LegExplained {
  readonly strategyId: string;
  readonly name: string;
  readonly gates: readonly Gate[];
}

export interface PairExplained {
  readonly pairId: string;
  readonly legs: readonly [LegExplained, LegExplained];
  /** Of the two together. */
  readonly gates: readonly Gate[];
  readonly figures: PairFigures | null;
  readonly active: boolean;
  /** The first gate that is shut; null when none is. */
  readonly because: string | null;
}

export interface Known {
  readonly strategyId: string;
  readonly name: string;
  readonly rank: string | null;
}

const shown = (value: number): string => (Number.isInteger(value) ? String(value) : value.toPrecision(6));

/** Reads once what all questions of one command need. */
export class PairExplainer {
  readonly overview: PairOverview;
  readonly rules: PairRules;
  readonly plan: Plan;
  /** Whether the newest refresh was made of what the files hold now; in compatible mode that is not known. */
  readonly current: boolean | null;
  readonly #candidates: ReadonlyMap<string, PairCandidate>;
  readonly #evaluation: Evaluation;
  readonly #store: ReadOnlyStore;

  constructor(files: PairFiles) {
    this.overview = files.overview();
    const { refresh } = this.overview;
    this.rules = refresh === null ? strictRules : (JSON.parse(refresh.rulesJson) as PairRules);
    const strict = this.rules.mode === 'strict';
    const candidates = files.candidates(strict);
    this.plan = planOf(candidates, [], this.rules);
    this.current = strict ? refresh?.inputsHash === this.plan.inputsHash : null;
    this.#candidates = new Map(candidates.map((candidate) => [candidate.strategyId, candidate]));
    this.#store = openTrades(files.trades);
    this.#evaluation = new Evaluation(tradeLists(this.#store));
  }

  close(): void {
    this.#store.close();
  }

  leg({ strategyId, name, rank }: Known): LegExplained {
    const { ranks, groupMax } = this.rules.pool;
    const gates: Gate[] = [
      gate('rank', rank ?? 'unranked', ranks.join(' or '), rank !== null && ranks.includes(rank)),
    ];
    const candidate = this.#candidates.get(strategyId);
    const member = candidate === undefined ? null : memberOf(candidate, this.rules);
    const inPool = this.plan.members.some((one) => one.strategyId === strategyId);
    const group = member === null ? 'unknown' : member.group;
    gates.push(
      gate(
        'pool',
        `${inPool ? 'among' : 'not among'} the best of ${group}`,
        `best ${groupMax} by Sharpe`,
        member === null ? null : inPool,
      ),
    );
    const reading = member === null ? null : this.#reading(member);
    const { tradesMin, varianceAbove } = this.rules.leg;
    const unusable = reading?.exclusion === 'list_unusable';
    gates.push(
      gate(
        'trades',
        reading === null ? 'unknown' : unusable ? 'cannot be read' : shown(reading.trades),
        `at least ${tradesMin}`,
        reading === null ? null : !unusable && reading.trades >= tradesMin,
      ),
    );
    if (varianceAbove !== null)
      gates.push(
        gate(
          'variance',
          reading === null ? 'unknown' : shown(reading.variance),
          `above ${varianceAbove}`,
          reading === null || reading.trades === 0 ? null : reading.variance > varianceAbove,
        ),
      );
    return { strategyId, name, gates };
  }

  pair(a: Known, b: Known): PairExplained {
    const legs = [this.leg(a), this.leg(b)] as const;
    const pairId = pairIdOf(a.strategyId, b.strategyId);
    const [left, right] = [this.#member(a.strategyId), this.#member(b.strategyId)];
    const open = legs.every(({ gates }) => gates.every(({ passed }) => passed === true));
    const figures =
      left === null || right === null || !open
        ? null
        : evaluatePair(this.#reading(left).series, this.#reading(right).series);
    const together = this.#togetherGates(left, right, figures);
    // Of a pair that does not come so far a refresh says nothing.
    const arrives = together.every(({ passed }) => passed === true);
    const gates = [...together, ...this.#refreshGates(pairId, arrives ? figures : null)];
    const shut = [
      ...legs.flatMap((leg) => leg.gates.filter(isShut).map((one) => `${one.gate} of ${leg.name}`)),
      ...gates.filter(isShut).map((one) => one.gate),
    ];
    const active = this.overview.active.some((one) => one.pairId === pairId);
    return { pairId, legs, gates, figures, active, because: shut[0] ?? null };
  }

  /** Whoever could be the other leg, in the order of the pool. */
  partners(strategyId: string): readonly PlannedMember[] {
    const group = this.#member(strategyId)?.group;
    return this.plan.members.filter(
      (member) =>
        member.strategyId !== strategyId && (!this.rules.selection.sameGroup || member.group === group),
    );
  }

  #member(strategyId: string): PlannedMember | null {
    const candidate = this.#candidates.get(strategyId);
    return candidate === undefined ? null : memberOf(candidate, this.rules);
  }

  #reading({ selection }: PlannedMember): LegReading {
    return this.#evaluation.reading(selection, this.rules.leg);
  }

  #togetherGates(
    left: PlannedMember | null,
    right: PlannedMember | null,
    figures: PairFigures | null,
  ): readonly Gate[] {
    const { sameGroup, overlapMin, correlationMax, rescueCorrelationMax, pairsMax } = this.rules.selection;
    const groups = left === null || right === null ? null : [left.group, right.group];
    const same = groups === null ? null : groups[0] === groups[1];
    const strict = this.overview.refresh?.strict ?? 0;
    const rescue = strict < pairsMax;
    const limit = rescue ? rescueCorrelationMax : correlationMax;
    return [
      ...(sameGroup
        ? [
            gate(
              'same market',
              groups === null ? 'unknown' : [...new Set(groups)].join(' and '),
              'one symbol and timeframe',
              same,
            ),
          ]
        : []),
      ...(overlapMin === null
        ? []
        : [
            gate(
              'overlap of windows',
              figures === null ? 'unknown' : shown(figures.overlap),
              `at least ${overlapMin}`,
              figures === null ? null : figures.overlap >= overlapMin,
            ),
          ]),
      gate(
        'correlation',
        figures === null ? 'unknown' : shown(figures.correlation),
        `${correlationMax} either way${rescue ? `, ${rescueCorrelationMax} as long as fewer than ${pairsMax} pairs are below that` : ''}`,
        figures === null ? null : Math.abs(figures.correlation) <= limit,
      ),
    ];
  }

  /** What only the whole refresh can say. */
  #refreshGates(pairId: string, figures: PairFigures | null): readonly Gate[] {
    const { refresh, scores } = this.overview;
    const { pairsMax } = this.rules.selection;
    const { depth, slots } = this.rules.slots;
    if (refresh === null) return [gate('refresh', 'none yet', 'one refresh', false)];
    const kept = scores.find((score) => score.pairId === pairId);
    const least = scores.length < pairsMax ? undefined : scores.at(-1);
    const places = gate(
      'score',
      kept === undefined
        ? figures === null
          ? 'unknown'
          : shown(figures.score)
        : `${shown(kept.score)}, place ${kept.place}`,
      least === undefined ? `best ${pairsMax}` : `best ${pairsMax}: ${shown(least.score)} or more`,
      kept === undefined && figures === null ? null : kept !== undefined,
    );
    return [
      places,
      gate(
        'slot',
        kept === undefined ? 'unknown' : spokenOutcome[kept.outcome],
        `best ${depth} of pairs and single strategies, ${slots} pair`,
        kept === undefined ? null : kept.outcome === 'active',
      ),
    ];
  }
}

/** @throws PipelineFailure `locked` | `disk` | `configuration` */
function openTrades(file: string): ReadOnlyStore {
  try {
    return openReadOnly(file, 'trades', () => nodeCapabilities.clock.nowMs(), listLimits);
  } catch (error) {
    if (error instanceof StorageError) throw startFailure(error, 'read the files');
    throw error;
  }
}

const spokenOutcome = {
  active: 'has it',
  slot_taken: 'a better pair has it',
  outranked: 'others score higher',
} as const;

const isShut = ({ passed }: Gate): boolean => passed === false;

const gate = (name: string, value: string, limit: string, passed: boolean | null): Gate => ({
  gate: name,
  value,
  limit,
  passed,
});
