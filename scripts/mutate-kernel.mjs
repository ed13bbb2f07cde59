#!/usr/bin/env node
// Removes one guard of the kernel after another, in a copy, and demands that the test which holds it turns red.
// Writes the list with its results to docs/mutants.md; a name such as 07 or several run only those and write nothing.
//
//   node scripts/mutate-kernel.mjs [id ...]
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const repository = path.resolve(import.meta.dirname, '..');
const copied = [
  'actors/kernel',
  'supervisors/kernel',
  'protocols',
  'runtime',
  'tests/kernel',
  'jest.config.js',
  'package.json',
  'tsconfig.json',
];
const mutants = JSON.parse(readFileSync(path.join(repository, 'tests/kernel/mutation/mutants.json'), 'utf8'));
const wanted = process.argv.slice(2);
const chosen = wanted.length === 0 ? mutants : mutants.filter(({ id }) => wanted.includes(id));

const copy = mkdtempSync(path.join(tmpdir(), 'holdfast-mutants-'));
process.once('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const name of copied) cpSync(path.join(repository, name), path.join(copy, name), { recursive: true });
symlinkSync(path.join(repository, 'node_modules'), path.join(copy, 'node_modules'));

/** A test that hangs with the guard removed has seen it too, and is given no more time than it needs for that. */
function survives(test) {
  const jest = path.join(copy, 'node_modules/jest/bin/jest.js');
  const { status } = spawnSync(
    process.execPath,
    [jest, test, '--maxWorkers=1', '--bail', '--testTimeout=5000', '--forceExit'],
    {
      cwd: copy,
      stdio: 'ignore',
      timeout: 60_000,
      killSignal: 'SIGKILL',
    },
  );
  return status === 0;
}

for (const test of new Set(chosen.map((mutant) => mutant.test)))
  if (!survives(test)) throw new Error(`${test} fails with nothing removed`);

const results = chosen.map((mutant) => {
  const file = path.join(copy, mutant.file);
  const whole = readFileSync(file, 'utf8');
  if (whole.split(mutant.search).length !== 2)
    throw new Error(`${mutant.id}: its text does not occur once in ${mutant.file}`);
  writeFileSync(
    file,
    whole.replace(mutant.search, () => mutant.replace),
  );
  const alive = survives(mutant.test);
  writeFileSync(file, whole);
  console.log(`${mutant.id} ${alive ? 'ALIVE ' : 'killed'} ${mutant.row}: ${mutant.what}`);
  return { ...mutant, alive };
});

const alive = results.filter((result) => result.alive).length;
console.log(`${results.length - alive} of ${results.length} killed`);
if (wanted.length === 0) writeFileSync(path.join(repository, 'docs/mutants.md'), document(results, alive));
process.exitCode = alive === 0 ? 0 : 1;

function document(all, living) {
  const lines = all.map(
    ({ id, row, what, file, test, alive: lives }) =>
      `| ${id} | ${row} | ${what} | \`${file}\` | \`${test.replace('tests/kernel/', '')}\` | ${lives ? '**alive**' : 'killed'} |`,
  );
  return [
    '# Mutants of the kernel',
    '',
    'Each line is a guard that was removed from a copy of the kernel, and the test file under `tests/kernel` that has to turn red',
    'for it. Rows are those of [hazards](hazards.md), or a guarantee. Made by `node scripts/mutate-kernel.mjs`, which takes a few',
    'minutes; the normal tests check only that every guard is still there to be removed.',
    '',
    `${all.length - living} of ${all.length} are killed.`,
    '',
    '| id | row | without the guard | in | test | result |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
}
