/** docs/hazards.md says what is true: every row once, by files that exist and name the row. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';

const tests = path.resolve('tests');
const rows = readFileSync('docs/hazards.md', 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, row, , heldBy] = /^\| *(\d+) *\|([^|]*)\|(.*)\|$/.exec(line) ?? [];
    return row === undefined || heldBy === undefined ? [] : [{ row: Number(row), heldBy }];
  });

const filesOf = (heldBy: string): readonly string[] =>
  [...heldBy.matchAll(/`([\w/-]+\.test\.ts)`/g)].map(([, file]) => file ?? '');

/** The rows that the titles of a file name. */
function named(file: string): ReadonlySet<number> {
  const text = readFileSync(path.join(tests, file), 'utf8');
  const titles = [...text.matchAll(/hazards? (\d[\d, ]*)/g)].map(([, numbers]) => numbers ?? '');
  const cases = [...text.matchAll(/^ {2,4}(?:\[)?'(\d+)',/gm)].map(([, number]) => number ?? '');
  return new Set([...titles, ...cases].flatMap((numbers) => numbers.split(',').map(Number)));
}

test('each of the 146 rows is in the table once, in order', () => {
  expect(rows.map(({ row }) => row)).toEqual(Array.from({ length: 146 }, (_, at) => at + 1));
});

test.each(rows)(
  'row $row is held by tests that exist and, where they are about hazards, name it',
  ({ row, heldBy }) => {
    const files = filesOf(heldBy);
    for (const file of files)
      expect({ file, exists: existsSync(path.join(tests, file)) }).toEqual({ file, exists: true });
    if (heldBy.trim().startsWith('not applicable')) return;
    expect(files).not.toEqual([]);
    const [about] = files;
    if (about !== undefined && /hazards|mailbox/.test(about)) expect(named(about)).toContain(row);
  },
);

test('hazard 142: no test of the kernel sleeps', () => {
  const files = readdirSync(path.join(tests, 'kernel'), { recursive: true, encoding: 'utf8' });
  const sleeping = files.filter((file) => {
    if (!file.endsWith('.ts')) return false;
    return new RegExp('set' + 'Timeout|set' + 'Interval').test(
      readFileSync(path.join(tests, 'kernel', file), 'utf8'),
    );
  });
  expect(sleeping).toEqual([]);
});
