import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import {
  decodeBacktestResult,
  encodeBacktestRequest,
  type BacktestRequest,
  type BacktestResult,
} from '../../protocols/backtest-wire/index.js';
import { PullSocket } from '../../runtime/node/zmq-pull.js';
import { PushSocket } from '../../runtime/node/zmq-push.js';

const root = path.resolve(__dirname, '../..');

export const serveCommand = {
  command: process.execPath,
  args: ['dist/cli/main.js', 'serve-backtests'],
  cwd: root,
} as const;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ServeChild {
  readonly process: ChildProcessWithoutNullStreams;
  readonly ready: Promise<{ readonly requests: string; readonly workers: number; readonly pid: number }>;
  readonly ended: Promise<Ended>;
}

/** A real `serve-backtests` process. */
export function startServe(flags: readonly string[]): ServeChild {
  const { command, args, cwd } = serveCommand;
  const child = spawn(command, [...args, ...flags], { cwd });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on('error', () => undefined);
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
  );
  const ready = new Promise<{ requests: string; workers: number; pid: number }>((resolve, reject) => {
    createInterface(child.stdout).once('line', (line) => {
      resolve(JSON.parse(line) as { requests: string; workers: number; pid: number });
    });
    void ended.then(({ code, stderr: said }) => reject(new Error(`ended with ${code}: ${said}`)));
  });
  ready.catch(() => undefined);
  return { process: child, ready, ended };
}

/** Both ends of the wire, as a dispatcher holds them. */
export class Wire {
  private constructor(
    readonly results: PullSocket,
    private requests: PushSocket | null = null,
  ) {}

  static async open(): Promise<Wire> {
    return new Wire(await PullSocket.open('results_in', { bind: 'tcp://127.0.0.1:*' }));
  }

  async connect(endpoint: string): Promise<void> {
    await this.requests?.close({ force: true });
    this.requests = await PushSocket.open('requests_out', { connect: endpoint });
  }

  async send(frame: Uint8Array | string): Promise<void> {
    const bytes = typeof frame === 'string' ? Buffer.from(frame) : frame;
    for (;;) {
      const sent = await this.requests?.send(bytes);
      if (sent === 'sent') return;
      if (sent !== 'full') throw new Error(`not sent: ${sent}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  ask(request: BacktestRequest): Promise<void> {
    return this.send(encodeBacktestRequest(request));
  }

  /** The next answer's bytes; null when the socket's receive timeout passed without one. */
  async frame(): Promise<Uint8Array | null> {
    const received = await this.results.receive();
    if (received.type === 'closed') throw new Error('the wire is closed');
    return received.type === 'frame' ? received.bytes : null;
  }

  async answer(): Promise<BacktestResult> {
    for (;;) {
      const frame = await this.frame();
      if (frame === null) continue;
      const decoded = decodeBacktestResult(frame);
      if (!decoded.ok) throw new Error(decoded.error.code);
      return decoded.value;
    }
  }

  async close(): Promise<void> {
    await this.requests?.close({ force: true });
    await this.results.close();
  }
}

/** True while the process runs; one that has ended and waits to be reaped does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // No /proc here, or gone in between: what the signal said stands until the next look.
    return process.platform !== 'linux';
  }
}

/** Resolves once the process is gone; a test that waits in vain runs into its own limit. */
export async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
}
