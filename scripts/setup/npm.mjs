/** Finds npm's own program file: setup must run the npm that the user has, also when it was not npm that started it. */
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { SetupError } from './root.mjs';

/** Every directory of PATH that holds a program of this name, as full paths. */
export const onPath = (program) =>
  (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter(Boolean)
    .map((directory) => path.join(directory, program))
    .filter(existsSync);

function* npmCandidates() {
  // Under `npm start` npm names itself here; another package tool would put its own name there.
  if (process.env.npm_execpath) yield process.env.npm_execpath;
  for (const found of onPath('npm')) {
    const real = realpathSync(found);
    yield real;
    yield path.resolve(real, '../../lib/node_modules/npm/bin/npm-cli.js');
  }
  yield path.resolve(realpathSync(process.execPath), '../../lib/node_modules/npm/bin/npm-cli.js');
}

export function npmCli() {
  for (const candidate of npmCandidates()) {
    if (path.basename(candidate) === 'npm-cli.js' && existsSync(candidate)) return candidate;
  }
  throw new SetupError(
    'npm was not found: neither beside this Node nor on PATH. Install npm and run the same command again.',
  );
}

/** @returns the command line that starts node-gyp: npm's bundled one first, since every npm has it */
export function nodeGyp() {
  const bundled = path.resolve(npmCli(), '../../node_modules/node-gyp/bin/node-gyp.js');
  if (existsSync(bundled)) return [process.execPath, bundled];
  const [other] = onPath('node-gyp');
  if (other) return [other];
  throw new SetupError(`node-gyp was not found: npm has none at ${bundled} and there is none on PATH.`);
}
