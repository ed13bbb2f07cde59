import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { KernelEvent } from '../../actors/kernel/events.js';
import { openLog } from '../../runtime/node/winston-log.js';
import type { Log } from '../../runtime/node/winston-log.js';

let folder = '';
let log: Log;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'holdfast-log-'));
  log = openLog(path.join(folder, 'x.log'), 'boot');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const linesOf = (file: string): Record<string, unknown>[] =>
  readFileSync(path.join(folder, file), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('the log', () => {
  test('has its last lines, however soon it is closed', async () => {
    for (let line = 1; line <= 500; line++) log.info('said', { line });
    await log.close();
    expect(linesOf('x.log').map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 500 }, (_, index) => index + 1),
    );
  });

  test('cuts what is long, whoever says it, and numbers its lines', async () => {
    const long = 'x'.repeat(1_000_000);
    log.info('said', { text: long, count: 3 });
    const crash: KernelEvent = {
      type: 'crashed',
      path: 'root/a',
      supervisor: 'root',
      incarnation: 1,
      during: 'handle',
      messageType: 'greet',
      error: new Error(long),
    };
    log.subscriber(crash);
    await log.close();
    const [said, crashed] = linesOf('x.log');
    expect(said).toMatchObject({ message: 'said', sequence: 1, bootId: 'boot', count: 3 });
    expect(String(said?.['text'])).toHaveLength(2_000);
    expect(crashed).toMatchObject({ message: 'kernel.crashed', sequence: 2, messageType: 'greet' });
    expect(String(crashed?.['error']).length).toBeLessThanOrEqual(2_000);
  });

  test('keeps five files of five megabytes, the newest lines in the one without a number', async () => {
    const text = 'x'.repeat(1_900);
    const lines = 16_000;
    for (let line = 1; line <= lines; line++) {
      log.info('said', { text });
      // Slowly enough to be written: winston loses some of a burst while it turns the file over.
      if (line % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await log.close();
    const files = readdirSync(folder);
    expect(files.length).toBeGreaterThan(1);
    expect(files.length).toBeLessThanOrEqual(5);
    for (const file of files) expect(statSync(path.join(folder, file)).size).toBeLessThan(5_100_000);
    expect(linesOf('x.log').at(-1)).toMatchObject({ sequence: lines });
  });
});
