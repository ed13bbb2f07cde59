/**
 * The two native packages, present and loadable by this Node. zeromq carries its binaries; better-sqlite3 is compiled
 * here, against the headers in Node's own prefix, so that nothing comes from outside the package registry.
 */
import { existsSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { run } from './child.mjs';
import { nodeGyp, onPath } from './npm.mjs';
import { say, startProgress } from './progress.mjs';
import { inRoot, SetupError } from './root.mjs';

const TAIL_LINES = 40;
const STAMP = 'node_modules/.holdfast-setup.json';
const LOADERS = {
  'better-sqlite3': "new (require('better-sqlite3'))(':memory:').close()",
  zeromq: "require('zeromq')",
};

/** A new Node, a reinstalled package or a replaced binary gives another text, and then both are tried again. */
function fingerprint() {
  const marks = [process.version, process.versions.modules, process.platform, process.arch];
  const files = [
    'better-sqlite3/build/Release/better_sqlite3.node',
    'better-sqlite3/package.json',
    'zeromq/package.json',
  ];
  for (const file of files) {
    const found = statSync(inRoot('node_modules', file), { throwIfNoEntry: false });
    marks.push(`${file}:${found ? `${found.size}:${found.mtimeMs}` : 'absent'}`);
  }
  return marks;
}

/** @returns why the native packages have to be looked at, or null when this very Node has loaded these very files */
export function nativesMissing() {
  if (!existsSync(inRoot('node_modules/better-sqlite3/build/Release/better_sqlite3.node')))
    return 'better-sqlite3 is not compiled';
  if (!existsSync(inRoot(STAMP))) return 'native packages are not yet known to load';
  const known = readFileSync(inRoot(STAMP), 'utf8');
  return known === JSON.stringify(fingerprint()) ? null : 'Node or a native package has changed';
}

export async function prepareNatives() {
  // In a child, because a binary for another Node can take the process down with it.
  if ((await loadError('better-sqlite3')) !== null) await compileSqlite();
  const zeromq = await loadError('zeromq');
  if (zeromq !== null) {
    throw new SetupError(
      `zeromq does not load on ${process.platform} ${process.arch} with Node ${process.version}; its package carries the ` +
        `binaries that it has (CONTRIBUTING.md lists the platforms). Node said:\n${zeromq}`,
    );
  }
  writeFileSync(inRoot(STAMP), JSON.stringify(fingerprint()));
}

async function loadError(name) {
  const { code, lines } = await run(process.execPath, ['-e', LOADERS[name]]);
  return code === 0 ? null : lines.slice(-TAIL_LINES).join('\n');
}

async function compileSqlite() {
  requireToolchain();
  const [command, ...first] = nodeGyp();
  const headers = headersPrefix();
  if (headers === null)
    say('this Node has no headers beside it; node-gyp will download them from nodejs.org');
  const args = [...first, 'rebuild', '--release', `--jobs=${availableParallelism()}`];
  if (headers !== null) args.push(`--nodedir=${headers}`);

  const progress = startProgress('compiling better-sqlite3 (SQLite itself; one to two minutes, once)');
  const onLine = (line) => {
    const step = /^\s*(CC|CXX|AR|SOLINK_MODULE|LINK|COPY)\([^)]*\) (.*)$/.exec(line);
    if (step)
      progress.detail(
        `${step[1] === 'CC' || step[1] === 'CXX' ? 'compiling' : 'linking'} ${path.basename(step[2])}`,
      );
  };
  const { code, lines } = await run(command, args, {
    cwd: inRoot('node_modules/better-sqlite3'),
    env: gypEnv(),
    onLine,
  });
  progress.done(code === 0 ? 'done' : 'FAILED');
  const after = code === 0 ? await loadError('better-sqlite3') : lines.slice(-TAIL_LINES).join('\n');
  if (after !== null) {
    throw new SetupError(
      `better-sqlite3 could not be compiled. It needs python3, make and a C++20 compiler.\n${after}`,
    );
  }
}

/** node-gyp lets these variables win over its arguments; the headers must be those of the Node that runs. */
function gypEnv() {
  const isHeaderChoice = (name) =>
    /^npm_(config|package_config_node_gyp)_(nodedir|target|dist_?url|runtime)$/i.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isHeaderChoice(name)));
}

/** @returns the folder whose include/node belongs to the running Node, or null */
function headersPrefix() {
  const prefix = path.resolve(realpathSync(process.execPath), '../..');
  const version = path.join(prefix, 'include/node/node_version.h');
  if (!existsSync(path.join(prefix, 'include/node/node.h')) || !existsSync(version)) return null;
  const [, major] = /#define NODE_MAJOR_VERSION (\d+)/.exec(readFileSync(version, 'utf8')) ?? [];
  return major === process.versions.node.split('.')[0] ? prefix : null;
}

/** A compiler's absence shows late and obscurely in a build log; here it has a name. */
function requireToolchain() {
  const compilers = process.env.CXX ? [process.env.CXX.split(' ')[0]] : ['g++', 'c++', 'clang++'];
  const needs = {
    python3: [process.env.PYTHON || 'python3', 'python3', 'python'],
    make: ['make', 'gmake'],
    'a C++ compiler (g++)': compilers,
  };
  const missing = Object.entries(needs)
    .filter(
      ([, programs]) =>
        !programs.some((program) =>
          path.isAbsolute(program) ? existsSync(program) : onPath(program).length > 0,
        ),
    )
    .map(([name]) => name);
  if (missing.length === 0) return;
  const how =
    process.platform === 'darwin'
      ? 'xcode-select --install'
      : 'on Debian or Ubuntu: apt-get install python3 make g++; on Fedora: dnf install python3 make gcc-c++';
  throw new SetupError(
    `better-sqlite3 has to be compiled, and this machine lacks ${missing.join(' and ')}.\nInstall with: ${how}`,
  );
}
