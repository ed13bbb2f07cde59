import { Actor } from '../../actors/kernel/actor.js';
import type { ChildSpec } from '../../actors/kernel/child-spec.js';
import type { FaultOptions } from './fault-plan.js';
import { FaultPlan } from './fault-plan.js';
import { kernelLaws } from './kernel-laws.js';
import type { LawOf } from './law.js';
import { seededRandom } from './random.js';
import type { BrokenLaw } from './simulated-system.js';
import { SimulatedSystem } from './simulated-system.js';
import { SimulationHost } from './simulation-host.js';

export interface Simulation {
  /** Decides everything: which actor goes next, which faults strike, and what `run.random` gives. */
  readonly seed: number;
  /** The tree under test. Made anew for each run; what its actors share belongs in here, not around it. */
  readonly tree: (run: SimulatedSystem) => ChildSpec;
  /** Does to the system what its users would: sends, waits with `run.host.advance`, asks, kills. Faults strike meanwhile. */
  readonly drive: (run: SimulatedSystem) => void | Promise<void>;
  /** Beside those that hold for every tree. */
  readonly laws?: readonly LawOf[];
  /** `seed` is taken from the simulation's where it is not given. @defaultValue 20 faults */
  readonly faults?: Partial<FaultOptions>;
  /** Within this time everything has to rest once faults have ended, and again to stop; virtual ms. @defaultValue 600000 */
  readonly settleMs?: number;
  /** More turns than this are an endless loop. @defaultValue 100000 */
  readonly turnsMax?: number;
  /** A message in the words of the story. @defaultValue its type */
  readonly describe?: (message: unknown) => string;
}

export interface SimulationOutcome {
  readonly seed: number;
  /** Undefined when every law held. */
  readonly broken: BrokenLaw | undefined;
  /** Equal for equal runs. */
  readonly digest: string;
  readonly turns: number;
  /** Messages handled. */
  readonly messages: number;
  /** Faults that struck. */
  readonly faults: number;
  readonly virtualMs: number;
}

/**
 * Plays one seed: safety, in which faults strike and laws are checked after every turn; then liveness, in which
 * nothing fails any more and everything has to come to rest; then the stop, which has to leave nothing.
 *
 * The same simulation with the same seed is the same run. @throws what `tree`, `drive` or the first start throws
 */
export async function simulate(simulation: Simulation): Promise<SimulationOutcome> {
  const { seed, laws = [], settleMs = 600_000, turnsMax = 100_000, describe } = simulation;
  const host = new SimulationHost({ seed, order: 'seeded', burst: 1 });
  const plan = new FaultPlan({ seed: seed ^ 0x0fa0175, ...simulation.faults });
  const random = seededRandom(seed ^ 0x0d21e);
  const run = new SimulatedSystem(host, plan, random, { laws: [...kernelLaws, ...laws], turnsMax, describe });
  await play(run, simulation, settleMs);
  run.phase = 'stopped';
  return {
    ...{
      seed,
      broken: run.broken,
      digest: run.digest.hex,
      turns: run.observer.turns,
      messages: run.messages,
    },
    ...{ faults: plan.injected.length, virtualMs: host.nowMs },
  };
}

async function play(run: SimulatedSystem, simulation: Simulation, settleMs: number): Promise<void> {
  const { host, plan } = run;
  await orHalted(run, within(run, run.start(simulation.tree(run)), settleMs, 'the tree starts'));
  if (isBroken(run)) return;
  run.phase = 'safety';
  plan.arm();
  await orHalted(run, Promise.resolve(simulation.drive(run)));
  plan.heal();
  if (isBroken(run)) return;
  run.phase = 'liveness';
  for (const process of run.processes())
    if (process instanceof Actor && process.suspended) run.system.resume(process.ref);
  const unrest = await rests(run, settleMs);
  if (unrest !== undefined) run.judge('everything comes to rest', unrest);
  else run.judgeAll((law) => law.atRest?.());
  if (isBroken(run)) return;
  run.phase = 'stopping';
  const stopping = run.system.stop();
  const report = await orHalted(run, within(run, stopping, settleMs, 'the tree stops'));
  await host.settle();
  if (report !== undefined) run.judgeAll((law) => law.stopped?.(report));
}

const isBroken = (run: SimulatedSystem): boolean => run.broken !== undefined;

/** Nothing happens any more once a law is broken, so what is waited for may never come. */
const orHalted = <T>(run: SimulatedSystem, work: Promise<T>): Promise<T | undefined> =>
  Promise.race([work, run.halted.then(() => undefined)]);

/** Steps of time that grow: most of what has to end ends soon, and periodic timers make a long wait dear. */
function* steps(limitMs: number): Generator<number> {
  let passedMs = 0;
  for (let ms = 16; passedMs < limitMs; ms *= 2) {
    const step = Math.min(ms, limitMs - passedMs);
    yield step;
    passedMs += step;
  }
}

async function within<T>(run: SimulatedSystem, work: Promise<T>, limitMs: number, what: string): Promise<T> {
  let ended = false;
  const end = (): void => {
    ended = true;
  };
  work.then(end, end);
  await run.host.settle();
  const hasEnded = (): boolean => ended;
  for (const ms of steps(limitMs)) {
    if (hasEnded() || isBroken(run)) break;
    await run.host.advance(ms);
  }
  if (!hasEnded()) run.judge(what, `not within ${limitMs} ms`);
  return work;
}

/** @returns who has not come to rest, or undefined */
async function rests(run: SimulatedSystem, limitMs: number): Promise<string | undefined> {
  await run.host.settle();
  let unrest = restless(run);
  for (const ms of steps(limitMs)) {
    if (unrest === undefined || run.broken !== undefined) return undefined;
    await run.host.advance(ms);
    unrest = restless(run);
  }
  return unrest;
}

function restless(run: SimulatedSystem): string | undefined {
  const { kernel } = run;
  let unrest: string | undefined;
  // The last one, because those above wait for those below, and with it whoever lives below the dead.
  for (const { path, status, alive, lingering, parent } of run.processes())
    if (lingering) unrest = `${path}: something of a dead incarnation still runs`;
    else if (status !== 'running' && status !== 'down') unrest = `${path} is ${status}`;
    else if (unrest !== undefined && alive && parent?.alive === false) unrest += `, and ${path} runs`;
  if (unrest !== undefined) return unrest;
  const [orphan] = kernel.orphans.keys();
  if (orphan !== undefined) return `${orphan.path}: a handler of a dead incarnation has not ended`;
  if (kernel.asksPending > 0) return `${kernel.asksPending} asks wait for an answer`;
  return kernel.isQuiescent ? undefined : 'a handler, a start or work of a driver has not ended';
}
