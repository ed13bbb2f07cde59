/** The mutants themselves are run by scripts/mutate-kernel.mjs; here, that none of them has lost its target. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';

interface Mutant {
  readonly id: string;
  readonly row: string;
  readonly what: string;
  readonly file: string;
  readonly search: string;
  readonly replace: string;
  readonly test: string;
}

const mutants = JSON.parse(readFileSync(path.join(__dirname, 'mutants.json'), 'utf8')) as readonly Mutant[];

test.each(mutants)(
  'hazard 144: the guard of mutant $id ($what) occurs once in $file',
  ({ file, search, replace, test: guard }) => {
    expect(readFileSync(file, 'utf8').split(search)).toHaveLength(2);
    expect(replace).not.toBe(search);
    expect(readFileSync(guard, 'utf8')).toContain('test');
  },
);

test('ids of mutants are unique', () => {
  expect(new Set(mutants.map(({ id }) => id)).size).toBe(mutants.length);
});

test('one mutant as a sample: what the script copies is enough for a test to pass there, and to fail without the guard', () => {
  const said = execFileSync(process.execPath, ['scripts/mutate-kernel.mjs', '12'], { encoding: 'utf8' });
  expect(said).toContain('12 killed');
}, 120_000);
