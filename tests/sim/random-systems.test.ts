/** Random systems on the kernel. `node scripts/chaos-kernel.mjs` plays thousands; here, a few hundred of them. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { plan } from './plan.js';
import { play } from './play.js';

test('no law of the kernel is broken by random systems with faults', async () => {
  await fc.assert(
    fc.asyncProperty(plan, async (drawn) => {
      const { broken } = await play(drawn);
      if (broken !== undefined) throw new Error(`${broken.law}: ${broken.problem}\n${broken.story}`);
    }),
    { numRuns: 200, interruptAfterTimeLimit: 15_000 },
  );
});

test('the same plan is the same run, and another order of turns is another', async () => {
  await fc.assert(
    fc.asyncProperty(plan, async (drawn) => {
      const [first, second] = [await play(drawn), await play(drawn)];
      expect(first).toEqual(second);
    }),
    { numRuns: 30 },
  );
  const [drawn] = fc.sample(plan, { seed: 1, numRuns: 1 });
  if (drawn === undefined) throw new Error('no plan');
  const digests = new Set<string>();
  for (const seed of [1, 2, 3]) digests.add((await play({ ...drawn, seed })).digest);
  expect(digests.size).toBe(3);
});

test('a random system has about twenty actors and two hundred messages', async () => {
  const sizes = { actors: 0, sent: 0 };
  const drawn = fc.sample(plan, { seed: 1, numRuns: 40 });
  for (const each of drawn) {
    const { actors, sent } = await play(each);
    sizes.actors += actors / drawn.length;
    sizes.sent += sent / drawn.length;
  }
  expect(sizes.actors).toBeGreaterThan(15);
  expect(sizes.sent).toBeGreaterThan(150);
});

interface Planted {
  readonly id: string;
  readonly file: string;
  readonly search: string;
  readonly replace: string;
}

const planted = JSON.parse(readFileSync(path.join(__dirname, 'planted.json'), 'utf8')) as readonly Planted[];

describe('planted bugs', () => {
  test.each(planted)('$id still has its line in $file', ({ file, search, replace }) => {
    expect(readFileSync(file, 'utf8').split(search)).toHaveLength(2);
    expect(replace).not.toBe(search);
  });

  test('are found, and the seed is told with what happened', () => {
    const ids = ['crashed_turn_commits', 'conflate_into_nothing', 'siblings_lose_mail'];
    const options = ['--planted', ...ids, '--seeds', '100', '--shrink', '0', '--json'];
    const { stdout, status } = spawnSync(process.execPath, ['scripts/chaos-kernel.mjs', ...options], {
      encoding: 'utf8',
    });
    const found = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; found: { broken: { story: string } } | null });
    expect(found.map(({ id }) => id)).toEqual(ids);
    for (const each of found) expect(each.found?.broken.story).toContain(' ms  r');
    expect(status).toBe(0);
  });

  test('the script says what is wrong with its options', () => {
    const run = (...options: string[]) =>
      spawnSync(process.execPath, ['scripts/chaos-kernel.mjs', ...options], { encoding: 'utf8' });
    expect(run('--help').stdout).toContain('--planted');
    expect(run('--seeds', 'many')).toMatchObject({ status: 2 });
    expect(run('--sseeds', '1').stderr).toContain('--seeds N');
    expect(run('--planted', 'nobody').stderr).toContain('crashed_turn_commits');
  });
});
