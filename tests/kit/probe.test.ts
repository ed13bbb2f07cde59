import { afterEach, describe, expect, test } from '@jest/globals';
import { startTree, supervisor, type System } from '../../runtime/index.js';
import { probe, ProbeFailure, SimulationHost } from '../../runtime/testing/index.js';
import { counter, counterName, listener, type Listener } from './counter.js';

let system: System | undefined;
afterEach(async () => {
  await system?.stop();
});

async function start(host?: SimulationHost) {
  const listening = probe<Listener>({ name: listener, ...(host === undefined ? {} : { time: host }) });
  const root = supervisor('root', { strategy: 'one_for_one', intensity: 1, periodMs: 1_000 }, [
    listening.spec,
    counter,
  ]);
  system = await startTree(root, { subscribers: [], ...(host === undefined ? {} : { host }) });
  return { listening };
}

describe.each(['real', 'virtual'])('in %s time a probe', (time) => {
  const open = async () => start(time === 'virtual' ? new SimulationHost() : undefined);

  test('stands where another actor would, hears what it is told, and answers', async () => {
    const { listening } = await open();
    const limit = await listening.expect('limit', 100);
    listening.reply(limit, 3);
    await listening.expectNothing(5);
    for (const by of [1, 1, 5]) system?.whereis(counterName)?.tell({ type: 'add', by });
    expect(await listening.expect('counted')).toEqual({ type: 'counted', count: 1 });
    expect(await listening.fish('counted')).toEqual({ type: 'counted', count: 2 });
    // That was too many: it ended, and its next life asks again.
    expect(await listening.expect('counted')).toEqual({ type: 'counted', count: 7 });
    await listening.expect('limit');
    expect(listening.waiting).toEqual([]);
  });

  test('says what came instead of what was expected, or that nothing came', async () => {
    const { listening } = await open();
    await expect(listening.expect('counted', 100)).rejects.toThrow('expected counted, got {"type":"limit"}');
    await expect(listening.expect('counted', 5)).rejects.toThrow(
      'expected counted within 5 ms, nothing came',
    );
    await expect(listening.fish('limit', 5)).rejects.toThrow(ProbeFailure);
    await expect(listening.expectNothing(1)).resolves.toBeUndefined();
  });

  test('finds a message that it should not have got', async () => {
    const { listening } = await open();
    await expect(listening.expectNothing(100)).rejects.toThrow('expected nothing, got {"type":"limit"}');
  });
});

test('virtual time passes no further than an expectation needs', async () => {
  const host = new SimulationHost();
  const { listening } = await start(host);
  await listening.expect('limit', 60_000);
  expect(host.nowMs).toBe(0);
  await listening.expectNothing(400);
  expect(host.nowMs).toBe(400);
});

test('a probe that is in no tree says so', () => {
  expect(() => probe<Listener>().ref).toThrow('the probe has not been started');
});
