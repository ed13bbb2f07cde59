import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { RowName } from './contender.js';

const run = promisify(execFile);

/** Real Erlang beside us: each round is a process of its own that times itself, so its start-up does not count. */
export interface ErlangPeer {
  round(row: RowName, messages: number): Promise<number>;
  close(): Promise<void>;
}

/** @returns undefined when there is no `erlc` on the path */
export async function erlangPeer(peersFolder: string): Promise<ErlangPeer | undefined> {
  const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-bench-'));
  try {
    await run('erlc', ['-o', folder, path.join(peersFolder, 'race.erl')]);
  } catch {
    await rm(folder, { recursive: true, force: true });
    return undefined;
  }
  return {
    async round(row, messages) {
      const call = `race:main("${row}", ${messages}).`;
      const { stdout } = await run('erl', ['-noshell', '-pa', folder, '-eval', call], { timeout: 120_000 });
      const ms = Number(stdout.trim());
      if (!(ms > 0)) throw new Error(`erlang: expected milliseconds, got ${JSON.stringify(stdout)}`);
      return ms;
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
