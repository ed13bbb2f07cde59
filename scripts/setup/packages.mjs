/** The packages of package-lock.json in node_modules, installed without running any package's scripts. */
import { existsSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { run } from './child.mjs';
import { npmCli } from './npm.mjs';
import { startProgress } from './progress.mjs';
import { inRoot, SetupError } from './root.mjs';

const TAIL_LINES = 25;

/**
 * Not `npm ci`: it refuses where a registry lacks the optional binaries of other platforms, and it empties
 * node_modules, which costs the compiled better-sqlite3 each time. What `ci` promises is checked below instead.
 */
const INSTALL = [
  'install',
  '--no-save',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--include=dev',
  '--include=optional',
];

const readJson = (file) => JSON.parse(readFileSync(inRoot(file), 'utf8'));

/**
 * npm writes node_modules/.package-lock.json last, so that file says what is really there, whoever installed it.
 * @returns why npm has to run, or null when node_modules holds what package-lock.json asks for
 */
export function packagesMissing() {
  if (!existsSync(inRoot('node_modules/.package-lock.json'))) return 'packages are not installed';
  const wanted = readJson('package-lock.json').packages;
  const found = readJson('node_modules/.package-lock.json').packages;
  for (const name of Object.keys({ ...wanted[''].dependencies, ...wanted[''].devDependencies })) {
    if (!existsSync(inRoot('node_modules', name, 'package.json'))) return `${name} is not installed`;
  }
  for (const [place, { version, optional }] of Object.entries(wanted)) {
    if (!place.startsWith('node_modules/')) continue;
    // Optional packages are mostly binaries for other platforms.
    if (found[place] === undefined ? !optional : found[place].version !== version) {
      return `${place.replace('node_modules/', '')} ${version} is wanted, ${found[place]?.version ?? 'none'} is installed`;
    }
  }
  return lockDisagrees();
}

/** @returns in what package.json asks for something else than package-lock.json records, or null */
function lockDisagrees() {
  const own = readJson('package.json');
  const locked = readJson('package-lock.json').packages[''];
  const list = ['dependencies', 'devDependencies'].find(
    (name) => !isDeepStrictEqual(own[name] ?? {}, locked[name] ?? {}),
  );
  return list === undefined ? null : `package.json and package-lock.json differ in ${list}`;
}

export async function installPackages() {
  const disagreement = lockDisagrees();
  if (disagreement !== null)
    throw new SetupError(`${disagreement}. Run "npm install" and commit both files.`, 1);
  const progress = startProgress('installing packages (npm install, no install scripts)');
  const { code, lines } = await run(process.execPath, [npmCli(), ...INSTALL]);
  progress.done(code === 0 ? 'done' : 'FAILED');
  if (code !== 0) {
    const tail = lines.slice(-TAIL_LINES).join('\n');
    throw new SetupError(
      `npm ${INSTALL.join(' ')} ended with ${code ?? 'a signal'}. Its last lines:\n${tail}`,
    );
  }
  const stillMissing = packagesMissing();
  if (stillMissing !== null) throw new SetupError(`npm ${INSTALL.join(' ')} succeeded, but ${stillMissing}`);
}
