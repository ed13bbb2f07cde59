/** How far one refresh has come. Everything in it was read or found in this run; a run that fails leaves nothing behind. */
import type { PairCandidate, PairOverview, PairRivals } from '../../protocols/db-pairs.js';
import type { RefreshPhase } from '../../protocols/pair-overlay.js';
import type { EvaluationAnswer, EvaluationRequest, LegFinding, PairGates } from './evaluation.js';
import { addSelections, chosenPairs, nothingSelected } from './math/selection.js';
import type { KeptPair, Selection } from './math/selection.js';
import type { Findings } from './outcome.js';
import type { Plan, PlannedMember } from './plan.js';
import { evenSlices, legsAtOnce, rowSlices } from './slices.js';

export interface Run {
  readonly number: number;
  /** Tries after another refresh, or a rank, came between. */
  readonly conflicts: number;
  readonly phase: Exclude<RefreshPhase, 'idle'>;
  readonly startedMs: number;
  readonly startedWallMs: number;
  readonly candidates: readonly PairCandidate[];
  readonly rivals: PairRivals | null;
  readonly before: PairOverview | null;
  readonly plan: Plan | null;
  readonly legs: readonly LegFinding[];
  readonly selection: Selection;
  readonly kept: readonly KeptPair[];
  readonly gates: readonly PairGates[];
  /** What is still to be asked of the workers in this phase. */
  readonly waiting: readonly EvaluationRequest[];
  readonly done: number;
  readonly total: number;
}

export const beginRun = (
  number: number,
  conflicts: number,
  startedMs: number,
  startedWallMs: number,
): Run => ({
  number,
  conflicts,
  phase: 'reading',
  startedMs,
  startedWallMs,
  candidates: [],
  rivals: null,
  before: null,
  plan: null,
  legs: [],
  selection: nothingSelected,
  kept: [],
  gates: [],
  waiting: [],
  done: 0,
  total: 0,
});

/** The next phase with its slices; a phase without any is passed over. */
export function beginLegs(run: Run, plan: Plan): Run {
  const { rules, members } = plan;
  const waiting = evenSlices(members.length, legsAtOnce).map(({ from, to }): EvaluationRequest => ({
    type: 'read_legs',
    rules,
    members: members.slice(from, to),
  }));
  const began: Run = { ...run, phase: 'legs', plan, waiting, done: 0, total: waiting.length };
  return waiting.length === 0 ? beginPairs(began, plan) : began;
}

function beginPairs(run: Run, plan: Plan): Run {
  const eligible = new Set(
    run.legs.filter(({ exclusion }) => exclusion === null).map(({ strategyId }) => strategyId),
  );
  const legs = plan.members.filter(({ strategyId }) => eligible.has(strategyId));
  const legsJson = JSON.stringify(legs);
  const key = `${plan.inputsHash} ${run.number}`;
  const waiting = (legs.length < 2 ? [] : rowSlices(legs.length)).map(({ from, to }): EvaluationRequest => {
    return { type: 'select_rows', rules: plan.rules, key, legsJson, from, to };
  });
  const began: Run = { ...run, phase: 'pairs', waiting, done: 0, total: waiting.length };
  return waiting.length === 0 ? beginGates(began, plan) : began;
}

function beginGates(run: Run, plan: Plan): Run {
  const kept = chosenPairs(run.selection, plan.rules.selection);
  const byId = new Map<string, PlannedMember>(plan.members.map((member) => [member.strategyId, member]));
  const pairs = kept.flatMap(({ a, b }) => {
    const [left, right] = [byId.get(a), byId.get(b)];
    return left === undefined || right === undefined ? [] : [{ a: left, b: right }];
  });
  if (pairs.length === 0) return { ...run, phase: 'recording', kept, waiting: [] };
  const waiting: readonly EvaluationRequest[] = [{ type: 'gate_pairs', rules: plan.rules, pairs }];
  return { ...run, phase: 'gates', kept, waiting, done: 0, total: 1 };
}

/** Takes the answer to the first of the waiting slices. */
export function takeAnswer(run: Run, plan: Plan, answer: EvaluationAnswer): Run {
  const [, ...waiting] = run.waiting;
  const next = { ...run, waiting, done: run.done + 1 };
  switch (run.phase) {
    case 'legs': {
      const taken = { ...next, legs: [...run.legs, ...(answer as readonly LegFinding[])] };
      return waiting.length === 0 ? beginPairs(taken, plan) : taken;
    }
    case 'pairs': {
      const selection = addSelections(run.selection, answer as Selection, plan.rules.selection);
      const taken = { ...next, selection };
      return waiting.length === 0 ? beginGates(taken, plan) : taken;
    }
    case 'gates':
      return { ...next, phase: 'recording', gates: answer as readonly PairGates[] };
    case 'reading':
    case 'recording':
      throw new Error(`no worker was asked in the phase ${run.phase}`);
  }
}

export function findingsOf(run: Run, plan: Plan, nowMs: number, wallMs: number): Findings {
  const { rivals, before, legs, selection, kept, gates, startedWallMs, startedMs } = run;
  if (before === null) throw new Error('a refresh without what stood before it');
  const durationMs = nowMs - startedMs;
  return { plan, rivals, before, legs, selection, kept, gates, startedWallMs, wallMs, durationMs };
}
