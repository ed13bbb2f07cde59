/** The packages of package-lock.json in node_modules, installed without running any package's scripts. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import os from 'node:os';
import path from 'node:path';
import { run } from './child.mjs';
import { npmCli } from './npm.mjs';
import { startProgress } from './progress.mjs';
import { inRoot, SetupError } from './root.mjs';

const TAIL_LINES = 25;
const SQLITE = 'node_modules/better-sqlite3';
const SQLITE_BINARY = `${SQLITE}/build/Release/better_sqlite3.node`;

const readJson = (file) => JSON.parse(readFileSync(inRoot(file), 'utf8'));

/**
 * npm writes node_modules/.package-lock.json last, so that file says what is really there, whoever installed it.
 * @returns why npm has to run, or null when node_modules holds what package-lock.json asks for
 */
export function packagesMissing() {
  if (!existsSync(inRoot('node_modules/.package-lock.json'))) return 'packages are not installed';
  const wanted = readJson('package-lock.json').packages;
  const found = readJson('node_modules/.package-lock.json').packages;
  const own = readJson('package.json');
  for (const list of ['dependencies', 'devDependencies']) {
    if (!isDeepStrictEqual(own[list] ?? {}, wanted['']?.[list] ?? {}))
      return `package.json and package-lock.json differ in ${list}`;
    for (const name of Object.keys(own[list] ?? {})) {
      if (!existsSync(inRoot('node_modules', name, 'package.json'))) return `${name} is not installed`;
    }
  }
  for (const [place, { version, optional }] of Object.entries(wanted)) {
    if (!place.startsWith('node_modules/')) continue;
    // Optional packages are mostly binaries for other platforms.
    if (found[place] === undefined ? !optional : found[place].version !== version) {
      return `${place.replace('node_modules/', '')} ${version} is wanted, ${found[place]?.version ?? 'none'} is installed`;
    }
  }
  return null;
}

export async function installPackages() {
  const restoreBinary = keepSqliteBinary();
  const progress = startProgress('installing packages (npm ci)');
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--include=dev', '--include=optional'];
  const { code, lines } = await run(process.execPath, [npmCli(), ...args]);
  progress.done(code === 0 ? 'done' : 'FAILED');
  if (code !== 0) {
    const tail = lines.slice(-TAIL_LINES).join('\n');
    throw new SetupError(`npm ${args.join(' ')} ended with ${code ?? 'a signal'}. Its last lines:\n${tail}`);
  }
  restoreBinary();
}

/** `npm ci` empties node_modules; a minute of compiling is saved when better-sqlite3 itself did not change. */
function keepSqliteBinary() {
  if (!existsSync(inRoot(SQLITE_BINARY)) || !existsSync(inRoot(SQLITE, 'package.json'))) return () => {};
  const { version } = readJson(`${SQLITE}/package.json`);
  const aside = mkdtempSync(path.join(os.tmpdir(), 'holdfast-binary-'));
  copyFileSync(inRoot(SQLITE_BINARY), path.join(aside, 'binary'));
  return () => {
    if (readJson(`${SQLITE}/package.json`).version === version) {
      mkdirSync(path.dirname(inRoot(SQLITE_BINARY)), { recursive: true });
      copyFileSync(path.join(aside, 'binary'), inRoot(SQLITE_BINARY));
    }
    rmSync(aside, { recursive: true });
  };
}
