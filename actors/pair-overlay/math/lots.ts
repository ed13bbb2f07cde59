/** Lots are compared in millionths, so that 0.05 less 0.03 is 0.02. */
const perLot = 1_000_000;
const whole = (lot: number): number => Math.round(lot * perLot);

export interface LotRules {
  /** What the legs of one pair hold together, at most. */
  readonly budgetLots: number;
  readonly stepLots: number;
}

/** A leg that asks alone gets what it wants, as far as the pair's budget goes (REQ-33). */
export function lotAlone(lot: number, used: number, { budgetLots }: LotRules): number {
  return Math.max(0, Math.min(whole(lot), whole(budgetLots) - whole(used))) / perLot;
}

/** Rounding errors of a weight must not cost a step. */
const tolerance = 1e-9;

/**
 * Both legs in one decision: what is left of the budget is split by weight, rounded down to the lot step, and each leg
 * gets at least one step (REQ-33). The total never exceeds what is left; with less than two steps left, the heavier leg
 * gets it.
 */
export function lotsTogether(
  wanted: { readonly a: number; readonly b: number },
  weights: { readonly a: number; readonly b: number },
  used: number,
  rules: LotRules,
): { readonly a: number; readonly b: number } {
  const steps = Math.floor((whole(rules.budgetLots) - whole(used)) / whole(rules.stepLots) + tolerance);
  const aIsLighter = weights.a <= weights.b;
  const [light, heavy] = aIsLighter ? [weights.a, weights.b] : [weights.b, weights.a];
  const forLight = steps < 2 ? 0 : atLeastOne(light * steps);
  const forHeavy = steps < 2 ? Math.max(0, steps) : Math.min(atLeastOne(heavy * steps), steps - forLight);
  const lotsOf = (share: number, want: number): number =>
    Math.min(whole(want), share * whole(rules.stepLots)) / perLot;
  return aIsLighter
    ? { a: lotsOf(forLight, wanted.a), b: lotsOf(forHeavy, wanted.b) }
    : { a: lotsOf(forHeavy, wanted.a), b: lotsOf(forLight, wanted.b) };
}

const atLeastOne = (steps: number): number => Math.max(1, Math.floor(steps + tolerance));
