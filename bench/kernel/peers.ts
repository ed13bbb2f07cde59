import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The peers that are not ours to depend on, installed beside their adapters the first time they are needed. */
export async function installPeers(folder: string, say: (line: string) => void): Promise<void> {
  if (existsSync(path.join(folder, 'node_modules', 'xstate'))) return;
  say('installing the peers (XState, Effect, Comedy) from the registry ...');
  const arguments_ = ['install', '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', arguments_, { cwd: folder, timeout: 300_000 });
}
