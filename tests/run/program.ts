/** The built program as a process of its own, and sample inputs for it in a folder of its own. */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { summarySchema } from '../../protocols/summary.js';
import type { Summary } from '../../protocols/summary.js';
import { writeSamples } from '../../runtime/samples/index.js';

const main = path.resolve(__dirname, '../../dist/cli/main.js');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves with the match once stderr shows it; rejects when the program ends before. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
}

export interface Dress {
  /** For Node itself, as `--import`. */
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export function holdfast(
  args: readonly string[],
  cwd?: string,
  { nodeArgs = [], env = {} }: Dress = {},
): Running {
  const child = spawn(process.execPath, [...nodeArgs, main, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  let stdout = '';
  let stderr = '';
  const heard = new Set<() => void>();
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    for (const look of heard) look();
  });
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
  );
  const said = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(stderr);
        if (match === null) return;
        heard.delete(look);
        resolve(match);
      };
      heard.add(look);
      look();
      void ended.then(() => reject(new Error(`ended without saying ${pattern}: ${stderr}`)));
    });
  return { child, ended, said };
}

export interface Workplace {
  readonly folder: string;
  readonly candles: string;
  readonly strategies: string;
  /** `run` on the samples with these flags added. */
  run(db: string, ...flags: readonly string[]): Running;
  /** Kills what a failed test has left running, so that one failure is not that of all tests behind it. */
  endLeft(): Promise<void>;
  remove(): void;
}

export function workplace(): Workplace {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-run-'));
  const samples = writeSamples(path.join(folder, 'samples'), {
    files: {
      ensureFolder: (wanted) => void mkdirSync(wanted, { recursive: true }),
      read: (file) => (existsSync(file) ? readFileSync(file, 'utf8') : null),
      exists: existsSync,
      write: (file, bytes) => writeFileSync(file, bytes),
    },
  });
  if ('code' in samples) throw new Error(samples.message);
  const { candlesFolder: candles, strategiesFile: strategies } = samples;
  const inputs = ['--candles', candles, '--strategies', strategies];
  const started = new Set<Running>();
  return {
    folder,
    candles,
    strategies,
    run: (db, ...flags) => {
      const running = holdfast(['run', ...inputs, '--db', path.join(folder, db), ...flags], folder);
      started.add(running);
      void running.ended.then(() => started.delete(running));
      return running;
    },
    endLeft: async () => {
      for (const { child } of started) child.kill('SIGKILL');
      await Promise.all([...started].map(({ ended }) => ended));
      await untilNoneLeft(folder);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export const summaryOf = ({ stdout }: Ended): Summary => summarySchema.parse(JSON.parse(stdout));

/** What a summary says of its job, without what is of the process that wrote it. */
export const countsOf = ({ strategies, candles, requests, failures, ranks }: Summary) => ({
  strategies,
  candles,
  requests,
  failures,
  ranks,
});

/** Processes whose command line names the folder: a program that ended must have left none. */
export function processesOf(folder: string): readonly string[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(folder));
}

/** Resolves once no process of the folder is left; an engine whose parent was killed ends by itself, a moment later. */
export async function untilNoneLeft(folder: string, withinMs = 10_000): Promise<void> {
  const untilMs = Date.now() + withinMs;
  for (let left = processesOf(folder); left.length > 0; left = processesOf(folder)) {
    if (Date.now() > untilMs) throw new Error(`still there: ${left.join('; ')}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
