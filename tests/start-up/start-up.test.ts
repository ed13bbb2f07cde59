/**
 * The time to the receive loop, with a backlog that a long outage left. HOLDFAST_LONG=1 takes a million rows, which want a
 * minute to be written; the suite takes 200,000.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from '@jest/globals';
import { makeBacklog } from './backlog.js';

const rows = process.env['HOLDFAST_LONG'] === undefined ? 200_000 : 1_000_000;
const underWay = 500;
const ratePerS = 40;

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const newFile = (): string => {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-start-'));
  folders.push(folder);
  return path.join(folder, 'core.db');
};

interface Started {
  readonly endpoint: string;
  /** From the first line of the start until results are received. */
  readonly receivingMs: number;
  readonly leasedWhileOff: number;
  readonly backlog: number;
  readonly released: { readonly count: number; readonly seconds: number } | null;
}

/** A process of its own: what is loaded and warm in this one would hide what a start costs. */
async function start(...args: readonly string[]): Promise<Started> {
  const program = path.resolve('tests', 'start-up', 'start.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], { timeout: 120_000 });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Started;
}

test(`results are received at once whatever waits (${rows} rows), nothing is sent while it is off, and then at its pace`, async () => {
  const empty = await start(newFile());
  const file = newFile();
  makeBacklog(file, rows, underWay);
  const full = await start(file, String(ratePerS));
  process.stdout.write(
    `receiving after ${Math.round(empty.receivingMs)} ms with nothing, ${Math.round(full.receivingMs)} ms with ${rows} rows\n`,
  );
  expect(full.endpoint).toMatch(/^tcp:/);
  // A start that read the backlog would take longer by what that takes: seconds for a million rows.
  expect(full.receivingMs).toBeLessThan(empty.receivingMs * 2 + 500);
  expect(full.leasedWhileOff).toBe(0);
  expect(full.backlog).toBe(rows);
  const { count, seconds } = full.released ?? { count: 0, seconds: 0 };
  expect(count).toBeGreaterThanOrEqual(40);
  // A second's worth may go at once, and a batch more.
  expect(count).toBeLessThanOrEqual(ratePerS * (seconds + 1) + 5);
}, 400_000);
