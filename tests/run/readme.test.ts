/** What the README shows works as it says. */
import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const repository = path.resolve(__dirname, '../..');
const readme = readFileSync(path.join(repository, 'README.md'), 'utf8');

test('the program that embeds the runtime prints what its comments say', () => {
  const [, program = ''] = /```js\n(.*?)```/s.exec(readme) ?? [];
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: repository,
    encoding: 'utf8',
  });
  expect({ status, lines: stdout.trim().split('\n') }).toEqual({
    status: 0,
    lines: ["{ ok: true, value: 'Hello, Ada' }", 'false exit', '{ ok: true, value: 0 }'],
  });
});

test('every file that it points to is there', () => {
  const targets = [...readme.matchAll(/\]\((?!http)([^)#]+)/g)].map(([, target = '']) => target);
  expect(targets.length).toBeGreaterThan(3);
  for (const target of targets) expect(() => readFileSync(path.join(repository, target))).not.toThrow();
});
