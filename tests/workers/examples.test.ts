/** The programs of the guides run as they are printed, from the built package and by its own name. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const run = promisify(execFile);
const docs = path.resolve('docs');

const example = (file: string) =>
  run(process.execPath, [path.join(docs, 'examples', file)], { timeout: 20_000 });

test('workers: fatal numbers cost a worker each, and every asker has an answer', async () => {
  const { stdout, stderr } = await example('workers.mjs');
  expect(stderr).toBe('');
  const lines = stdout.split('\n');
  expect(lines.slice(0, 5).sort()).toEqual([
    '-1 not_a_number',
    '13 worker_died',
    '17 timeout',
    '360 2 x 2 x 2 x 3 x 3 x 5',
    '97 97',
  ]);
  expect(lines.slice(5).join(' ').replace(/\s+/g, ' ').trim()).toBe(
    '{ accepted: 5, done: 2, failed: 3, retried: 1, killed: 1, losses: { worker_died: 2, timeout: 1 } }',
  );
});

test('testing: one actor by a table, on virtual time and on the real one', async () => {
  expect(await example('testing.mjs')).toEqual({ stdout: 'all as expected\n', stderr: '' });
});

test.each([
  ['embedding.md', 'workers.mjs'],
  ['embedding.md', 'factors-worker.mjs'],
  ['testing.md', 'testing.mjs'],
])('what %s prints of %s is what runs', (guide, program) => {
  const runs = new Set(linesOf(readFileSync(path.join(docs, 'examples', program), 'utf8')));
  const printed = [...readFileSync(path.join(docs, guide), 'utf8').matchAll(/```js\n(.*?)```/gs)]
    .map(([, block]) => linesOf(block ?? ''))
    .find((lines) => lines.filter((line) => runs.has(line)).length > lines.length / 2);
  expect(printed?.filter((line) => !runs.has(line) && !line.startsWith('//'))).toEqual([]);
});

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
