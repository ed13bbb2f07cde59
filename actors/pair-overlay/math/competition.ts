import { compareCodePoints } from './code-points.js';

/** A pair or a single strategy that wants a group's place. */
export interface Contender {
  readonly kind: 'pair' | 'single';
  /** Pair id or strategy id. */
  readonly id: string;
  readonly group: string;
  readonly score: number;
}

export interface SlotRules {
  /** Pairs that may be active in one group. */
  readonly slots: number;
  /** How far down the mixed list a pair may stand. */
  readonly depth: number;
}

export interface Slot {
  readonly group: string;
  /** The head of the mixed list, best first. */
  readonly head: readonly Contender[];
  /** Pairs that get the place. */
  readonly active: readonly string[];
}

/** One mixed list for each group: whichever pairs are at its head, at most `slots` of them, become active (domain 4.9). */
export function competeForSlots(contenders: readonly Contender[], rules: SlotRules): readonly Slot[] {
  const groups = new Map<string, Contender[]>();
  for (const contender of contenders) {
    const members = groups.get(contender.group);
    if (members === undefined) groups.set(contender.group, [contender]);
    else members.push(contender);
  }
  return [...groups].map(([group, members]) => {
    const head = members.sort(compare).slice(0, rules.depth);
    const pairs = head.filter(({ kind }) => kind === 'pair').map(({ id }) => id);
    return { group, head, active: pairs.slice(0, rules.slots) };
  });
}

/** A pair goes before a single of the same score, as it is two of them; the rest only makes the order total. */
const compare = (one: Contender, other: Contender): number =>
  other.score - one.score || compareCodePoints(one.kind, other.kind) || compareCodePoints(one.id, other.id);
