/** What scripts/chaos-kernel.mjs runs in a process of its own: seeds one after another, and each result as one line of JSON. */
import fc from 'fast-check';
import { plan } from './plan.js';
import type { Plan } from './plan.js';
import { play } from './play.js';

const [firstSeed = 1, count = 1, shrinkMs = 0] = process.argv.slice(2).map(Number);

/** The plan of a seed: the one that fast-check would begin with, so that it can shrink it. */
const planOf = (seed: number): Plan => {
  const [drawn] = fc.sample(plan, { seed, numRuns: 1 });
  if (drawn === undefined) throw new Error('no plan');
  return drawn;
};

/** Of this process so far: what a seed costs is not what else the machine does. */
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return Math.round((user + system) / 1_000);
};

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

/** The smallest plan that breaks the same law, as far as there is time. */
async function shrunk(seed: number, law: string): Promise<object> {
  const still = fc.asyncProperty(plan, async (smaller) => (await play(smaller)).broken?.law !== law);
  const found = await fc.check(still, { seed, numRuns: 1, interruptAfterTimeLimit: shrinkMs });
  const [smallest] = found.counterexample ?? [];
  return smallest === undefined ? {} : { shrinks: found.numShrinks, broken: (await play(smallest)).broken };
}

for (let seed = firstSeed; seed < firstSeed + count; seed++) {
  const outcome = await play(planOf(seed));
  // One in ten is run twice: what a seed does not decide would be found only here.
  const again = seed % 10 === 0 ? await play(planOf(seed)) : undefined;
  const isSame = again === undefined || again.digest === outcome.digest;
  const { broken, ...figures } = outcome;
  const failure =
    broken ?? (isSame ? undefined : { law: 'a seed replays', problem: 'two runs differ', story: '' });
  say({
    ...{ ...figures, seed, cpuMs: cpuMs() },
    ...(failure === undefined ? {} : { broken: failure }),
    ...(broken === undefined || shrinkMs === 0 ? {} : { shrunk: await shrunk(seed, broken.law) }),
  });
}
