/** Ranks, and which may follow which. A strategy without a rank has null. */

export type Rank = 'B' | 'A' | 'S' | 'LEGEND' | 'RETIRED';

/** What a verdict rests on, gate by gate, in the order in which they are asked. */
export interface GateResult {
  readonly gate: string;
  readonly value: number | null;
  readonly threshold: number | null;
  readonly rule: 'at_least' | 'below' | 'above' | 'at_most' | 'present';
  readonly passed: boolean;
}

/** The archives: whoever was put there is measured and stays there. */
export const keptRanks: ReadonlySet<string> = new Set(['LEGEND', 'RETIRED']);

const unranked = 'unranked';

/**
 * From each rank to which others; the same rank again, with another verdict, is always legal. Nobody skips B on the way
 * up, nobody skips A on the way to S, and an archive is left by nobody here.
 */
const legal: Readonly<Record<string, ReadonlySet<string>>> = {
  [unranked]: new Set(['B', 'LEGEND', 'RETIRED']),
  B: new Set(['A', unranked, 'RETIRED']),
  A: new Set(['S', 'B', unranked, 'RETIRED']),
  S: new Set(['A', 'B', unranked, 'RETIRED']),
  LEGEND: new Set(['RETIRED']),
  RETIRED: new Set(),
};

/** Every transition that is legal and changes the rank. */
export const legalTransitions: readonly (readonly [before: string | null, after: string | null])[] =
  Object.entries(legal).flatMap(([before, after]) =>
    [...after].map((to) => [rankOf(before), rankOf(to)] as const),
  );

function rankOf(key: string): string | null {
  return key === unranked ? null : key;
}

export function isLegalTransition(before: string | null, after: string | null): boolean {
  const [from, to] = [before ?? unranked, after ?? unranked];
  if (!Object.hasOwn(legal, from) || !Object.hasOwn(legal, to)) return false;
  return from === to || legal[from]?.has(to) === true;
}
