/** A folder with samples and a configuration, and daemons in it as real processes. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { holdfast, processesOf, workplace } from '../run/program.js';
import type { Ended, Running, Workplace } from '../run/program.js';

export interface RunFileContent {
  readonly pid: number;
  readonly url: string;
  readonly token: string;
}

export interface DaemonPlace extends Workplace {
  readonly db: string;
  readonly config: string;
  /** Writes the configuration; what is given is added to database and candles. */
  configure(more: object | string): void;
  start(...flags: readonly string[]): Running;
  /** A command on this database. */
  command(...args: readonly string[]): Promise<Ended>;
  runFile(): RunFileContent;
  get(url: string): Promise<{ readonly status: number; readonly body: unknown }>;
  /** With the process's own token. */
  post(url: string, body: object): Promise<{ readonly status: number; readonly body: unknown }>;
}

export function daemonPlace(): DaemonPlace {
  const place = workplace();
  const db = path.join(place.folder, 'd.db');
  const config = path.join(place.folder, 'holdfast.jsonc');
  const runFile = (): RunFileContent => JSON.parse(readFileSync(`${db}.run.json`, 'utf8')) as RunFileContent;
  return {
    ...place,
    db,
    config,
    configure: (more) => {
      const base = { db, inputs: { candles: place.candles } };
      writeFileSync(config, typeof more === 'string' ? more : JSON.stringify({ ...base, ...more }));
    },
    start: (...flags) => holdfast(['start', '--config', config, '--quiet', ...flags], place.folder),
    command: (...args) => holdfast([...args, '--db', db], place.folder).ended,
    runFile,
    get: async (url) => {
      const answer = await fetch(`${runFile().url}${url}`);
      return { status: answer.status, body: await answer.json() };
    },
    post: async (url, body) => {
      const { url: base, token } = runFile();
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const answer = await fetch(`${base}${url}`, { method: 'POST', headers, body: JSON.stringify(body) });
      return { status: answer.status, body: await answer.json() };
    },
  };
}

/** Looks again and again until it is so. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  withinMs = 30_000,
): Promise<void> {
  const untilMs = Date.now() + withinMs;
  while (!(await isSo())) {
    if (Date.now() > untilMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8);

/** Largest file that a process may write from now on; null lifts the limit. Its hard limit stays. */
export function limitFiles(pid: number, bytes: number | null): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes ?? 'unlimited'}:unlimited`]);
}

export const canLimitFiles = existsSync('/usr/bin/prlimit');

export { processesOf };
