import type { Exclusion } from './math/eligibility.js';
import type { Findings } from './outcome.js';

/** Why no pair is active, in the words of whoever has to do something about it: the first gate that nothing passes. */
export function explainEmpty({ plan, legs, selection, kept }: Findings): string {
  const { rules } = plan;
  const ranks = rules.pool.ranks.join(' or ');
  if (plan.members.length === 0) return `No strategy is of rank ${ranks}, so nothing can be paired.`;
  const eligible = legs.filter(({ exclusion }) => exclusion === null);
  if (eligible.length < 2)
    return `Of ${plan.members.length} strategies of rank ${ranks} in the pool, ${eligible.length} can be a leg: ${excluded(legs)}.`;
  if (selection.tested + selection.overlapTooSmall === 0)
    return `${eligible.length} strategies can be a leg, but no two of them trade the same symbol and timeframe.`;
  if (selection.tested === 0)
    return `All ${selection.overlapTooSmall} possible pairs have windows that overlap by less than ${rules.selection.overlapMin ?? 0}.`;
  if (kept.length === 0)
    return `All ${selection.tested} tested pairs are correlated by more than ${rules.selection.rescueCorrelationMax}.`;
  return `${kept.length} of ${selection.tested} tested pairs were kept, but none is among the best ${rules.slots.depth} of its symbol and timeframe: single strategies score higher.`;
}

const spoken: Readonly<Record<Exclusion, string>> = {
  no_trades: 'without trades',
  too_few_trades: 'with too few trades',
  no_variance: 'whose PnL does not vary',
  list_unusable: 'whose trades cannot be read',
};

function excluded(legs: Findings['legs']): string {
  const parts = Object.entries(spoken).flatMap(([reason, words]) => {
    const count = legs.filter(({ exclusion }) => exclusion === reason).length;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  return parts.length === 0 ? 'a pair needs two' : parts.join(', ');
}
