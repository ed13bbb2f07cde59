#!/usr/bin/env node
/**
 * The package's bin. Installed, it only starts dist/cli/main.js. In a clone it first has the setup bring dist/ up to
 * date, so that `npx holdfast` works at once and never runs yesterday's build.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const inPackage = (file) => fileURLToPath(new URL(`../${file}`, import.meta.url));

if (existsSync(inPackage('tsconfig.build.json'))) await prepareClone();
await import('../dist/cli/main.js');

async function prepareClone() {
  const { requireNode } = await import('../scripts/setup/node-version.mjs');
  const { pending } = await import('../scripts/setup/steps.mjs');
  try {
    requireNode();
  } catch (error) {
    process.stderr.write(`holdfast: ${error.message}\n`);
    process.exit(error.exitCode);
  }
  if (pending().length === 0) return;
  const code = await runSetup();
  if (code !== 0) process.exit(code);
}

/** Both its streams go to our stderr: stdout may be wanted as JSON. */
function runSetup() {
  return new Promise((resolve, reject) => {
    const setup = spawn(process.execPath, [inPackage('scripts/setup.mjs')], { stdio: ['ignore', 2, 2] });
    // A signal is the setup's to answer, it has children to end; we leave with its code.
    const forward = (signal) => setup.kill(signal);
    const signals = ['SIGHUP', 'SIGINT', 'SIGTERM'];
    for (const signal of signals) process.on(signal, forward);
    setup.on('error', reject);
    setup.on('close', (code) => {
      for (const signal of signals) process.off(signal, forward);
      resolve(code ?? 1);
    });
  });
}
