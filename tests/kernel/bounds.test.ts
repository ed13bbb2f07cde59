import { expect, test } from '@jest/globals';
import { OFFERS_MAX } from '../../actors/kernel/offers.js';
import { child, supervisor, System } from '../../runtime/index.js';
import type { AskOutcome, ChildSpec, Ref, Replies } from '../../runtime/index.js';
import { SimulationHost } from '../../runtime/testing/index.js';

const start = async (host: SimulationHost, children: readonly ChildSpec[]): Promise<System> =>
  System.start(supervisor('root', { strategy: 'one_for_one', intensity: 3, periodMs: 5_000 }, children), {
    host,
  });

const refOf = <Msg>(system: System, path: string): Ref<Msg> => {
  const ref = system.find(path);
  if (ref === undefined) throw new Error(`nothing at ${path}`);
  return ref as Ref<Msg>;
};

type Question = { readonly type: 'question' } & Replies<number>;

test('an actor has at most as many asks without an outcome as its mailbox has room, and the next fail at once', async () => {
  const host = new SimulationHost();
  const outcomes: string[] = [];
  const silent = child<undefined, Question, undefined>({
    id: 'silent',
    args: undefined,
    behavior: { init: () => undefined, handle: () => undefined },
    mailbox: { capacity: 100 },
  });
  type AskerMsg = { type: 'ask'; target: Ref<Question> } | { type: 'outcome'; outcome: AskOutcome<number> };
  const asker = child<undefined, AskerMsg, undefined>({
    id: 'asker',
    args: undefined,
    behavior: {
      init: () => undefined,
      handle(state, message, ctx) {
        if (message.type === 'outcome')
          outcomes.push(message.outcome.ok ? 'answered' : message.outcome.reason.type);
        else
          for (let index = 0; index < 5; index++)
            ctx.ask(message.target, { type: 'question' }, { deadlineMs: 1_000 }, (outcome) => ({
              type: 'outcome',
              outcome,
            }));
        return state;
      },
    },
    mailbox: { capacity: 3 },
  });
  const system = await start(host, [silent, asker]);
  const target = refOf<Question>(system, 'root/silent');
  refOf<AskerMsg>(system, 'root/asker').tell({ type: 'ask', target });
  await host.settle();
  expect(outcomes).toEqual(['too_many_asks', 'too_many_asks']);
  await host.advance(1_000);
  await host.settle();
  expect(outcomes.slice(2)).toEqual(['timeout', 'timeout', 'timeout']);
  // What was settled makes room again.
  refOf<AskerMsg>(system, 'root/asker').tell({ type: 'ask', target });
  await host.settle();
  expect(outcomes.slice(5)).toEqual(['too_many_asks', 'too_many_asks']);
  const stopped = system.stop();
  await host.settle();
  await stopped;
});

test('a thousand producers and no more may wait for room; the next is told so', async () => {
  const host = new SimulationHost();
  const sink = child<undefined, number, undefined>({
    id: 'sink',
    args: undefined,
    behavior: { init: () => undefined, handle: () => undefined },
    mailbox: { capacity: 2 },
  });
  const system = await start(host, [sink]);
  const ref = refOf<number>(system, 'root/sink');
  system.suspend(ref);
  const offers = Array.from({ length: 2 + OFFERS_MAX + 1 }, (_unused, message) => ref.offer(message));
  expect(await offers.at(-1)).toBe('full');
  system.resume(ref);
  await host.settle();
  const outcomes = await Promise.all(offers);
  expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(2 + OFFERS_MAX);
  const stopped = system.stop();
  await host.settle();
  await stopped;
});

test('the time that messages waited is sampled at the first of each burst', async () => {
  const host = new SimulationHost();
  const sink = child<undefined, number, undefined>({
    id: 'sink',
    args: undefined,
    behavior: { init: () => undefined, handle: () => undefined },
    mailbox: { capacity: 8 },
  });
  const system = await start(host, [sink]);
  const ref = refOf<number>(system, 'root/sink');
  expect(system.inspect(ref)?.mailbox?.dwellMs).toBeNull();
  system.suspend(ref);
  ref.tell(1);
  await host.advance(40);
  ref.tell(2);
  expect(system.inspect(ref)?.mailbox).toMatchObject({ depth: 2, headAgeMs: 40 });
  system.resume(ref);
  await host.settle();
  expect(system.inspect(ref)?.mailbox?.dwellMs).toEqual({ mean: 40, max: 40 });
  const stopped = system.stop();
  await host.settle();
  await stopped;
});
