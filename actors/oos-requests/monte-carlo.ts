import type { MonteCarloResult, MonteCarloWork } from '../../protocols/oos-requests.js';

/**
 * How often an account would have been ruined, had its trades come in another draw: each iteration draws as many values as
 * there are, with replacement, and is ruin once the equity lies more than `ruinDrawdown` below its highest so far.
 *
 * As in Swimmy the values are price differences and the equity is 100,000 of whatever they are: for currencies ruin is
 * then practically impossible, and the gate says little (`docs/ranks.md`).
 * @param values newest last, at most the newest so many
 * @param random uniform in [0, 1)
 */
export function ruinProbability(
  values: readonly number[],
  { iterations, startEquity, ruinDrawdown }: Omit<MonteCarloWork, 'attemptId' | 'seed' | 'newestMax'>,
  random: () => number,
): MonteCarloResult {
  const count = values.length;
  if (count === 0) return { values: 0, ruinProbability: null };
  let ruined = 0;
  for (let iteration = 0; iteration < iterations; iteration += 1) {
    let equity = startEquity;
    let peak = startEquity;
    let isRuined = false;
    // Every iteration draws all of its values, so that the next one's draw does not depend on what this one came to.
    for (let draw = 0; draw < count; draw += 1) {
      equity += values[Math.floor(random() * count)] ?? NaN;
      if (equity > peak) peak = equity;
      else if (peak - equity > ruinDrawdown * peak) isRuined = true;
    }
    if (isRuined) ruined += 1;
  }
  return { values: count, ruinProbability: ruined / iterations };
}
