/** The mutants themselves are run by scripts/mutate-kernel.mjs; here, that none of them has lost its target. */
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
