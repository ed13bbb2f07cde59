/** The simulation as an embedder uses it: a system of one's own, its faults, its laws. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { child, name, supervisor, workerPool } from '../../runtime/index.js';
import type { ChildSpec, Ref, Replies, WorkerAnswer, WorkerPoolMsg } from '../../runtime/index.js';
import { FaultPlan, faults, simulate, simulatedWorkers } from '../../runtime/testing/index.js';
import type { Law, Simulation, SimulatedSystem } from '../../runtime/testing/index.js';

type Msg =
  ({ readonly type: 'deposit'; readonly amount: number } & Replies<number>) | { readonly type: 'audit' };

const account = name<Msg>('account');

/** `paid` is outside: what has been promised to somebody must not be forgotten. */
const bank = (keep: { balance: number } | undefined): ChildSpec =>
  supervisor('bank', { strategy: 'one_for_one', intensity: 100, periodMs: 1_000 }, [
    child<{ balance: number }, Msg, null>({
      id: 'account',
      name: account,
      args: null,
      mailbox: { capacity: 8 },
      behavior: {
        init: () => ({ balance: keep?.balance ?? 0 }),
        handle(state, message, ctx) {
          if (message.type === 'audit') return state;
          const balance = state.balance + message.amount;
          if (keep !== undefined) keep.balance = balance;
          ctx.reply(message, balance);
          return { balance };
        },
        terminate: () => undefined,
      },
    }),
  ]);

function deposits(seed: number, keeps: boolean, more: Partial<Simulation> = {}): Simulation {
  const kept = keeps ? { balance: 0 } : undefined;
  let promised = 0;
  const law = (): Law => ({
    name: 'what was promised is in the account',
    turnEnded({ life, outcome, occasion }) {
      if (occasion !== 'handle' || outcome !== 'returned') return undefined;
      const { balance } = life.state as { balance: number };
      return balance >= promised ? undefined : `${life.path} holds ${balance}, and ${promised} were promised`;
    },
  });
  return {
    seed,
    tree: () => bank(kept),
    async drive({ system, host, random }) {
      for (let n = 0; n < 30; n++) {
        const amount = 1 + Math.floor(random() * 9);
        void system.ask(account, { type: 'deposit', amount }, { deadlineMs: 1_000 }).then((outcome) => {
          if (outcome.ok) promised = outcome.value;
        });
        await host.advance(Math.floor(random() * 20));
      }
    },
    laws: [law],
    ...more,
  };
}

test('a system that keeps its word holds under every fault', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      expect((await simulate(deposits(seed, true))).broken).toBeUndefined();
    }),
    { numRuns: 100 },
  );
});

test('one that forgets is found out, with a story, and the seed replays it', async () => {
  let seed = 0;
  let found = await simulate(deposits(seed, false));
  while (found.broken === undefined && seed < 100) found = await simulate(deposits(++seed, false));
  expect(found.broken?.law).toBe('what was promised is in the account');
  expect(found.broken?.story).toMatch(/bank\/account +#\d is dead/);
  expect(await simulate(deposits(seed, false))).toEqual(found);
});

test('without faults nothing strikes, and the laws are checked all the same', async () => {
  expect(await simulate(deposits(1, false, { faults: { budget: 0 } }))).toMatchObject({
    broken: undefined,
    faults: 0,
  });
});

test('a system that never rests, or never ends, is told of', async () => {
  const restless = (msg: Msg): Partial<Simulation> => ({
    turnsMax: 500,
    tree: () =>
      supervisor('r', { strategy: 'one_for_one', intensity: 1, periodMs: 1_000 }, [
        child<null, Msg, null>({
          id: 'a',
          args: null,
          mailbox: { capacity: 2 },
          behavior: {
            init: (_args, ctx) => {
              ctx.tell(ctx.self, msg);
              return null;
            },
            handle: (state, message, ctx) => {
              ctx.tell(ctx.self, message);
              return state;
            },
          },
        }),
      ]),
    drive: () => undefined,
    laws: [],
  });
  const { broken } = await simulate(deposits(1, true, restless({ type: 'audit' })));
  expect(broken).toMatchObject({ law: 'it ends', problem: 'more than 500 turns, the last one of r/a' });
  const hanging: Partial<Simulation> = {
    settleMs: 1_000,
    laws: [],
    tree: () =>
      supervisor('r', { strategy: 'one_for_one', intensity: 1, periodMs: 1_000 }, [
        child<null, Msg, null>({
          id: 'a',
          name: account,
          args: null,
          mailbox: { capacity: 2 },
          behavior: { init: () => null, handle: () => new Promise<null>(() => undefined) },
        }),
      ]),
    drive: ({ system }) => void (system.whereis(account) as Ref<Msg>).tell({ type: 'audit' }),
  };
  expect((await simulate(deposits(1, true, hanging))).broken?.law).toBe('everything comes to rest');
});

describe('a fault plan', () => {
  const points = [
    'crash_in_handler',
    'crash_in_init',
    'crash_in_terminate',
    'slow_handler',
    'mailbox_full',
    'kill',
    'clock_jump',
    'sleep',
  ] as const;

  test.each(points)(
    '%s strikes alone when the others are off, and never beyond the budget',
    async (point) => {
      const none = Object.fromEntries(points.map((each) => [each, 0]));
      // An init and a terminate run only where something else fails.
      const occasion =
        point === 'crash_in_init' || point === 'crash_in_terminate' ? { crash_in_handler: 0.3 } : {};
      const struck = new Set<string>();
      const watch: Simulation['drive'] = async (run) => {
        await deposits(1, true).drive(run);
        for (const fault of run.plan.injected) struck.add(fault.point);
        expect(run.plan.injected.length).toBeLessThanOrEqual(6);
      };
      const chances = { ...none, ...occasion, [point]: 0.3 };
      const { broken } = await simulate(deposits(1, true, { drive: watch, faults: { budget: 6, chances } }));
      expect(broken).toBeUndefined();
      expect([...struck].sort()).toEqual([...Object.keys(occasion), point].sort());
    },
  );

  test('strikes nobody before it is armed, or once it has healed', () => {
    const plan = faults({ seed: 1, chances: { kill: 1 } });
    const strikes = (): boolean => plan.strikes('kill', () => undefined);
    expect(strikes()).toBe(false);
    plan.arm();
    expect(strikes()).toBe(true);
    let ended = 0;
    plan.untilHealed(() => ended++);
    plan.heal();
    expect([strikes(), ended]).toEqual([false, 1]);
  });

  test('refuses what is no chance', () => {
    expect(() => new FaultPlan({ seed: 1, chances: { kill: 2 } })).toThrow(RangeError);
    expect(() => new FaultPlan({ seed: 1, chances: { crash: 0.1 } as never })).toThrow('crash');
    expect(() => new FaultPlan({ seed: 1, budget: -1 })).toThrow(RangeError);
  });
});

test('a pool of simulated workers, which die and hang, answers each request once', async () => {
  const address = name<WorkerPoolMsg<string, string>>('pool');
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const answers = new Map<string, WorkerAnswer<string>>();
      const tree = ({ plan, host }: SimulatedSystem): ChildSpec =>
        supervisor('r', { strategy: 'one_for_one', intensity: 3, periodMs: 1_000 }, [
          workerPool<string, string>({
            ...{ id: 'pool', name: address, size: 2, inFlightMax: 2, queueMax: 30, attemptsMax: 3 },
            ...{ requestMs: 200, queueMs: 3_000, startMs: 1_000, killMs: 100, answerBytesMax: 1_000 },
            worker: simulatedWorkers({ plan, alarm: host.alarm, answer: (request) => `${String(request)}!` }),
            restart: { intensity: 10_000, periodMs: 3_600_000, delaysMs: [5] },
          }),
        ]);
      const outcome = await simulate({
        seed,
        tree,
        async drive({ system, host }) {
          for (let n = 0; n < 20; n++) {
            const key = `k${n}`;
            void system
              .ask(address, { type: 'work', request: key, key, repeatable: true }, { deadlineMs: 60_000 })
              .then((answer) => {
                if (answer.ok) answers.set(key, answer.value);
              });
            await host.advance(10);
          }
        },
        faults: {
          chances: {
            worker_dies: 0.1,
            worker_hangs: 0.1,
            crash_in_handler: 0,
            crash_in_init: 0,
            kill: 0,
            slow_handler: 0,
            mailbox_full: 0,
          },
        },
      });
      expect(outcome.broken).toBeUndefined();
      expect(answers.size).toBe(20);
      for (const [key, answer] of answers) if (answer.ok) expect(answer.value).toBe(`${key}!`);
    }),
    { numRuns: 30 },
  );
});
