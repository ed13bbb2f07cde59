/** What a user of the package gets, asked of the built package by its own name in a process of its own. */
import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const repository = path.resolve(__dirname, '..');

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
}
const manifest = JSON.parse(readFileSync(path.join(repository, 'package.json'), 'utf8')) as Manifest;
const inRepository = (file: string): string => path.join(repository, file);

/** Runs a module of one line and returns what it printed as JSON; it resolves `holdfast` as an installed one would. */
function inNode(program: string): unknown {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: repository,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
}

/** Native files that this import maps into the process, and native packages that it loads. */
const nativePartsOf = (name: string): unknown =>
  inNode(`
    import { createRequire } from 'node:module';
    await import(${JSON.stringify(name)});
    const loaded = Object.keys(createRequire(import.meta.url).cache);
    const shared = process.report.getReport().sharedObjects;
    const isNative = (file) => file.endsWith('.node') || /node_modules.(better-sqlite3|zeromq)./.test(file);
    console.log(JSON.stringify([...new Set([...shared, ...loaded])].filter(isNative)));
  `);

test("importing 'holdfast' loads no native module", () => {
  expect(nativePartsOf('holdfast')).toEqual([]);
});

test('the same question does see a native module where one is loaded', () => {
  expect(nativePartsOf('zeromq')).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/zeromq.*addon\.node$/),
      expect.stringMatching(/zeromq.lib.index\.js$/),
    ]),
  );
});

describe.each(['.', './pipeline', './protocols', './repl', './testing'])('the export %s', (entry) => {
  const target = manifest.exports[entry];
  if (target === undefined || typeof target === 'string')
    throw new Error(`package.json has no export ${entry} with types`);

  test('resolves to a module that imports and exports something', () => {
    const name = path.posix.join('holdfast', entry);
    expect(inNode(`console.log(Object.keys(await import(${JSON.stringify(name)})).length)`)).toBeGreaterThan(
      0,
    );
  });

  test('has its types', () => {
    expect(existsSync(inRepository(target.types))).toBe(true);
    expect(target.types.replace(/\.d\.ts$/, '.js')).toBe(target.default);
  });
});

test('a file that is no export cannot be imported', () => {
  const reach = `console.log(JSON.stringify(await import('holdfast/dist/runtime/index.js').catch((e) => e.code)))`;
  expect(inNode(reach)).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED');
});

test('the program is an executable script, and shipped', () => {
  const program = manifest.bin['holdfast'] ?? '';
  expect(readFileSync(inRepository(program), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  expect(manifest.files).toContain(program);
});
