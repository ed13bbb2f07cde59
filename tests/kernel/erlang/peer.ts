/** Real Erlang/OTP: compiles runner.erl into a folder of its own and plays many scenarios in one process. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { erlangTerm } from './scenario.js';
import type { Scenario } from './scenario.js';

/** The release on the path, or undefined. */
export function erlangRelease(): string | undefined {
  try {
    const print = 'io:put_chars(erlang:system_info(otp_release)), halt().';
    return execFileSync('erl', ['-noshell', '-eval', print], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}

/** @returns the lines of each scenario, in order */
export async function playOnErlang(scenarios: readonly Scenario[]): Promise<readonly (readonly string[])[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-erlang-'));
  try {
    const run = promisify(execFile);
    const file = path.join(folder, 'scenarios');
    writeFileSync(file, scenarios.map((scenario) => `${erlangTerm(scenario)}.\n`).join(''));
    await run('erlc', ['-o', folder, path.join(__dirname, 'peer', 'runner.erl')]);
    const args = ['-noshell', '+S', '1:1', '-pa', folder, '-run', 'runner', 'main', file];
    const { stdout } = await run('erl', args, { maxBuffer: 1 << 30, timeout: 200_000, cwd: folder });
    return stdout
      .split('= ')
      .slice(1)
      .map((text) => text.trim().split('\n').slice(1));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
