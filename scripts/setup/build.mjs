/** dist/ in step with the TypeScript sources. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './child.mjs';
import { startProgress } from './progress.mjs';
import { inRoot, root, SetupError } from './root.mjs';

const FOLDERS = ['actors', 'supervisors', 'protocols', 'storage', 'runtime', 'cli', 'bench'];
const SETTINGS = ['package.json', 'tsconfig.json', 'tsconfig.build.json'];
const STAMP = 'dist/.setup-stamp';
const OUTPUTS = ['.js', '.js.map', '.d.ts'];

const filesBelow = (folder) =>
  existsSync(inRoot(folder))
    ? readdirSync(inRoot(folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(root, path.join(entry.parentPath ?? entry.path, entry.name)))
    : [];

const isSource = (file) => file.endsWith('.ts') && !file.endsWith('.d.ts');
const sources = () => FOLDERS.flatMap(filesBelow).filter(isSource).sort();
const outputsOf = (source) => OUTPUTS.map((ending) => path.join('dist', source.replace(/\.ts$/, ending)));

function fingerprint() {
  const hash = createHash('sha256');
  for (const file of [...sources(), ...SETTINGS]) {
    const { size, mtimeMs } = statSync(inRoot(file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** @returns why the compiler has to run, or null when dist/ was built from exactly these files */
export function buildMissing() {
  if (!existsSync(inRoot(STAMP))) return 'dist/ is not built';
  return readFileSync(inRoot(STAMP), 'utf8') === fingerprint()
    ? null
    : 'sources have changed since dist/ was built';
}

export async function build() {
  // Taken first: what changes while the compiler runs is newer than this stamp and is built next time.
  const built = fingerprint();
  rmSync(inRoot(STAMP), { force: true });
  removeOrphans();
  const progress = startProgress('building (tsc)');
  let { code, lines } = await compile();
  if (
    code === 0 &&
    !sources()
      .flatMap(outputsOf)
      .every((file) => existsSync(inRoot(file)))
  ) {
    // The incremental record believes in outputs that somebody has deleted.
    rmSync(inRoot('dist/.tsbuildinfo'), { force: true });
    ({ code, lines } = await compile());
  }
  progress.done(code === 0 ? 'done' : 'FAILED');
  if (code !== 0) throw new SetupError(`the TypeScript build failed:\n${lines.join('\n')}`, 1);
  mkdirSync(inRoot('dist'), { recursive: true });
  writeFileSync(inRoot(STAMP), built);
}

const compile = () =>
  run(process.execPath, [
    inRoot('node_modules/typescript/bin/tsc'),
    '-p',
    'tsconfig.build.json',
    '--pretty',
    String(process.stderr.isTTY === true),
  ]);

/** An output without a source would still be imported, and work until the next clone. */
function removeOrphans() {
  const wanted = new Set(sources().flatMap(outputsOf));
  for (const file of filesBelow('dist')) {
    if (OUTPUTS.some((ending) => file.endsWith(ending)) && !wanted.has(file))
      rmSync(inRoot(file), { force: true });
  }
}
