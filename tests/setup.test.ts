/**
 * The setup, run as a person runs it, in a small stand-in clone: its npm, node-gyp and tsc are scripts of a few lines
 * that note how they were called, so that no test waits for a download or a compiler.
 */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const repository = path.resolve(__dirname, '..');
let folder = '';
let clone = '';
let npmCli = '';

const write = (file: string, text: string): void => {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
};
const calls = (): readonly string[] =>
  existsSync(path.join(folder, 'calls'))
    ? readFileSync(path.join(folder, 'calls'), 'utf8').trim().split('\n')
    : [];
const inClone = (file: string): string => path.join(clone, file);
const forgetCalls = (): void => rmSync(path.join(folder, 'calls'), { force: true });

const note = `require('node:fs').appendFileSync(${JSON.stringify('CALLS')}, PROGRAM + ' ' + process.argv.slice(2).join(' ') + '\\n');`;
const program = (name: string, body: string): string =>
  note
    .replace('"CALLS"', JSON.stringify(path.join(folder, 'calls')))
    .replace('PROGRAM', JSON.stringify(name)) + body;

/** Compiles by renaming, which is all that the setup can see of a compiler. */
const tsc = `
const fs = require('node:fs'), path = require('node:path');
for (const name of fs.readdirSync('protocols')) {
  const source = fs.readFileSync('protocols/' + name, 'utf8');
  if (source.includes('wrong')) { console.log('protocols/' + name + '(1,1): error TS1: wrong'); process.exitCode = 2; }
  fs.mkdirSync('dist/protocols', { recursive: true });
  for (const ending of ['.js', '.js.map', '.d.ts']) fs.writeFileSync('dist/protocols/' + name.replace(/\\.ts$/, ending), source);
}`;
const sqlite = `
module.exports = class { constructor() { if (!require('node:fs').existsSync(__dirname + '/build/Release/better_sqlite3.node')) throw new Error('Could not locate the bindings file'); } close() {} };`;
const nodeGyp = `
const fs = require('node:fs');
fs.appendFileSync(${JSON.stringify('CALLS')}, 'nodedir in env: ' + process.env.npm_config_nodedir + '\\n');
fs.mkdirSync('build/Release', { recursive: true });
fs.writeFileSync('build/Release/better_sqlite3.node', 'binary');`;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'holdfast-setup-test-')));
  clone = path.join(folder, 'clone');
  npmCli = path.join(folder, 'npm/bin/npm-cli.js');
  mkdirSync(clone);
  // Whatever lies above the temporary folder has no say in how its programs are read.
  write('package.json', JSON.stringify({ type: 'commonjs' }));
  cpSync(path.join(repository, 'scripts'), inClone('scripts'), { recursive: true });
  const packages = ['better-sqlite3', 'zeromq', 'typescript'];
  const dependencies = Object.fromEntries(packages.map((name) => [name, '1.0.0']));
  const places = Object.fromEntries(packages.map((name) => [`node_modules/${name}`, { version: '1.0.0' }]));
  write('clone/package.json', JSON.stringify({ dependencies }));
  write('clone/package-lock.json', JSON.stringify({ packages: { '': { dependencies }, ...places } }));
  write('clone/node_modules/.package-lock.json', JSON.stringify({ packages: places }));
  for (const name of packages)
    write(`clone/node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0' }));
  write('clone/node_modules/zeromq/index.js', '');
  write('clone/node_modules/better-sqlite3/index.js', sqlite);
  write('clone/node_modules/better-sqlite3/build/Release/better_sqlite3.node', 'binary');
  write('clone/node_modules/typescript/bin/tsc', program('tsc', tsc));
  write('clone/tsconfig.json', '{}');
  write('clone/tsconfig.build.json', '{}');
  write('clone/protocols/name.ts', '1');
  write('npm/bin/npm-cli.js', program('npm', "console.log('E404 no such package'); process.exitCode = 3;"));
  write(
    'npm/node_modules/node-gyp/bin/node-gyp.js',
    program('node-gyp', nodeGyp.replace('"CALLS"', JSON.stringify(path.join(folder, 'calls')))),
  );
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly said: string;
}

function start(
  args: readonly string[] = [],
  env: Record<string, string> = {},
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [inClone('scripts/setup.mjs'), ...args], {
    cwd: folder,
    env: { ...process.env, TMPDIR: folder, npm_execpath: npmCli, ...env },
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, said })));
  return { child, ended };
}
const setup = (args: readonly string[] = [], env: Record<string, string> = {}): Promise<Ended> =>
  start(args, env).ended;

describe('a clone that has its packages', () => {
  test('is built once, and the second setup says and does nothing', async () => {
    expect((await setup()).code).toBe(0);
    expect(calls()).toEqual(['tsc -p tsconfig.build.json --pretty false']);
    forgetCalls();
    expect(await setup()).toEqual({ code: 0, said: '' });
    expect(calls()).toEqual([]);
  });

  test('is built again when a source has changed, also to an older time', async () => {
    await setup();
    forgetCalls();
    utimesSync(inClone('protocols/name.ts'), 1, 1);
    expect((await setup()).code).toBe(0);
    expect(calls()).toHaveLength(1);
  });

  test('loses the output of a source that is gone', async () => {
    write('clone/protocols/gone.ts', '2');
    await setup();
    expect(existsSync(inClone('dist/protocols/gone.js'))).toBe(true);
    rmSync(inClone('protocols/gone.ts'));
    await setup();
    expect(existsSync(inClone('dist/protocols/gone.js'))).toBe(false);
    expect(existsSync(inClone('dist/protocols/name.js'))).toBe(true);
  });

  test("shows the compiler's errors when the build fails, and does not take the result for a build", async () => {
    write('clone/protocols/bad.ts', 'wrong');
    const attempts = [await setup(), await setup()];
    expect(attempts.map(({ code }) => code)).toEqual([1, 1]);
    for (const { said } of attempts) expect(said).toContain('protocols/bad.ts(1,1): error TS1');
    expect(calls()).toHaveLength(2);
  });

  test('is built again when a source is put back after a failed build, although it looks as it did before', async () => {
    const file = inClone('protocols/name.ts');
    utimesSync(file, 1, 1);
    await setup();
    write('clone/protocols/name.ts', 'wrong');
    await setup();
    write('clone/protocols/name.ts', '1');
    utimesSync(file, 1, 1);
    forgetCalls();
    expect((await setup()).code).toBe(0);
    expect(calls()).toHaveLength(1);
  });

  test('is built by one of two setups that start together', async () => {
    const both = await Promise.all([setup(), setup()]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(calls()).toHaveLength(1);
  });

  describe('while the compiler hangs', () => {
    const compilerPid = (): number => {
      const file = path.join(folder, 'compiler-pid');
      return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
    };

    beforeEach(() => {
      const file = JSON.stringify(path.join(folder, 'compiler-pid'));
      const hang = `require('node:fs').writeFileSync(${file}, String(process.pid)); setInterval(() => {}, 1_000);`;
      write('clone/node_modules/typescript/bin/tsc', hang);
    });

    afterEach(() => {
      const pid = compilerPid();
      if (pid > 0 && !isGone(pid)) process.kill(pid, 'SIGKILL');
    });

    test('a setup that is killed does not hold up the next one with its lock', async () => {
      const { child, ended } = start();
      await until(() => compilerPid() > 0);
      child.kill('SIGKILL');
      await ended;
      write('clone/node_modules/typescript/bin/tsc', program('tsc', tsc));
      expect((await setup()).code).toBe(0);
    });

    test('an interrupt ends the setup at once, and the compiler too', async () => {
      const { child, ended } = start();
      await until(() => compilerPid() > 0);
      child.kill('SIGINT');
      expect((await ended).code).toBe(130);
      await until(() => isGone(compilerPid()));
    });
  });

  test('tells with --check what it would do, and does not do it', async () => {
    const { code, said } = await setup(['--check']);
    expect(code).toBe(0);
    expect(said).toContain('build dist/: dist/ is not built');
    expect(calls()).toEqual([]);
  });

  test('refuses an option that it does not know', async () => {
    expect((await setup(['--chekc'])).code).toBe(2);
  });
});

describe('packages', () => {
  test('are installed without install scripts when one has another version than the lock wants', async () => {
    write(
      'clone/node_modules/.package-lock.json',
      JSON.stringify({ packages: { 'node_modules/zeromq': { version: '0.9.0' } } }),
    );
    const { code, said } = await setup();
    expect(calls()).toEqual([
      'npm install --no-save --ignore-scripts --no-audit --no-fund --include=dev --include=optional',
    ]);
    expect(code).toBe(69);
    expect(said).toContain('E404 no such package');
  });

  test('that npm left out although it ended well are an error, not a later surprise', async () => {
    write('npm/bin/npm-cli.js', program('npm', ''));
    rmSync(inClone('node_modules/zeromq'), { recursive: true });
    const { code, said } = await setup();
    expect(code).toBe(69);
    expect(said).toContain('succeeded, but zeromq is not installed');
  });

  test('are not touched when package.json asks for something that the lock does not record', async () => {
    write('clone/package.json', JSON.stringify({ dependencies: { zeromq: '2.0.0' } }));
    const { code, said } = await setup();
    expect(code).toBe(1);
    expect(said).toContain('package.json and package-lock.json differ in dependencies');
    expect(calls()).toEqual([]);
  });

  test('are left alone when only an optional one for another platform is absent', async () => {
    const lock = JSON.parse(readFileSync(inClone('package-lock.json'), 'utf8')) as {
      packages: Record<string, unknown>;
    };
    lock.packages['node_modules/other-platform'] = { version: '1.0.0', optional: true };
    write('clone/package-lock.json', JSON.stringify(lock));
    expect((await setup()).code).toBe(0);
    expect(calls()).toHaveLength(1);
  });
});

describe('better-sqlite3 without a binary', () => {
  beforeEach(() => rmSync(inClone('node_modules/better-sqlite3/build'), { recursive: true }));

  test("is compiled by npm's own node-gyp against the headers beside this Node", async () => {
    const { code, said } = await setup([], { npm_config_nodedir: 'elsewhere', CXX: 'node', PYTHON: 'node' });
    expect(said).toContain('compiling better-sqlite3');
    expect(code).toBe(0);
    const [gyp, environment] = calls();
    const prefix = path.resolve(realpathSync(process.execPath), '../..');
    const hasHeaders = existsSync(path.join(prefix, 'include/node/node_version.h'));
    expect(gyp).toMatch(hasHeaders ? `--nodedir=${prefix}` : /--jobs=\d+$/);
    expect(gyp).toMatch(/^node-gyp rebuild --release /);
    expect(environment).toBe('nodedir in env: undefined');
  });

  test('names the tools that are missing before anything is tried', async () => {
    mkdirSync(path.join(folder, 'bin'));
    symlinkSync(process.execPath, path.join(folder, 'bin/make'));
    const { code, said } = await setup([], { PATH: path.join(folder, 'bin'), CXX: '', PYTHON: '' });
    expect(code).toBe(69);
    expect(said).toContain('lacks python3 and a C++ compiler (g++)');
    expect(calls()).toEqual([]);
  });

  test('shows the end of the build log when the compiler fails', async () => {
    write(
      'npm/node_modules/node-gyp/bin/node-gyp.js',
      "for (let i = 1; i <= 100; i++) console.error('line ' + i); process.exitCode = 1;",
    );
    const { code, said } = await setup();
    expect(code).toBe(69);
    expect(said).toContain('line 61\n');
    expect(said).not.toContain('line 60\n');
    expect(said).toContain('needs python3, make and a C++20 compiler');
  });
});

test('zeromq without a binary for this machine is an error that names the machine', async () => {
  write('clone/node_modules/zeromq/index.js', "throw new Error('No compatible zeromq addon found')");
  const { code, said } = await setup();
  expect(code).toBe(69);
  expect(said).toContain(`zeromq does not load on ${process.platform} ${process.arch}`);
  expect(said).toContain('No compatible zeromq addon found');
});

describe('the last line of a CI run', () => {
  const counts = (report: string): { readonly status: number | null; readonly stdout: string } => {
    write('jest.json', report);
    const script = path.join(repository, 'scripts/test-counts.mjs');
    return spawnSync(process.execPath, [script, path.join(folder, 'jest.json')], { encoding: 'utf8' });
  };
  const report = {
    numPassedTests: 5,
    numFailedTests: 1,
    numRuntimeErrorTestSuites: 1,
    numPendingTests: 2,
    numTodoTests: 1,
  };

  test('counts a suite that did not load as a failure', () => {
    expect(counts(JSON.stringify(report))).toMatchObject({
      status: 0,
      stdout: '5 passed, 2 failed, 3 skipped\n',
    });
  });

  test('is a failure of its own when no test ran or no report was written', () => {
    const nothing = { ...report, numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 0 };
    expect(counts(JSON.stringify(nothing))).toMatchObject({
      status: 1,
      stdout: '0 passed, 0 failed, 3 skipped\n',
    });
    expect(counts('')).toMatchObject({ status: 1, stdout: '0 passed, 0 failed, 0 skipped\n' });
  });
});

/** Watches a condition that another process brings about; bounded, so that a failing test does not spin for ever. */
async function until(condition: () => boolean): Promise<void> {
  const giveUpMs = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > giveUpMs) throw new Error(`not within 10 s: ${condition.toString()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Gone, or dead and only waiting for its parent to notice. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return true;
  }
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && /^\d+ \(.*\) Z/.test(readFileSync(stat, 'utf8'));
}
