import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { failed, kill, noproc, shutdown, startTree, supervisor } from '../../../runtime/index.js';
import type { ChildSpec, ExitReason, Restart, System } from '../../../runtime/index.js';
import { SimulationHost } from '../../../runtime/testing/simulation-host.js';
import { worker } from '../harness/child.js';
import { Recording } from '../harness/lab.js';
import { ModelSupervisor } from './model.js';
import type { Call, Plan, SupervisorPlan, WorkerPlan } from './model.js';

const reasons: Readonly<Record<string, ExitReason>> = {
  error: failed(new Error('hit')),
  shutdown,
  killed: kill,
  noproc,
};

type Blow = { readonly type: 'hit'; readonly at: number; readonly reason: string };
/** What happens to one supervisor before it gets to act. */
interface Burst {
  readonly on: 'root' | 's';
  readonly events: readonly (Blow | Call)[];
  readonly thenMs: number;
}

const restart = fc.constantFrom<Restart>('permanent', 'permanent', 'transient', 'temporary');
const starts = fc.array(fc.constantFrom('ok', 'ok', 'ok', 'ok', 'ignore', 'fail'), {
  minLength: 0,
  maxLength: 5,
});

const workerPlan = (id: string, significance: boolean): fc.Arbitrary<WorkerPlan> =>
  fc.record({ restart, starts, significant: fc.boolean() }).map((drawn) => ({
    kind: 'worker',
    id,
    restart: drawn.restart,
    significant: significance && drawn.significant && drawn.restart !== 'permanent',
    // The first start mostly succeeds, or nothing would ever happen.
    starts: ['ok', ...drawn.starts] as const,
  }));

const supervisorPlan = (id: string, children: fc.Arbitrary<readonly Plan[]>): fc.Arbitrary<SupervisorPlan> =>
  fc.record({
    kind: fc.constant('supervisor' as const),
    id: fc.constant(id),
    restart: id === 'root' ? fc.constant('permanent' as const) : restart,
    significant: fc.constant(false),
    strategy: fc.constantFrom('one_for_one', 'one_for_all', 'rest_for_one'),
    intensity: fc.integer({ min: 0, max: 3 }),
    periodMs: fc.constant(1_000),
    autoShutdown:
      id === 'root' ? fc.constant('never' as const) : fc.constantFrom('any_significant', 'all_significant'),
    children,
  });

const inner = supervisorPlan('s', fc.tuple(...['a', 'b', 'c'].map((id) => workerPlan(id, true))));
const outer = supervisorPlan('root', fc.tuple(workerPlan('x', false), inner, workerPlan('y', false)));

const id = fc.constantFrom('a', 'b', 'c', 'x', 'y', 's', 'n');
const call: fc.Arbitrary<Call> = fc.oneof(
  fc.record({
    type: fc.constant('start_child' as const),
    plan: id.chain((given) => workerPlan(given, false)),
  }),
  fc.record({ type: fc.constantFrom('terminate_child', 'restart_child', 'delete_child'), id }),
  fc.record({ type: fc.constantFrom('which_children', 'count_children') }),
);
const blow: fc.Arbitrary<Blow> = fc.record({
  type: fc.constant('hit' as const),
  at: fc.nat(4),
  reason: fc.constantFrom('error', 'error', 'shutdown', 'killed', 'noproc'),
});
const burst: fc.Arbitrary<Burst> = fc.record({
  on: fc.constantFrom('root', 's', 's'),
  events: fc.array(fc.oneof(blow, call), { minLength: 1, maxLength: 4 }),
  thenMs: fc.constantFrom(0, 0, 400, 1_000, 1_001),
});

function specOf(plan: Plan): ChildSpec {
  const { id, restart, significant } = plan;
  if (plan.kind === 'worker') return worker(id, { restart, significant, starts: plan.starts });
  const { strategy, intensity, periodMs, autoShutdown } = plan;
  return supervisor(
    id,
    { strategy, intensity, periodMs, autoShutdown, restart, significant },
    plan.children.map(specOf),
  );
}

/** The answer of a call, in the words of the model. */
async function ask(system: System, target: never, given: Call): Promise<string> {
  const started = (answer: {
    ok: boolean;
    handle?: { incarnation: number } | undefined;
    error?: string;
  }): string => {
    const number = answer.handle === undefined ? '' : `#${answer.handle.incarnation}`;
    return `${answer.ok ? 'ok' : answer.error}${number}`;
  };
  const unwrap = async <T>(
    asked: Promise<{ ok: true; value: T } | { ok: false; reason: { type: string } }>,
    show: (value: T) => string,
  ): Promise<string> => {
    const outcome = await asked;
    return outcome.ok ? show(outcome.value) : outcome.reason.type;
  };
  switch (given.type) {
    case 'start_child':
      return unwrap(system.startChild(target, specOf(given.plan)), started);
    case 'restart_child':
      return unwrap(system.restartChild(target, given.id), started);
    case 'terminate_child':
      return unwrap(system.terminateChild(target, given.id), (value) => (value.ok ? 'ok' : value.error));
    case 'delete_child':
      return unwrap(system.deleteChild(target, given.id), (value) => (value.ok ? 'ok' : value.error));
    case 'which_children':
      return unwrap(system.whichChildren(target), (list) =>
        list.map(({ id, state }) => `${id} ${state}`).join(', '),
      );
    case 'count_children':
      return unwrap(
        system.countChildren(target),
        (count) => `${count.specs} ${count.active} ${count.supervisors} ${count.workers}`,
      );
  }
}

async function compare(plan: SupervisorPlan, bursts: readonly Burst[]): Promise<void> {
  const world = { nowMs: 0, lines: [] as string[], starts: new Map<Plan, number>() };
  const model = new ModelSupervisor(plan, world, undefined);
  const host = new SimulationHost();
  const recording = new Recording();
  const system = await startTree(specOf(plan), { host, subscribers: [recording.subscriber] });
  model.start();
  expect(recording.take()).toEqual(world.lines.splice(0));
  const modelOfS = model.slots.map(({ child }) => child).find((child) => child instanceof ModelSupervisor);
  const refOfS = system.find('root/s');
  for (const { on, events, thenMs } of bursts) {
    if (!model.alive) break;
    const target = on === 'root' ? model : modelOfS;
    const ref = (on === 'root' ? system.root : refOfS) as never;
    const path = on === 'root' ? 'root' : 'root/s';
    if (target === undefined) continue;
    const expected: string[] = [];
    const actual: string[] = [];
    const asked: Promise<void>[] = [];
    events.forEach((event, at) => {
      if (event.type !== 'hit') {
        target.call(event, (text) => (expected[at] = text));
        asked.push(ask(system, ref, event).then((text) => void (actual[at] = text)));
        return;
      }
      const slot = target.slots[event.at % Math.max(1, target.slots.length)];
      const victim = slot === undefined ? undefined : system.find(`${path}/${slot.plan.id}`);
      if (slot === undefined || victim === undefined) return;
      system.exit(victim, reasons[event.reason] ?? shutdown);
      slot.child.hit(event.reason);
    });
    model.run();
    await host.settle();
    await Promise.all(asked);
    expect(recording.take()).toEqual(world.lines.splice(0));
    expect(actual).toEqual(expected);
    await host.advance(thenMs);
    world.nowMs += thenMs;
  }
  await system.stop();
  model.stop();
  expect(recording.take()).toEqual(world.lines.splice(0));
  expect(recording.of('kernel_error')).toEqual([]);
  expect(host.places).toEqual([]);
}

test('A to J: a tree of two levels does, line for line and answer for answer, what the model of OTP does', async () => {
  await fc.assert(fc.asyncProperty(outer, fc.array(burst, { minLength: 1, maxLength: 12 }), compare), {
    numRuns: 1_000,
  });
});
