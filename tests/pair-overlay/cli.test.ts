/** `holdfast pairs` on the files of a refresh: what it lists, and which gate it names. */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, afterAll, describe, expect, test } from '@jest/globals';
import type { PairExplained } from '../../runtime/pipeline/explain-pairs.js';
import { pairIdOf } from '../../actors/pair-overlay/math/pair-id.js';
import { Files, keep, refreshed, startOverlay } from './rig.js';
import { walk } from './walk.js';

const run = promisify(execFile);
const program = path.resolve('dist', 'cli', 'main.js');

let core = '';

const pairs = async (...flags: readonly string[]): Promise<string> =>
  (await run(process.execPath, [program, 'pairs', ...flags, '--db', core])).stdout;

const explained = async (...flags: readonly string[]): Promise<PairExplained> =>
  JSON.parse(await pairs('explain', ...flags, '--json')) as PairExplained;

const refused = async (...flags: readonly string[]): Promise<unknown> =>
  pairs(...flags).catch((error: unknown) => error);

beforeAll(async () => {
  const files = new Files();
  core = keep(files.core);
  files.add([
    { id: 's1', name: 'one', lists: [{ kind: 'backtest', trades: walk(1, 120) }] },
    { id: 's2', name: 'two', lists: [{ kind: 'backtest', trades: walk(2, 130) }] },
    { id: 's3', name: 'short', lists: [{ kind: 'backtest', trades: walk(3, 99) }] },
    { id: 's4', name: 'shadow', lists: [{ kind: 'backtest', trades: walk(1, 120, 0.3) }] },
    { id: 's5', name: 'elsewhere', symbol: 'EURUSD', lists: [{ kind: 'backtest', trades: walk(5, 120) }] },
    { id: 's6', name: 'lowly', rank: 'B', lists: [{ kind: 'backtest', trades: walk(6, 120) }] },
  ]);
  files.close();
  const system = await startOverlay(core);
  await refreshed(system);
  await system.stop();
});

afterAll(() => rmSync(path.dirname(core), { recursive: true, force: true }));

describe('list', () => {
  test('names the active pair and what was kept', async () => {
    const text = await pairs('list');
    expect(text).toMatch(/^1 active, 2 kept of 3 tested/);
    expect(text).toMatch(/active +USDJPY\|60/);
  });

  test('gives the figures as JSON, and every pair that was ever kept', async () => {
    const found = JSON.parse(await pairs('list', '--json', '--all')) as { all: unknown[]; active: unknown[] };
    expect([found.all.length, found.active.length]).toEqual([2, 1]);
  });
});

describe('explain', () => {
  test('says of a pair that is active since when', async () => {
    const list = JSON.parse(await pairs('list', '--json')) as {
      active: { pairId: string; legacyId: string }[];
    };
    const [active] = list.active;
    expect(await pairs('explain', active?.pairId ?? '')).toMatch(/: active[\s\S]*active since/);
    expect(await explained(active?.legacyId ?? '')).toMatchObject({ active: true, because: null });
  });

  test.each([
    ['short', 'trades of short'],
    ['lowly', 'rank of lowly'],
    ['elsewhere', 'same market'],
    ['shadow', 'correlation'],
  ])('names the gate that is shut for one and %s', async (other, because) => {
    expect(await explained('one', other)).toMatchObject({ active: false, because });
    expect(await pairs('explain', 'one', other)).toContain(`not active: ${because}`);
  });

  test('knows a pair by its names in either order', async () => {
    const [one, other] = [await explained('one', 'short'), await explained('short', 'one')];
    expect([one.pairId, other.pairId]).toEqual([pairIdOf('s1', 's3'), pairIdOf('s1', 's3')]);
  });

  test('says of a strategy whether it can be a leg, and with whom', async () => {
    const text = await pairs('explain', '--strategy', 'one');
    expect(text).toMatch(/ok +trades +120 +at least 100/);
    expect(text).toMatch(/with short +not active .*shut: trades of short/);
  });

  test('says of a refresh what each gate left', async () => {
    const text = await pairs('explain');
    expect(text).toMatch(/legs +4 with 100 trades or more; excluded: 1 too_few_trades/);
    expect(text).toMatch(/empty slot +EURUSD\|60: 1 legs/);
  });

  test('says what it expected of names that it does not know', async () => {
    expect(await refused('explain', 'one', 'nobody')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('expected the name or id of a strategy') as unknown,
    });
    expect(await refused('explain', 'F9C9F119A01DA936')).toMatchObject({ code: 2 });
    expect(await refused('explain', 'one', 'one')).toMatchObject({ code: 2 });
  });

  test('without a database it says so', async () => {
    const missing = run(process.execPath, [
      program,
      'pairs',
      'list',
      '--db',
      path.join(path.dirname(core), 'no.db'),
    ]);
    await expect(missing).rejects.toMatchObject({ code: 66 });
  });
});
