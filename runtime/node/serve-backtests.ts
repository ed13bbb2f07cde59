import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Subscriber } from '../../actors/kernel/events.js';
import { describeReason, type ExitReason } from '../../protocols/exit-reason.js';
import { PipelineFailure } from '../pipeline/failure.js';
import { startTree } from '../start.js';
import type { System } from '../system.js';
import { enginePool } from './engine-pool.js';
import { poolNames } from './engine-pool-messages.js';
import { logKernel } from './kernel-log.js';
import { SocketError } from './zmq-error.js';
import { PullSocket } from './zmq-pull.js';
import { PushSocket } from './zmq-push.js';

export interface ServeOptions {
  /** Where requests are waited for; `tcp://127.0.0.1:*` takes any free port. */
  readonly requests: string;
  /** Where answers are sent to. */
  readonly results: string;
  /** Folders whose candle files may be asked for; no file outside of them is opened. */
  readonly candlesRoots: readonly string[];
  /** Engine threads, 1 to 256. @defaultValue the cores less one, at least 1 */
  readonly workers?: number | undefined;
  /** @defaultValue 600000 */
  readonly requestLimitMs?: number | undefined;
  /** Win rates of up to 1 percent go out as fractions, because a Swimmy Brain reads them so. @defaultValue false */
  readonly forBrain?: boolean | undefined;
  /** One line about what happened, for people. */
  readonly log: (line: string) => void;
  /** @defaultValue the engine thread beside this file */
  readonly engineEntry?: string | URL;
  /** @defaultValue lines on stderr */
  readonly subscribers?: readonly Subscriber[];
}

export const serveDefaults = {
  requests: 'tcp://127.0.0.1:5580',
  results: 'tcp://127.0.0.1:5581',
  requestLimitMs: 600_000,
  /** How long requests in hand may still take once the end was asked for. */
  drainMs: 30_000,
} as const;

/** The engine behind its sockets, as a tree of its own. */
export interface Serving {
  /** With the real port. */
  readonly requestsEndpoint: string;
  readonly workers: number;
  readonly system: System;
  /** Resolves when supervision was exhausted. */
  readonly ended: Promise<ExitReason>;
  /** Reads no more, finishes what is in hand within `drainMs`, and closes everything. */
  stop(options?: { readonly drainMs?: number }): Promise<void>;
}

/** @throws PipelineFailure `input_missing` | `port_in_use` | `configuration` | `failed`; nothing is left running then */
export async function startServing(options: ServeOptions): Promise<Serving> {
  const folders = options.candlesRoots.map((root) => existingFolder(root));
  const workers = options.workers ?? Math.max(1, availableParallelism() - 1);
  const requestsAt = pinned(options.requests);
  let refusal: unknown;
  const noted = (error: unknown): never => {
    refusal = error;
    throw error;
  };
  const tree = enginePool(
    {
      workers,
      requestLimitMs: options.requestLimitMs ?? serveDefaults.requestLimitMs,
      engine: { folders, encode: { winRate: options.forBrain === true ? 'brain' : 'percent' } },
      engineEntry: options.engineEntry ?? new URL('./engine-worker.js', import.meta.url),
    },
    {
      openRequests: () => requestsAt.open().catch(noted),
      openReplies: () => PushSocket.open('results_out', { connect: options.results }).catch(noted),
      log: options.log,
    },
  );
  const subscribers = options.subscribers ?? [logKernel()];
  const system = await startTree(tree, { subscribers }).catch((error: unknown) => {
    throw refusal instanceof SocketError ? socketFailure(refusal) : error;
  });
  return {
    requestsEndpoint: requestsAt.endpoint(),
    workers,
    system,
    ended: system.exited,
    stop: ({ drainMs = 0 } = {}) => stop(system, drainMs, options.log),
  };
}

/** A wildcard is resolved once: a receiver that is restarted must be found where the first one was. */
function pinned(asked: string): { open(): Promise<PullSocket>; endpoint(): string } {
  let endpoint = asked;
  return {
    endpoint: () => endpoint,
    open: async () => {
      const socket = await PullSocket.open('requests_in', { bind: endpoint });
      endpoint = socket.endpoint;
      return socket;
    },
  };
}

async function stop(system: System, drainMs: number, log: (line: string) => void): Promise<void> {
  if (drainMs > 0) {
    const deadline = { deadlineMs: drainMs };
    await system.ask(poolNames.requests, { type: 'stop_reading' }, deadline);
    const idle = await system.ask(poolNames.desk, { type: 'idle' }, deadline);
    if (!idle.ok)
      log(`requests in hand were not finished within ${drainMs} ms; whoever sent them will ask again`);
  }
  const report = await system.stop({ deadlineMs: 10_000 });
  if (!report.ok) log(`not everything stopped in time: ${report.orphans.join(', ')}`);
}

function existingFolder(root: string): string {
  const folder = path.resolve(root);
  let isFolder = false;
  try {
    isFolder = statSync(folder).isDirectory();
  } catch {
    // Missing and unreadable are told in the same words: what helps is the same.
  }
  if (isFolder) return folder;
  throw new PipelineFailure('input_missing', `candles root ${root}: expected a folder that can be read`);
}

function socketFailure(error: SocketError): PipelineFailure {
  const code = error.code === 'port_in_use' ? 'port_in_use' : 'configuration';
  const advice = code === 'port_in_use' ? '; end it, or choose another endpoint' : '';
  return new PipelineFailure(code, `${error.message}${advice}`, { cause: error });
}

/** Why a serving process leaves. */
type Leaving =
  | { readonly type: 'signal'; readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP' }
  | { readonly type: 'orphaned' }
  | { readonly type: 'gave_up'; readonly reason: ExitReason };

export interface ServeProcessOptions extends Omit<ServeOptions, 'log'> {
  /** End when standard input does: whoever holds its other end has died, or wants us gone. @defaultValue false */
  readonly exitWithStdin?: boolean | undefined;
  /** @defaultValue 30000 */
  readonly drainMs?: number | undefined;
}

const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** What has not left by itself by now is stuck: a natural end lets the sockets empty, a forced one does not. */
const leaveMs = 5_000;

/**
 * Serves until a signal, the end of standard input, or the end of supervision. One JSON line on stdout says that
 * requests are taken; everything else is for stderr.
 *
 * @returns nothing; it leaves the exit code behind and lets the process end by itself, for `process.exit` drops answers
 * @throws PipelineFailure as `startServing`, and `root_gave_up`
 */
export async function serveBacktests(options: ServeProcessOptions): Promise<void> {
  const { exitWithStdin = false, drainMs = serveDefaults.drainMs } = options;
  // Whoever read our output may be gone; that is for standard input to say.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const log = (line: string): void => void process.stderr.write(`serve-backtests: ${line}\n`);
  const leaving = reasonToLeave(exitWithStdin);
  const serving = await startServing({ ...options, log });
  const { requestsEndpoint: requests, workers } = serving;
  process.stdout.write(`${JSON.stringify({ ready: true, requests, workers, pid: process.pid })}\n`);
  const why = await Promise.race([
    leaving,
    serving.ended.then((reason): Leaving => ({ type: 'gave_up', reason })),
  ]);
  if (why.type === 'signal') process.exitCode = exitCodes[why.signal];
  await serving.stop({ drainMs: why.type === 'signal' ? drainMs : 0 });
  process.stdin.destroy();
  setTimeout(() => process.exit(), leaveMs).unref();
  if (why.type === 'gave_up')
    throw new PipelineFailure('root_gave_up', `supervision gave up: ${describeReason(why.reason)}`);
}

/**
 * A child whose parent holds its standard input leaves the interactive signals to the parent: Ctrl-C reaches both, and
 * the parent ends it in its own order.
 */
function reasonToLeave(exitWithStdin: boolean): Promise<Leaving> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (exitWithStdin && signal !== 'SIGTERM') return;
        if (asked) process.exit(exitCodes[signal]);
        asked = true;
        resolve({ type: 'signal', signal });
      });
    }
    if (!exitWithStdin) return;
    const orphaned = (): void => resolve({ type: 'orphaned' });
    process.stdin.on('end', orphaned).on('close', orphaned).on('error', orphaned).resume();
  });
}
