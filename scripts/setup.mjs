#!/usr/bin/env node
/**
 * Brings a clone to where its programs run: packages, native binaries, dist/. `npm start`, `npm test` and `npm run bench`
 * call it first. It says nothing when nothing is to be done, and uses nothing but Node's own modules, because at first
 * there is nothing else. Everything it says goes to stderr.
 */
import { endChildren } from './setup/child.mjs';
import { takeLock } from './setup/lock.mjs';
import { requireNode } from './setup/node-version.mjs';
import { say } from './setup/progress.mjs';
import { SetupError } from './setup/root.mjs';
import { carryOut, pending } from './setup/steps.mjs';

const USAGE = `usage: node scripts/setup.mjs [--check]

Installs packages (npm install, no install scripts), compiles better-sqlite3 for this Node, builds dist/.
Does only what is missing or out of date.

  --check   say what would be done, and do nothing
  --help    this text

Exit codes: 0 ready, 1 the build failed, 2 usage, 69 something is missing on this machine, 130 interrupted.
`;

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

async function setUp() {
  if (pending().length === 0) return;
  const release = await takeLock();
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.once(signal, () => {
      endChildren();
      release();
      process.exit(code);
    });
  }
  try {
    await carryOut();
  } finally {
    release();
  }
}

async function main([option, ...others]) {
  if (option === '--help' || option === '-h') return void process.stdout.write(USAGE);
  if (others.length > 0 || (option !== undefined && option !== '--check')) {
    process.stderr.write(USAGE);
    throw new SetupError(`unknown option: ${[option, ...others].join(' ')}`, 2);
  }
  requireNode();
  if (option === '--check') {
    const todo = pending();
    process.stdout.write(todo.length === 0 ? 'ready: nothing to do\n' : `${todo.join('\n')}\n`);
    return;
  }
  await setUp();
}

main(process.argv.slice(2)).catch((error) => {
  say(error instanceof SetupError ? error.message : (error.stack ?? String(error)));
  process.exitCode = error instanceof SetupError ? error.exitCode : 1;
});
