import { spawn, type ChildProcess } from 'node:child_process';
import { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { WorkerExit, WorkerPort, WorkerPortFactory } from '../../actors/workers/port.js';
import { boundedLines } from './child-process-lines.js';
import { frame, FrameReader } from './worker-frames.js';

export interface WorkerChildOptions {
  /** The compiled entry, which calls `serveWorker`; Node runs it. */
  readonly entry: string | URL;
  readonly args?: readonly string[];
  /** Flags of Node itself, such as `--max-old-space-size=256`. @defaultValue none */
  readonly nodeArgs?: readonly string[];
  /** @defaultValue this process's own, as always with child processes */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What a child prints, a line at a time and within limits. @defaultValue nobody listens */
  readonly log?: (line: string) => void;
  /** A longer message is not even read, and its child is killed. @defaultValue 64 MiB */
  readonly messageBytesMax?: number;
}

const messageBytesMaxDefault = 64 * 1024 * 1024;

/** Where the child finds its end of the line: after the three that every process has. */
export const workerFd = 3;

/**
 * Child processes: for work that can take a process down, needs memory of its own, or holds sockets. A child whose line
 * is closed ends by itself, so none outlives us, however we end.
 */
export function workerChild(options: WorkerChildOptions): WorkerPortFactory {
  return () => new ChildPort(options);
}

class ChildPort implements WorkerPort {
  readonly #child: ChildProcess;
  readonly #line: Duplex;
  readonly #options: WorkerChildOptions;
  #reader: FrameReader | null = null;

  constructor(options: WorkerChildOptions) {
    this.#options = options;
    const { entry, args = [], nodeArgs = [], env, cwd } = options;
    const file = entry instanceof URL ? fileURLToPath(entry) : entry;
    this.#child = spawn(process.execPath, [...nodeArgs, file, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env }),
    });
    const line = this.#child.stdio[workerFd];
    if (!(line instanceof Duplex)) throw new Error('a child has no line to us');
    this.#line = line;
  }

  start(onMessage: (message: unknown, bytes: number) => void, onExit: (exit: WorkerExit) => void): void {
    const { log = () => undefined, messageBytesMax = messageBytesMaxDefault } = this.#options;
    const { stdout, stderr } = this.#child;
    if (stdout !== null) boundedLines(stdout, log);
    if (stderr !== null) boundedLines(stderr, log);
    this.#reader = new FrameReader(messageBytesMax, {
      onFrame: onMessage,
      // A message that nobody could mean: what is too long weighs too much, what is unreadable makes no sense.
      onNonsense: (_, length) => onMessage(null, length),
    });
    this.#line.on('data', (chunk: Uint8Array) => this.#reader?.take(chunk));
    // A child that is gone is told by its exit.
    this.#line.on('error', () => undefined);
    let exit: WorkerExit = { code: null, signal: null, error: null };
    this.#child.on('error', (error) => (exit = { ...exit, error: error.message }));
    this.#child.on('exit', (code, signal) => (exit = { ...exit, code, signal }));
    // After the exit and the last byte; a grandchild that holds our pipes open must not hold us.
    this.#child.once('exit', () => {
      if (this.#line.readableEnded || this.#line.destroyed) onExit(exit);
      else {
        const end = (): void => {
          clearTimeout(patience);
          this.#line.off('close', end);
          this.#line.destroy();
          onExit(exit);
        };
        const patience = setTimeout(end, lastBytesMs);
        this.#line.on('close', end);
      }
    });
    // Without a pid there was no start, and there will be no exit.
    if (this.#child.pid === undefined) this.#child.once('error', () => onExit(exit));
  }

  post(message: unknown): void {
    this.#line.write(frame(message));
  }

  kill(): void {
    this.#reader?.stop();
    this.#line.destroy();
    this.#child.kill('SIGKILL');
  }
}

/** What a child said before it ended is still to be read; it lies in our own buffers. */
const lastBytesMs = 1_000;
