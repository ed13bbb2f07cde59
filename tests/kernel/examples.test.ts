import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';

const run = promisify(execFile);
const folder = path.resolve('docs/examples');

const example = async (name: string): Promise<{ readonly stdout: string; readonly stderr: string }> =>
  run(process.execPath, [path.join(folder, name)], { timeout: 20_000 });

describe('the examples of the guide run as they are printed', () => {
  test('first-tree: the bug crashes one life, the mail behind it is handled by the next', async () => {
    const { stdout, stderr } = await example('first-tree.mjs');
    expect(stdout).toContain("report: { ok: true, value: '19 C' }");
    expect(stdout).toContain('lives: 2 - last error: TypeError');
    expect(stdout).toContain("dead letter: crashed { type: 'reading' }");
    expect(stderr).toContain('root/thermometer (life 1) crashed in handle of reading, supervised by root');
  });

  test('from-nact: nact code reaches our actor, and our actor reaches nact code', async () => {
    const { stdout, stderr } = await example('from-nact.mjs');
    expect(stdout.split('\n')).toEqual([
      'printer, on nact: one is word 1',
      'printer, on nact: two is word 2',
      '',
    ]);
    expect(stderr).toBe('');
  });

  test('scenario: a tree from data is played on virtual time, and what happens is told line by line', async () => {
    const { stdout, stderr } = await example('scenario.mjs');
    const lines = stdout.trim().split('\n');
    expect(lines.slice(5, 10)).toEqual([
      '0 ms  root/group/b#1 ends: error',
      '0 ms  root/group/c#1 ends: shutdown',
      '0 ms  root/group/b#2 does not start',
      '0 ms  root/group/b#3 starts',
      '0 ms  root/group/c#2 starts',
    ]);
    expect(lines).toContain('500 ms  terminate b: {"ok":true}');
    expect(lines).toContain('500 ms  b is down');
    expect(lines.at(-1)).toBe('500 ms  root#1 ends: shutdown');
    expect(stderr).toBe('');
  });
});
