/**
 * kill -9 at random moments of real runs: continued by the same command, a job comes to the figures of an undisturbed one,
 * and no attempt is spent that no kill has cost. HOLDFAST_SEED=n replays the moments of a seed.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import path from 'node:path';
import { attemptsOf, effectsOf, inFlight, random, tradesOf } from './effects.js';
import { countsOf, summaryOf, untilNoneLeft, workplace } from './program.js';
import type { Workplace } from './program.js';

const seed = Number(process.env['HOLDFAST_SEED'] ?? Date.now() % 1_000_000);
const kills = 5;

/** Slow enough that most kills meet a job under way. */
const pace = ['--once', '--json', '--batch', '4', '--interval-ms', '60'];

let place: Workplace;
beforeAll(() => {
  place = workplace();
});
afterAll(() => place.remove());

test(`killed ${kills} times at moments of seed ${seed}, a job comes to the figures of an undisturbed one`, async () => {
  const draw = random(seed);
  const undisturbed = path.join(place.folder, 'undisturbed.db');
  const disturbed = path.join(place.folder, 'disturbed.db');
  const startedMs = performance.now();
  const whole = await place.run('undisturbed.db', ...pace).ended;
  const wholeMs = performance.now() - startedMs;
  expect(whole.code).toBe(0);

  let lostMax = 0;
  for (let kill = 0; kill < kills; kill++) {
    const running = place.run('disturbed.db', ...pace);
    const timer = setTimeout(() => running.child.kill('SIGKILL'), 150 + draw() * wholeMs);
    await running.ended;
    clearTimeout(timer);
    await untilNoneLeft(disturbed);
    lostMax += inFlight(disturbed);
  }
  const last = await place.run('disturbed.db', ...pace).ended;

  expect(last.code).toBe(0);
  expect(countsOf(summaryOf(last))).toEqual(countsOf(summaryOf(whole)));
  expect(effectsOf(disturbed)).toEqual(effectsOf(undisturbed));
  expect(tradesOf(disturbed)).toEqual(tradesOf(undisturbed));
  expect(attemptsOf(disturbed)).toBeLessThanOrEqual(attemptsOf(undisturbed) + lostMax);
  expect(inFlight(disturbed)).toBe(0);
}, 120_000);
