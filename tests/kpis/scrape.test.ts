/** What docs/telemetry.md says of the indicators is in a real scrape, after a real job. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { workplace } from '../run/program.js';
import type { Running, Workplace } from '../run/program.js';

let place: Workplace;
let running: Running;
let scrape = '';

beforeAll(async () => {
  place = workplace();
  running = place.run('scrape.db');
  const [, url = ''] = await running.said(/page: (\S+)/);
  await running.said(/staying up/);
  // Each source is asked every few seconds.
  const untilMs = Date.now() + 30_000;
  do scrape = await (await fetch(new URL('/metrics', url))).text();
  while (
    !(scrape.includes('holdfast_hop_ms{') && scrape.includes('holdfast_pool_now{')) &&
    Date.now() < untilMs
  );
}, 90_000);

afterAll(async () => {
  running.child.kill('SIGKILL');
  await running.ended;
  place.remove();
});

const valueOf = (metric: string): number =>
  Number(new RegExp(`^${metric}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(scrape)?.[1] ?? NaN);

/** Absent while nothing is out, no letter is kept, and nothing was removed. */
const notAtRest = [
  'holdfast_result_silence_ms',
  'holdfast_letters',
  'holdfast_letters_oldest_ms',
  'holdfast_oldest_open_ms',
  'holdfast_removed_rows',
];

test('every indicator that is asked for has its metrics, and they are there', () => {
  const rows = readFileSync(path.resolve('docs', 'telemetry.md'), 'utf8')
    .split('## Which figure answers which question')[1]
    ?.split('\n')
    .filter((line) => /^\| *\d+ *\|/.test(line));
  const numbers = (rows ?? []).map((line) => Number(/\d+/.exec(line)?.[0]));
  expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 8, 10, 11, 12, 13, 14, 16, 17, 18]);
  const named = new Set((rows ?? []).flatMap((line) => line.match(/holdfast_[a-z_]+/g) ?? []));
  const present = new Set(scrape.match(/^holdfast_[a-z_]+/gm));
  expect([...named].filter((metric) => !present.has(metric) && !notAtRest.includes(metric))).toEqual([]);
});

test('they are of what happened', () => {
  expect(valueOf('holdfast_receiving_after_ms')).toBeGreaterThan(0);
  expect(valueOf('holdfast_receiving_after_ms')).toBeLessThan(60_000);
  const leased = Number(/holdfast_dispatch_total\{what="leased"\} (\d+)/.exec(scrape)?.[1]);
  expect(leased).toBeGreaterThan(0);
  expect(valueOf('holdfast_link_sent')).toBe(leased);
  expect(valueOf('holdfast_send_ms')).toBeGreaterThanOrEqual(0);
  const bytes = [...scrape.matchAll(/^holdfast_store_bytes\{store="core",part="\w+"\} (\d+)$/gm)];
  expect(bytes).toHaveLength(2);
  // What is committed is in the log until there is enough of it to be moved.
  expect(bytes.reduce((sum, [, size]) => sum + Number(size), 0)).toBeGreaterThan(100_000);
  expect(valueOf('holdfast_pair_refresh_ms')).toBeGreaterThan(0);
  expect(valueOf('holdfast_letters_lost')).toBe(0);
});

test('each pool of workers of the process is there with what it did', () => {
  const done = [...scrape.matchAll(/^holdfast_pool_total\{pool="([^"]+)",what="done"\} (\d+)$/gm)];
  expect(done.map(([, pool]) => pool).sort()).toEqual([
    'intake/pool',
    'oos-requests/monte-carlo',
    'operations/explainer',
    'pair-overlay/evaluators',
  ]);
  for (const [, pool, count] of done)
    if (pool !== 'operations/explainer') expect(Number(count)).toBeGreaterThan(0);
});
