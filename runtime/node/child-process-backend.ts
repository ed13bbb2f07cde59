import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type {
  BackendExit,
  BackendProcess,
  BackendProcesses,
  BackendReady,
} from '../../actors/backtest-dispatch/ports.js';
import { boundedLines } from './child-process-lines.js';

export interface BackendProcessConfig {
  /** The program and what comes before our flags. @defaultValue `ownCommand`, this installation's own `serve-backtests` */
  readonly command?: readonly [program: string, ...args: string[]];
  /** @defaultValue that of this process */
  readonly cwd?: string;
  /** Folders whose candle files the child may open. */
  readonly candlesRoots: readonly string[];
  /** Engine threads. @defaultValue the child's own: the cores less one */
  readonly workers?: number | undefined;
  /** @defaultValue the child's own */
  readonly requestLimitMs?: number | undefined;
  /** From the request to end to the kill. @defaultValue 5000 */
  readonly killAfterMs?: number;
  /** What the child says on its standard error, a line at a time and within limits. */
  readonly log: (line: string) => void;
}

/** Compiled, this file lies in dist/runtime/node. */
export const ownCommand = (): readonly [string, ...string[]] => [
  process.execPath,
  fileURLToPath(new URL('../../cli/main.js', import.meta.url)),
  'serve-backtests',
];

const readyCharsMax = 4_096;

/**
 * Children that answer backtests. We hold the writing end of a child's standard input and never write: the kernel
 * closes it when we die, however that comes, and the child ends by itself.
 */
export const backendProcesses = (config: BackendProcessConfig): BackendProcesses => ({
  start: ({ resultsEndpoint }) => startBackend(config, resultsEndpoint),
});

function startBackend(config: BackendProcessConfig, resultsEndpoint: string): BackendProcess {
  const [program, ...args] = config.command ?? ownCommand();
  const { cwd, killAfterMs = 5_000, log } = config;
  const child = spawn(program, [...args, ...flags(config, resultsEndpoint)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  // Told by the missing pid as well, which is there to be looked at now.
  child.on('error', (error) => log(error.message));
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} cannot be started`);
  child.stdin.on('error', () => undefined);
  const exited = new Promise<BackendExit>((resolve) =>
    child.on('exit', (code, signal) => resolve({ code, signal })),
  );
  boundedLines(child.stderr, log);
  const ready = new Promise<BackendReady>((resolve, reject) => {
    let isFirst = true;
    boundedLines(
      child.stdout,
      (line) => {
        if (!isFirst) log(line);
        else
          try {
            resolve(readyLine(line));
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        isFirst = false;
      },
      { charsMax: readyCharsMax, linesPerSecondMax: 50 },
    );
    void exited.then((exit) => reject(new Error(`it ended before it was ready: ${describeExit(exit)}`)));
  });
  // Whoever waits is told; nobody has to.
  ready.catch(() => undefined);
  return {
    pid,
    ready,
    exited,
    stop: () => {
      child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      void exited.then(() => clearTimeout(kill));
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

function flags(
  { candlesRoots, workers, requestLimitMs }: BackendProcessConfig,
  resultsEndpoint: string,
): string[] {
  const endpoints = ['--requests', 'tcp://127.0.0.1:*', '--results', resultsEndpoint];
  const roots = candlesRoots.flatMap((root) => ['--candles-root', root]);
  const limits = [
    ...(workers === undefined ? [] : ['--workers', String(workers)]),
    ...(requestLimitMs === undefined ? [] : ['--request-limit-ms', String(requestLimitMs)]),
  ];
  // Asked to end it drops what it has: whoever leased it out takes the lease back at the same time.
  return [...endpoints, ...roots, ...limits, '--drain-ms', '0', '--exit-with-stdin'];
}

function readyLine(line: string): BackendReady {
  const said: unknown = parsed(line);
  if (typeof said === 'object' && said !== null && 'requests' in said && 'workers' in said) {
    const { requests, workers } = said;
    if (typeof requests === 'string' && typeof workers === 'number')
      return { requestsEndpoint: requests, workers };
  }
  throw new Error(
    `expected {"ready":true,"requests":…,"workers":…}, found ${JSON.stringify(line.slice(0, 200))}`,
  );
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

const describeExit = ({ code, signal }: BackendExit): string =>
  signal === null ? `exit code ${code ?? 'unknown'}` : signal;
