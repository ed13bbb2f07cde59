/** Whose turn held the loop, and for how long; in processes of their own, since a test must not hang its own loop. */
import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { child, startTree, supervisor } from '../../../runtime/index.js';
import type { KernelEvent } from '../../../runtime/index.js';
import { handCells } from '../../../actors/kernel/turn-times.js';
import { SimulationHost } from '../../../runtime/testing/simulation-host.js';

const program = path.join(__dirname, 'hangs.mjs');
const dist = path.resolve(__dirname, '../../../dist');

function hang(ms: number, where: 'turn' | 'outside') {
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, dist, String(ms), where], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  const facts = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { facts, stderr, status, of: (type: string) => facts.filter((fact) => fact['type'] === type) };
}

describe('a turn that holds the loop', () => {
  test('is told with its place, its message and its time, and charged to nobody else', () => {
    const { of, status } = hang(200, 'turn');
    expect(status).toBe(0);
    const [slow, ...others] = of('slow_turn');
    expect(others).toEqual([]);
    expect(slow).toMatchObject({ path: 'root/slow', messageType: 'hold' });
    expect(slow?.['ms']).toBeGreaterThanOrEqual(199);
    const turnsOf = (id: string): unknown => of('turns').find((fact) => fact['id'] === id)?.['turns'];
    expect(turnsOf('slow')).toMatchObject({ slow: 1, longestType: 'hold' });
    expect((turnsOf('quick') as { ms: number } | null)?.ms ?? 0).toBeLessThan(100);
  });

  test('is named on stderr while the loop is stuck, and once more when it is back', () => {
    const { stderr, of } = hang(1_400, 'turn');
    const stuck = stderr.search(/the loop has been stuck for \d+\.\d s in a turn of root\/slow/);
    const back = stderr.search(/the loop is back; it was stuck for [1-9]\d*\.\d s in a turn of root\/slow/);
    expect(stuck).toBeGreaterThanOrEqual(0);
    expect(back).toBeGreaterThan(stuck);
    expect(of('stuck')).toEqual([expect.objectContaining({ path: 'root/slow', inTurn: true })]);
  });

  test('that is no turn is said to be none', () => {
    const { stderr, of } = hang(1_000, 'outside');
    expect(stderr).toMatch(/stuck for \d+\.\d s outside every turn/);
    expect(of('slow_turn')).toEqual([]);
    expect(of('stuck')).toEqual([expect.objectContaining({ inTurn: false })]);
  });
});

test('time is charged by the ticks that fell into a turn, an init counts as one, and time before a drain is nobody’s', async () => {
  const host = new SimulationHost();
  const cells = new Int32Array(handCells.count);
  const tick = (ticks: number): void => void (cells[handCells.tick] = (cells[handCells.tick] ?? 0) + ticks);
  const worker = (id: string) =>
    child<undefined, { readonly type: string; readonly ticks: number }, undefined>({
      id,
      args: undefined,
      mailbox: { capacity: 10 },
      behavior: {
        init: () => {
          tick(2);
          return undefined;
        },
        handle: (state, { ticks }) => {
          tick(ticks);
          return state;
        },
      },
    });
  const events: KernelEvent[] = [];
  const starting = startTree(
    supervisor('root', { strategy: 'one_for_one', intensity: 1, periodMs: 1_000 }, [
      worker('a'),
      worker('b'),
    ]),
    { host, hand: { cells, tickMs: 10 }, subscribers: [(event) => events.push(event)] },
  );
  await host.settle();
  const system = await starting;
  const timeOf = (id: string) => system.inspect(system.find(`root/${id}`) ?? system.root)?.turns?.ms ?? null;
  expect([timeOf('a'), timeOf('b')]).toEqual([20, 20]);
  const b = system.find('root/b') as unknown as { tell(message: object): void };
  b.tell({ type: 'x', ticks: 3 });
  tick(50);
  host.run();
  expect([timeOf('a'), timeOf('b')]).toEqual([20, 50]);
  expect(cells[handCells.turn]).toBeLessThan(0);
  expect(() => (system.slowTurnMs = 1)).toThrow(RangeError);
  const stopped = system.stop();
  await host.settle();
  await stopped;
});
