/** What a refresh comes to, from its plan and what the workers found: the rows that are stored, and what is told. */
import { createHash } from 'node:crypto';
import type {
  NewPairRefresh,
  PairDefinition,
  PairOverview,
  PairRivals,
  PairScore,
  PairSlot,
} from '../../protocols/db-pairs.js';
import type { LegFinding, PairGates } from './evaluation.js';
import { explainEmpty } from './explain-empty.js';
import { competeForSlots } from './math/competition.js';
import type { Contender, Slot } from './math/competition.js';
import { groupOf } from './math/pool.js';
import { legacyPairId, pairIdOf } from './math/pair-id.js';
import { pairRank } from './math/pair-rank.js';
import type { KeptPair, Selection } from './math/selection.js';
import { emptyNotice, startedNotice } from './notices.js';
import type { Plan, PlannedMember } from './plan.js';

export interface Findings {
  readonly plan: Plan;
  /** In compatible mode; null in strict mode, where only what was evaluated competes. */
  readonly rivals: PairRivals | null;
  readonly before: PairOverview;
  readonly legs: readonly LegFinding[];
  readonly selection: Selection;
  /** Best first. */
  readonly kept: readonly KeptPair[];
  /** In the order of `kept`. */
  readonly gates: readonly PairGates[];
  readonly startedWallMs: number;
  readonly wallMs: number;
  readonly durationMs: number;
}

/** Not worth delivering after that. */
export const noticeLivesMs = 24 * 3_600_000;

/** The same inputs after another refresh are another refresh. */
export const refreshIdOf = (inputsHash: string, previousId: string | null): string =>
  `refresh-${createHash('sha256')
    .update(`${inputsHash} after ${previousId ?? 'nothing'}`)
    .digest('hex')
    .slice(0, 40)}`;

export function outcomeOf(findings: Findings): NewPairRefresh {
  const { plan, before, legs, selection, kept, wallMs } = findings;
  const previousId = before.refresh?.refreshId ?? null;
  const refreshId = refreshIdOf(plan.inputsHash, previousId);
  const byId = new Map(plan.members.map((member) => [member.strategyId, member]));
  const member = (strategyId: string): PlannedMember => {
    const found = byId.get(strategyId);
    if (found === undefined) throw new Error(`${strategyId} was selected without being in the pool`);
    return found;
  };
  const pairs = kept.map((pair) => ({
    ...pair,
    pairId: pairIdOf(pair.a, pair.b),
    slot: member(pair.a).group,
  }));
  const rivals = standingRivals(findings, new Set(pairs.map(({ pairId }) => pairId)));
  const slots = competeForSlots([...contendersOf(findings, pairs), ...rivals.contenders], plan.rules.slots);
  const outcomes = outcomesIn(slots);
  const scores = pairs.map((pair, place): PairScore => {
    const { a, b, rescued, figures, pairId } = pair;
    const gates = findings.gates[place] ?? { oosSharpe: null, cpcvSharpe: null };
    return {
      refreshId,
      pairId,
      place: place + 1,
      rescued: rescued ? 1 : 0,
      ...figures,
      ...gates,
      rank: pairRank(gates.oosSharpe, gates.cpcvSharpe, plan.rules.rank),
      slot: pair.slot,
      outcome: outcomes.get(pairId) ?? 'outranked',
      evidenceJson: JSON.stringify({ a: member(a).selection, b: member(b).selection }),
    };
  });
  const definitions = pairs.map(({ a, b, pairId }): PairDefinition => ({
    pairId,
    legacyId: legacyPairId(member(a).name, member(b).name),
    strategyA: a,
    strategyB: b,
  }));
  const known = new Map<string, Weighted>([
    ...rivals.weighted.map((pair) => [pair.pairId, pair] as const),
    ...pairs.map(({ a, b, pairId, figures: { weightA, weightB } }) => {
      return [pairId, { pairId, a, b, weightA, weightB }] as const;
    }),
  ]);
  const winners = slots.flatMap(({ group, active }) =>
    active.flatMap((pairId) => {
      const pair = known.get(pairId);
      return pair === undefined ? [] : [{ slot: group, ...pair }];
    }),
  );
  const slotRows = slotsOf(findings, refreshId, slots);
  const explanation = winners.length > 0 ? null : explainEmpty(findings);
  const expiresWallMs = wallMs + noticeLivesMs;
  return {
    refresh: {
      refreshId,
      inputsHash: plan.inputsHash,
      mode: plan.rules.mode,
      rulesJson: JSON.stringify(plan.rules),
      candidates: plan.candidates,
      pool: plan.members.length,
      eligible: legs.filter(({ exclusion }) => exclusion === null).length,
      excludedJson: JSON.stringify(tally(legs)),
      tested: selection.tested,
      overlapTooSmall: selection.overlapTooSmall,
      tooCorrelated: selection.tooCorrelated,
      strict: selection.strict,
      rescued: kept.filter(({ rescued }) => rescued).length,
      kept: kept.length,
      active: winners.length,
      slots: slotRows.length,
      emptySlots: slotRows.filter(({ pairId }) => pairId === null).length,
      explanation,
      startedWallMs: findings.startedWallMs,
      recordedWallMs: wallMs,
      durationMs: findings.durationMs,
    },
    previousId,
    definitions,
    scores,
    slots: slotRows,
    wanted: winners.map(({ pairId, slot, weightA, weightB }) => ({ pairId, slot, weightA, weightB })),
    verdicts: [...new Set(winners.flatMap(({ a, b }) => [a, b]))].map((strategyId) => ({
      strategyId,
      verdictId: member(strategyId).verdictId,
    })),
    started: winners.map((winner) => ({
      pairId: winner.pairId,
      notification: startedNotice({
        refreshId,
        ...winner,
        nameA: member(winner.a).name,
        nameB: member(winner.b).name,
        score: scores.find(({ pairId }) => pairId === winner.pairId) ?? null,
        wallMs,
        expiresWallMs,
      }),
    })),
    notice: explanation === null ? null : emptyNotice({ refreshId, explanation, wallMs, expiresWallMs }),
    expiresWallMs,
  };
}

interface Weighted {
  readonly pairId: string;
  readonly a: string;
  readonly b: string;
  readonly weightA: number;
  readonly weightB: number;
}

type Placed = KeptPair & { readonly pairId: string; readonly slot: string };

/** In strict mode a single's score is made of its own points, as a pair's is; compatible mode takes the engine's figures. */
function contendersOf({ plan, rivals, legs }: Findings, pairs: readonly Placed[]): readonly Contender[] {
  const groups = new Map(plan.members.map(({ strategyId, group }) => [strategyId, group]));
  const singles: readonly Contender[] =
    rivals === null
      ? legs
          .filter(({ exclusion }) => exclusion === null)
          .map(({ strategyId, score }) => ({
            kind: 'single',
            id: strategyId,
            group: groups.get(strategyId) ?? '',
            score,
          }))
      : rivals.singles.map((single) => ({
          kind: 'single',
          id: single.id,
          group: groupOf(single),
          score: single.score,
        }));
  return [
    ...pairs.map(({ pairId, slot, figures }): Contender => {
      return { kind: 'pair', id: pairId, group: slot, score: figures.score };
    }),
    ...singles,
  ];
}

/**
 * Earlier pairs compete with their old scores in compatible mode. One whose leg is out of the pool does not: no rule of
 * compatibility makes a demoted leg active.
 */
function standingRivals({ plan, rivals }: Findings, kept: ReadonlySet<string>) {
  const pool = new Set(plan.members.map(({ strategyId }) => strategyId));
  const standing = (rivals?.pairs ?? []).filter(
    ({ id, strategyA, strategyB }) => !kept.has(id) && pool.has(strategyA) && pool.has(strategyB),
  );
  return {
    contenders: standing.map((pair): Contender => {
      return { kind: 'pair', id: pair.id, group: groupOf(pair), score: pair.score };
    }),
    weighted: standing.map(({ id, strategyA, strategyB, weightA, weightB }): Weighted => {
      return { pairId: id, a: strategyA, b: strategyB, weightA, weightB };
    }),
  };
}

function outcomesIn(slots: readonly Slot[]): ReadonlyMap<string, PairScore['outcome']> {
  const outcomes = new Map<string, PairScore['outcome']>();
  for (const { head, active } of slots)
    for (const { kind, id } of head)
      if (kind === 'pair') outcomes.set(id, active.includes(id) ? 'active' : 'slot_taken');
  return outcomes;
}

function slotsOf(
  { plan, legs, before, wallMs }: Findings,
  refreshId: string,
  competed: readonly Slot[],
): readonly PairSlot[] {
  const eligible = new Set(
    legs.filter(({ exclusion }) => exclusion === null).map(({ strategyId }) => strategyId),
  );
  const emptySince = new Map(before.slots.map(({ slot, emptySinceWallMs }) => [slot, emptySinceWallMs]));
  return [...new Set(plan.members.map(({ group }) => group))].map((slot) => {
    const members = plan.members.filter(({ group }) => group === slot);
    const found = competed.find(({ group }) => group === slot);
    const pairId = found?.active[0] ?? null;
    return {
      refreshId,
      slot,
      pool: members.length,
      eligible: members.filter(({ strategyId }) => eligible.has(strategyId)).length,
      pairId,
      emptySinceWallMs: pairId === null ? (emptySince.get(slot) ?? wallMs) : null,
      headJson: JSON.stringify(found?.head ?? []),
    };
  });
}

/** In the order of the reasons, so that the same counts are the same text. */
function tally(legs: readonly LegFinding[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const reason of ['no_trades', 'too_few_trades', 'no_variance', 'list_unusable'] as const) {
    const count = legs.filter(({ exclusion }) => exclusion === reason).length;
    if (count > 0) counts[reason] = count;
  }
  return counts;
}
