/** One budget for both legs of a pair, and a call that leaves the lot alone whenever anything is wrong (G10). */
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lotLedger } from '../../actors/pair-overlay/lot-ledger.js';
import { lotAlone, lotsTogether } from '../../actors/pair-overlay/math/lots.js';
import { lotRules } from '../../actors/pair-overlay/math/rules.js';
import type { ActivePair } from '../../protocols/db-pairs.js';
import { names } from '../../protocols/pair-overlay.js';
import type { LotLedgerMsg } from '../../protocols/pair-overlay.js';
import { child, startTree, supervisor } from '../../runtime/index.js';
import type { ChildSpec, System } from '../../runtime/index.js';
import { bypassCounts, lot, releaseLot } from '../../runtime/pipeline/lot.js';
import { SimulationHost } from '../../runtime/testing/simulation-host.js';

const lots = fc.integer({ min: 1, max: 200 }).map((steps) => steps / 1_000);
const share = fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100);

describe('the budget of a pair', () => {
  test('a leg alone gets what it wants, as far as the budget goes', () => {
    expect(lotAlone(0.02, 0, lotRules)).toBe(0.02);
    expect(lotAlone(1, 0, lotRules)).toBe(0.05);
    expect(lotAlone(0.04, 0.03, lotRules)).toBe(0.02);
    expect(lotAlone(0.04, 0.05, lotRules)).toBe(0);
  });

  test.each([
    [{ a: 0.6, b: 0.4 }, 0, { a: 0.03, b: 0.02 }],
    [{ a: 0.5, b: 0.5 }, 0, { a: 0.02, b: 0.02 }],
    [{ a: 0.95, b: 0.05 }, 0, { a: 0.04, b: 0.01 }],
    [{ a: 0, b: 1 }, 0, { a: 0.01, b: 0.04 }],
    [{ a: 0.6, b: 0.4 }, 0.03, { a: 0.01, b: 0.01 }],
    [{ a: 0.6, b: 0.4 }, 0.04, { a: 0.01, b: 0 }],
    [{ a: 0.6, b: 0.4 }, 0.05, { a: 0, b: 0 }],
  ])('weights %j with %p used are lots %j', (weights, used, expected) => {
    expect(lotsTogether({ a: 1, b: 1 }, weights, used, lotRules)).toEqual(expected);
  });

  test('no split exceeds the budget, a wish, or gives a leg less than a step while there are two', () => {
    fc.assert(
      fc.property(lots, lots, share, fc.integer({ min: 0, max: 5 }), (a, b, weight, steps) => {
        const used = steps / 100;
        const split = lotsTogether({ a, b }, { a: weight, b: 1 - weight }, used, lotRules);
        expect(split.a + split.b + used).toBeLessThanOrEqual(0.05 + 1e-12);
        expect(split.a).toBeLessThanOrEqual(a);
        expect(split.b).toBeLessThanOrEqual(b);
        if (steps > 3) return;
        expect(split.a).toBeGreaterThanOrEqual(Math.min(a, 0.01));
        expect(split.b).toBeGreaterThanOrEqual(Math.min(b, 0.01));
      }),
    );
  });
});

const pair = (pairId: string, strategyA: string, strategyB: string): ActivePair => ({
  refreshId: 'r',
  pairId,
  legacyId: 'l',
  strategyA,
  strategyB,
  nameA: strategyA,
  nameB: strategyB,
  slot: 'USDJPY|60',
  weightA: 0.6,
  weightB: 0.4,
  fromWallMs: 1,
});

const systems: System[] = [];
afterEach(async () => {
  await Promise.all(systems.splice(0).map((system) => system.stop()));
});

interface Bench {
  readonly system: System;
  readonly host: SimulationHost;
}

async function start(children: readonly ChildSpec[], seed = 1): Promise<Bench> {
  const host = new SimulationHost({ seed, order: 'seeded' });
  const tree = supervisor('root', { strategy: 'one_for_one', intensity: 1_000, periodMs: 1_000 }, children);
  const system = await startTree(tree, { host, subscribers: [] });
  systems.push(system);
  return { system, host };
}

async function withPairs(...pairs: readonly ActivePair[]): Promise<Bench> {
  const bench = await start([lotLedger()]);
  bench.system.whereis(names.lotLedger)?.tell({ type: 'active_pairs_are', pairs });
  bench.host.run();
  return bench;
}

const wish = (strategyId: string, size: number) =>
  ({ strategyId, symbol: 'USDJPY', lot: size, deadlineMs: 100 }) as const;

describe('the ledger', () => {
  test('a strategy in no pair is left alone, and that is no bypass', async () => {
    const { system } = await withPairs(pair('p', 'a', 'b'));
    expect(await lot(system, wish('other', 2))).toMatchObject({ lot: 2, pairId: null, bypass: null });
    expect(bypassCounts(system)).toEqual({});
  });

  test('a leg alone is capped once the moment for the other leg has passed', async () => {
    const { system, host } = await withPairs(pair('p', 'a', 'b'));
    const answer = lot(system, wish('a', 0.2));
    await host.advance(20);
    expect(await answer).toMatchObject({ lot: 0.05, pairId: 'p', bypass: null });
  });

  test('both legs in one decision share the budget by weight; what is released is there again', async () => {
    const { system, host } = await withPairs(pair('p', 'a', 'b'));
    const both = [lot(system, wish('a', 1)), lot(system, wish('b', 1))];
    host.run();
    const answers = await Promise.all(both);
    expect(answers.map((answer) => answer.lot)).toEqual([0.03, 0.02]);
    const refused = lot(system, wish('b', 1));
    await host.advance(20);
    expect(await refused).toMatchObject({ lot: 0, pairId: 'p', bypass: null });
    for (const { callId } of answers) releaseLot(system, callId);
    for (const { callId } of answers) releaseLot(system, callId);
    const again = lot(system, wish('b', 1));
    await host.advance(20);
    expect((await again).lot).toBe(0.05);
  });

  test('the same leg twice is two decisions', async () => {
    const { system, host } = await withPairs(pair('p', 'a', 'b'));
    const answers = [lot(system, wish('a', 0.02)), lot(system, wish('a', 1))];
    await host.advance(20);
    expect((await Promise.all(answers)).map((answer) => answer.lot)).toEqual([0.02, 0.03]);
  });

  test('a pair that ends while its leg waits has no say', async () => {
    const { system, host } = await withPairs(pair('p', 'a', 'b'));
    const answer = lot(system, wish('a', 1));
    host.run();
    system.whereis(names.lotLedger)?.tell({ type: 'active_pairs_are', pairs: [] });
    await host.advance(20);
    expect(await answer).toMatchObject({ lot: 1, pairId: null, bypass: null });
  });

  test.each([Number.NaN, Infinity, 0, -1])('a lot of %p is nobody’s to judge', async (size) => {
    const { system } = await withPairs(pair('p', 'a', 'b'));
    expect(await lot(system, wish('a', size))).toMatchObject({ lot: size, bypass: 'not_a_lot' });
  });

  test('without news of the pairs the ledger has no say', async () => {
    const { system, host } = await start([lotLedger()]);
    expect(await lot(system, wish('a', 1))).toMatchObject({ lot: 1, bypass: 'not_loaded' });
    system.whereis(names.lotLedger)?.tell({ type: 'active_pairs_are', pairs: [pair('p', 'a', 'b')] });
    host.run();
    await host.advance(10_001);
    expect(await lot(system, wish('a', 1))).toMatchObject({ lot: 1, bypass: 'stale' });
    expect(bypassCounts(system)).toEqual({ not_loaded: 1, stale: 1 });
  });

  test('a lot that its caller did not wait for is not held against the budget', async () => {
    const { system, host } = await withPairs(pair('p', 'a', 'b'));
    const given = lot(system, { ...wish('a', 1), deadlineMs: 0.5 });
    await host.advance(1);
    await given;
    host.run();
    expect(await system.ask(names.lotLedger, { type: 'ledgers' }, { deadlineMs: 100 })).toEqual({
      ok: true,
      value: [],
    });
  });
});

/** Everything that an answer may be, and everything else that may happen instead. */
type Fault =
  | { readonly type: 'answer'; readonly value: unknown }
  | { readonly type: 'silent' | 'crash' }
  | { readonly type: 'late'; readonly afterMs: number };

const answers = fc.oneof(
  fc.constantFrom(undefined, null, 7, 'lot', [], {}),
  fc.record({
    lot: fc.oneof(fc.constantFrom(Number.NaN, Infinity, -Infinity, -1, '1', null, undefined), fc.double()),
    pairId: fc.constantFrom(null, undefined, '', 'p', 7),
    bypass: fc.constantFrom(null, undefined, 'stale', 'nonsense'),
  }),
);

const faults: fc.Arbitrary<Fault> = fc.oneof(
  answers.map((value): Fault => ({ type: 'answer', value })),
  fc.constantFrom<Fault>({ type: 'silent' }, { type: 'crash' }),
  fc.integer({ min: 0, max: 300 }).map((afterMs): Fault => ({ type: 'late', afterMs })),
);

/** Holds the ledger's name and does whatever the next fault says. */
const broken = (script: Fault[], capacity: number): ChildSpec<LotLedgerMsg> =>
  child<null, LotLedgerMsg | { type: 'now'; answer: () => void }, null>({
    id: 'broken',
    name: names.lotLedger as never,
    behavior: {
      init: () => null,
      handle(state, message, ctx) {
        if (message.type === 'now') message.answer();
        if (message.type !== 'lot') return state;
        const fault = script.shift() ?? { type: 'silent' };
        if (fault.type === 'crash') throw new Error('a fault');
        if (fault.type === 'answer') ctx.reply(message, fault.value as never);
        if (fault.type === 'late') {
          const to = ctx.deferReply(message);
          const value = { lot: message.lot / 2, pairId: 'p', bypass: null };
          ctx.timer(message.callId, fault.afterMs, {
            type: 'now',
            answer: () => ctx.replyTo(to, value),
          });
        }
        return state;
      },
    },
    args: null,
    restart: 'permanent',
    mailbox: { capacity, overflow: 'reject' },
    onRestart: 'dead_letter',
  });

const deadlineMs = 100;

test('whatever the service does, a lot comes back in time: unchanged, or a sound answer', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(faults, { maxLength: 12 }),
      fc.constantFrom(1, 64),
      fc.constantFrom('broken', 'absent', 'stopped'),
      fc.integer({ min: 1, max: 1_000 }),
      async (script, capacity, service, seed) => {
        const { system, host } = await start(
          service === 'absent' ? [] : [broken([...script], capacity)],
          seed,
        );
        if (service === 'stopped') await system.stop();
        const asked = Array.from({ length: 12 }, (_, index) => 0.01 * (index + 1));
        const began = host.clock.nowMs();
        let resolved = 0;
        const all = asked.map((size) =>
          lot(system, wish('a', size)).then((answer) => {
            resolved += 1;
            return { ...answer, asked: size, tookMs: host.clock.nowMs() - began };
          }),
        );
        for (let passed = 0; passed < deadlineMs; passed += 10) {
          await host.advance(10);
        }
        for (const answer of await Promise.all(all)) {
          expect(answer.tookMs).toBeLessThanOrEqual(deadlineMs);
          if (answer.bypass !== null || answer.pairId === null) expect(answer.lot).toBe(answer.asked);
          else {
            expect(answer.lot).toBeGreaterThanOrEqual(0);
            expect(answer.lot).toBeLessThanOrEqual(answer.asked);
          }
        }
        expect(resolved).toBe(asked.length);
        const bypassed = Object.values(bypassCounts(system)).reduce((sum, count) => sum + count, 0);
        expect(bypassed).toBe((await Promise.all(all)).filter(({ bypass }) => bypass !== null).length);
        if (service === 'absent') expect(bypassCounts(system)).toEqual({ no_service: asked.length });
        await system.stop();
      },
    ),
    { numRuns: 150 },
  );
});
