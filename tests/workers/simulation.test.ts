/** The same pool on virtual time, with workers whose faults are drawn from a seed. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  name,
  startTree,
  supervisor,
  workerPool,
  type AskOutcome,
  type Ref,
  type WorkerAnswer,
  type WorkerCounts,
  type WorkerPoolMsg,
} from '../../runtime/index.js';
import { seededRandom } from '../../runtime/testing/random.js';
import { SimulationHost } from '../../runtime/testing/simulation-host.js';
import { answerTo, SimulatedWorkers } from './simulated-workers.js';

interface Plan {
  readonly seed: number;
  readonly size: number;
  readonly inFlightMax: number;
  readonly queueMax: number;
  readonly requests: readonly { readonly repeatable: boolean; readonly afterMs: number }[];
}

const plan: fc.Arbitrary<Plan> = fc.record({
  seed: fc.integer(),
  size: fc.integer({ min: 1, max: 4 }),
  inFlightMax: fc.integer({ min: 1, max: 3 }),
  queueMax: fc.integer({ min: 1, max: 12 }),
  requests: fc.array(fc.record({ repeatable: fc.boolean(), afterMs: fc.nat(40) }), {
    minLength: 1,
    maxLength: 40,
  }),
});

const attemptsMax = 3;

async function play({ seed, size, inFlightMax, queueMax, requests }: Plan): Promise<readonly string[]> {
  const host = new SimulationHost({ seed, order: 'seeded' });
  const random = seededRandom(seed ^ 0x5eed);
  const workers = new SimulatedWorkers(host, random, inFlightMax);
  const address = name<WorkerPoolMsg<string, string>>('pool');
  const pool = workerPool<string, string>({
    ...{ id: 'pool', name: address, size, inFlightMax, queueMax, attemptsMax },
    ...{ worker: workers.factory, requestMs: 200, queueMs: 3_000, startMs: 1_000, killMs: 100 },
    answerBytesMax: 1_000,
    restart: { intensity: 10_000, periodMs: 3_600_000, delaysMs: [5] },
  });
  const root = supervisor('root', { strategy: 'one_for_one', intensity: 0, periodMs: 1_000 }, [pool]);
  const system = await startTree(root, { host, subscribers: [] });
  const outcomes = new Map<string, WorkerAnswer<string>>();
  const broken: string[] = [];
  const ask = (key: string, repeatable: boolean): void => {
    const work = { type: 'work', request: key, key, repeatable } as const;
    void system.ask(address, work, { deadlineMs: 100_000 }).then((outcome) => {
      if (outcomes.has(key)) broken.push(`${key} is answered twice`);
      if (outcome.ok) outcomes.set(key, outcome.value);
      else broken.push(`${key} is not answered: ${outcome.reason.type}`);
    });
  };
  const count = async (): Promise<WorkerCounts> => {
    let counted: AskOutcome<WorkerCounts> | undefined;
    void system
      .ask(address, { type: 'worker_counts' }, { deadlineMs: 100_000 })
      .then((outcome) => (counted = outcome));
    await host.settle();
    if (counted?.ok !== true) throw new Error('the pool does not say how it is');
    const { accepted, done, failed, expired, inFlight, queued, ready } = counted.value;
    if (accepted !== done + failed + expired + inFlight + queued)
      broken.push(`accepted ${accepted}: ${JSON.stringify(counted.value)}`);
    if (queued > queueMax + size * inFlightMax) broken.push(`${queued} wait`);
    if (ready > size || workers.living > size) broken.push(`${workers.living} workers live, ${ready} ready`);
    const waits = (system.find('root/pool/desk') ?? system.root) satisfies Ref<never>;
    const timers = system.inspect(waits)?.timers.length ?? -1;
    if (timers !== queued) broken.push(`${timers} timers for ${queued} that wait`);
    return counted.value;
  };

  // Safety: everything may fail.
  for (const [index, { repeatable, afterMs }] of requests.entries()) {
    ask(`${repeatable ? 'again' : 'once'} ${index}`, repeatable);
    await host.advance(afterMs);
    await count();
  }
  // Liveness: nothing fails any more, and everything settles.
  workers.healed = true;
  await host.advance(10_000);
  const after = await count();
  if (outcomes.size !== requests.length) broken.push(`${outcomes.size} of ${requests.length} are answered`);
  if (after.inFlight + after.queued !== 0 || after.ready !== size) broken.push(JSON.stringify(after));
  for (const [key, times] of workers.begun)
    if (times > (key.startsWith('again') ? attemptsMax : 1)) broken.push(`${key} was begun ${times} times`);
  for (const [key, outcome] of outcomes)
    if (outcome.ok && outcome.value !== answerTo(key)) broken.push(`${key} got ${outcome.value}`);
  const stopped = system.stop();
  await host.advance(10_000);
  if (!(await stopped).ok) broken.push('it did not stop in order');
  if (workers.living !== 0) broken.push(`${workers.living} workers are left`);
  const { processes, timers, asks } = system.census();
  if (processes + timers + asks !== 0) broken.push(`left: ${processes}, ${timers}, ${asks}`);
  const trace = [...workers.begun].map(String).concat([...outcomes].map((pair) => JSON.stringify(pair)));
  return [...broken, ...workers.broken].length > 0 ? ['broken', ...broken, ...workers.broken] : trace;
}

test('whatever workers do, each request is answered once, and none is at two workers or begun too often', async () => {
  await fc.assert(
    fc.asyncProperty(plan, async (drawn) => {
      const trace = await play(drawn);
      expect(trace[0] === 'broken' ? trace : []).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('the same plan is the same run', async () => {
  await fc.assert(
    fc.asyncProperty(plan, async (drawn) => {
      expect(await play(drawn)).toEqual(await play(drawn));
    }),
    { numRuns: 20 },
  );
});
