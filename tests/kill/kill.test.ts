/**
 * kill -9 of the runtime, of its backend and of the threads that hold its files, at random moments: nothing durable is lost,
 * no effect is doubled, and the trades are those of a run that nobody disturbed. HOLDFAST_KILLS=300 is the long form, so many
 * of each kind; HOLDFAST_SEED=n replays the moments of a seed.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import path from 'node:path';
import { effectsOf, inFlight, random, tradesOf } from '../run/effects.js';
import { countsOf, summaryOf, workplace } from '../run/program.js';
import type { Ended, Workplace } from '../run/program.js';
import { campaign, pace } from './campaign.js';
import type { Victim } from './campaign.js';

const shortKills = 3;
const killsMin = Number(process.env['HOLDFAST_KILLS'] ?? shortKills);
const seed = Number(process.env['HOLDFAST_SEED'] ?? Date.now() % 1_000_000);
const minuteMs = 60_000;

let place: Workplace;
let whole: Ended;
let wholeMs: number;
beforeAll(async () => {
  place = workplace();
  const startedMs = performance.now();
  whole = await place.run('undisturbed.db', ...pace).ended;
  // Measured on a busy machine it would put most kills behind the end of what they are meant for.
  wholeMs = Math.min(5_000, performance.now() - startedMs);
  expect(whole.code).toBe(0);
}, minuteMs);
afterAll(async () => {
  await place.endLeft();
  place.remove();
});

const victims: readonly Victim[] = ['process', 'engine', 'threads', 'all'];

// The short form leaves the process to run/recovery.test.ts.
const chosen = (
  process.env['HOLDFAST_VICTIMS'] ?? (killsMin > shortKills ? victims.join() : 'engine,threads')
).split(',');

test.each(victims.filter((victim) => chosen.includes(victim)))(
  `killed ${killsMin} times (%s) at moments of seed ${seed}, a job comes to the figures of an undisturbed one`,
  async (victim) => {
    const draw = random(seed + victims.indexOf(victim));
    const undisturbed = path.join(place.folder, 'undisturbed.db');
    const sum = { process: 0, engine: 0, threads: 0 };
    for (let round = 0; sum.process + sum.engine + sum.threads < killsMin; round += 1) {
      const { file, last, kills } = await campaign(place, `${victim}-${round}.db`, victim, draw, wholeMs);
      for (const kind of ['process', 'engine', 'threads'] as const) sum[kind] += kills[kind];
      // A round is named in what a failure shows: its files are gone by then.
      expect([round, kills, last.code, last.code === 0 ? '' : last.stderr]).toEqual([round, kills, 0, '']);
      expect({ round, ...countsOf(summaryOf(last)) }).toEqual({ round, ...countsOf(summaryOf(whole)) });
      expect({ round, ...effectsOf(file) }).toEqual({ round, ...effectsOf(undisturbed) });
      expect(tradesOf(file)).toEqual(tradesOf(undisturbed));
      expect(inFlight(file)).toBe(0);
    }
    if (killsMin > shortKills) process.stderr.write(`${victim}: ${JSON.stringify(sum)}\n`);
  },
  minuteMs + killsMin * minuteMs,
);
