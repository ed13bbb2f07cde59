#!/usr/bin/env node
// Removes one guard of the kernel after another, in a copy, and demands that the test which holds it turns red.
// Writes the list with its results to docs/mutants.md; a name such as 07 or several run only those and write nothing.
//
//   node scripts/mutate-kernel.mjs [id ...]
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { transformSync } from '@swc/core';

const repository = path.resolve(import.meta.dirname, '..');
// Whole layers: the public face that the tests import reaches beyond the kernel, to worker pools for one.
const copied = [
  'actors',
  'supervisors',
  'storage',
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

// Some tests start programs, which run from dist.
for (const layer of ['actors', 'supervisors', 'protocols', 'runtime'])
  for (const entry of readdirSync(path.join(copy, layer), { recursive: true, withFileTypes: true }))
    if (entry.isFile() && entry.name.endsWith('.ts'))
      compile(path.relative(copy, path.join(entry.parentPath, entry.name)));

function compile(file) {
  const { code } = transformSync(readFileSync(path.join(copy, file), 'utf8'), {
    filename: file,
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'es6' },
    sourceMaps: false,
  });
  const target = path.join(copy, 'dist', file.replace(/\.ts$/, '.js'));
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, code);
}

/** A test that hangs with the guard removed has seen it too, and is given no more time than it needs for that. */
function run(test) {
  const jest = path.join(copy, 'node_modules/jest/bin/jest.js');
  const { status, stderr } = spawnSync(
    process.execPath,
    [jest, test, '--maxWorkers=1', '--bail', '--testTimeout=5000', '--forceExit'],
    {
      cwd: copy,
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      timeout: 60_000,
      killSignal: 'SIGKILL',
    },
  );
  return { survives: status === 0, said: stderr };
}

for (const test of new Set(chosen.map((mutant) => mutant.test))) {
  const { survives, said } = run(test);
  if (survives) continue;
  console.error(`${test} fails with nothing removed:\n${said.slice(0, 4_000)}`);
  process.exit(1);
}

const results = chosen.map((mutant) => {
  const file = path.join(copy, mutant.file);
  const whole = readFileSync(file, 'utf8');
  if (whole.split(mutant.search).length !== 2)
    throw new Error(`${mutant.id}: its text does not occur once in ${mutant.file}`);
  writeFileSync(
    file,
    whole.replace(mutant.search, () => mutant.replace),
  );
  compile(mutant.file);
  const alive = run(mutant.test).survives;
  writeFileSync(file, whole);
  compile(mutant.file);
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
