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
  /** Longest request; `serveWorker` in the child reads 64 MiB unless it was told otherwise. @defaultValue 64 MiB */
  readonly requestBytesMax?: number;
}

const requestBytesMaxDefault = 64 * 1024 * 1024;

/** Where the child finds its end of the line: after the three that every process has. */
export const workerFd = 3;

/**
 * Child processes: for work that can take a process down, needs memory of its own, or holds sockets. A child whose line
 * is closed ends by itself, so none outlives us, however we end.
 */
export function workerChild(options: WorkerChildOptions): WorkerPortFactory {
  return ({ messageBytesMax }) => new ChildPort(options, messageBytesMax);
}

class ChildPort implements WorkerPort {
  readonly #child: ChildProcess;
  readonly #line: Duplex;
  readonly #options: WorkerChildOptions;
  readonly #messageBytesMax: number;
  #reader: FrameReader | null = null;

  constructor(options: WorkerChildOptions, messageBytesMax: number) {
    this.#options = options;
    this.#messageBytesMax = messageBytesMax;
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
    const { log = () => undefined } = this.#options;
    const { stdout, stderr } = this.#child;
    if (stdout !== null) boundedLines(stdout, log);
    let error: string | null = null;
    const listen = (line: string): void => {
      // What it threw is what its asker wants to know; the first such line is followed by its stack.
      if (/^[A-Za-z]*Error\b/.test(line)) error ??= line;
      log(line);
    };
    if (stderr !== null) boundedLines(stderr, listen);
    this.#reader = new FrameReader(this.#messageBytesMax, {
      onFrame: onMessage,
      // A message that nobody could mean: what is too long weighs too much, what is unreadable makes no sense.
      onNonsense: (_, length) => onMessage(null, length),
    });
    this.#line.on('data', (chunk: Uint8Array) => this.#reader?.take(chunk));
    // A child that is gone is told by its exit.
    this.#line.on('error', () => undefined);
    let exit: Omit<WorkerExit, 'error'> = { code: null, signal: null };
    this.#child.on('error', (thrown) => (error = thrown.message));
    this.#child.on('exit', (code, signal) => (exit = { code, signal }));
    let patience: NodeJS.Timeout | undefined;
    let isOver = false;
    const over = (): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(patience);
      this.#line.destroy();
      onExit({ ...exit, error });
    };
    // Its last words are still to be read; but a grandchild that holds its pipes open must not hold us.
    this.#child.once('exit', () => (patience = setTimeout(over, lastWordsMs)));
    this.#child.once('close', over);
    // Whoever hangs up cannot answer any more.
    this.#line.once('close', () => this.kill());
    // Without a pid there was no start, and there will be no exit.
    if (this.#child.pid === undefined) this.#child.once('error', over);
  }

  post(message: unknown): void {
    const bytes = frame(message);
    const { requestBytesMax = requestBytesMaxDefault } = this.#options;
    if (bytes.byteLength > requestBytesMax)
      throw new RangeError(`a request of ${bytes.byteLength} bytes, expected at most ${requestBytesMax}`);
    this.#line.write(bytes);
  }

  kill(): void {
    this.#reader?.stop();
    this.#line.destroy();
    this.#child.kill('SIGKILL');
  }
}

/** What a child said before it ended lies in our own buffers. */
const lastWordsMs = 1_000;
