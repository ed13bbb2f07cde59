import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { replLimits } from '../../protocols/repl.js';
import type { AnswerFrame, HelloAnswer } from '../../protocols/repl.js';
import { LineSplitter } from './line-splitter.js';

/** What the process at the other end refused, with its code, or `gone` when it is not there any more. */
export class ReplError extends Error {
  override readonly name = 'ReplError';
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export interface RequestOptions {
  readonly onEvent?: (event: unknown) => void;
  /** Cancels the request over there, too; it still answers with what it has. */
  readonly signal?: AbortSignal;
}

export interface ReplClient {
  readonly hello: HelloAnswer;
  /** @throws ReplError */
  request(verb: string, args: Readonly<Record<string, unknown>>, options?: RequestOptions): Promise<unknown>;
  /** Resolves when the connection has ended. */
  readonly ended: Promise<void>;
  close(): void;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: ReplError) => void;
  readonly onEvent: (event: unknown) => void;
}

const connectMs = 3_000;
/** Answers are at most twice their limit of rows, plus what frames them. */
const lineBytesMax = 8 * replLimits.answerBytesMax;

/** @throws ReplError when the other end refuses; what the system says when there is none (`ENOENT`, `ECONNREFUSED`) */
export async function connectRepl(
  socketPath: string,
  who: { readonly user: string; readonly write: boolean },
): Promise<ReplClient> {
  const socket = await connected(socketPath);
  const waiting = new Map<number, Waiting>();
  let next = 0;
  let farewell = 'the process has ended, or has closed the session';
  const ended = new Promise<void>((resolve) => {
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const { reject } of waiting.values()) reject(new ReplError('gone', farewell));
      waiting.clear();
      resolve();
    });
  });
  const lines = new LineSplitter(lineBytesMax, (line) => take(JSON.parse(line) as AnswerFrame));
  socket.on('data', (chunk: Buffer) => {
    if (!lines.push(chunk)) socket.destroy();
  });
  const take = (frame: AnswerFrame): void => {
    if ('event' in frame) {
      waiting.get(frame.id)?.onEvent(frame.event);
      return;
    }
    // Said of the connection, and not of a request.
    if (!frame.ok && frame.id === null) {
      farewell = frame.message;
      return;
    }
    if (frame.id === null) return;
    const asked = waiting.get(frame.id);
    if (asked === undefined) return;
    waiting.delete(frame.id);
    if (frame.ok) asked.resolve(frame.value);
    else asked.reject(new ReplError(frame.code, frame.message));
  };
  const send = (frame: object): void => void socket.write(`${JSON.stringify(frame)}\n`);
  const request: ReplClient['request'] = (verb, args, { onEvent = () => undefined, signal } = {}) =>
    new Promise((resolve, reject) => {
      if (socket.destroyed) {
        reject(new ReplError('gone', farewell));
        return;
      }
      const id = ++next;
      waiting.set(id, { resolve, reject, onEvent });
      signal?.addEventListener('abort', () => {
        if (waiting.has(id)) send({ id: ++next, verb: 'cancel', args: { id } });
      });
      send({ id, verb, args });
    });
  const hello = (await request('hello', { protocol: replLimits.protocol, ...who }).catch((error: unknown) => {
    socket.destroy();
    throw error;
  })) as HelloAnswer;
  return { hello, request, ended, close: () => void socket.end() };
}

function connected(socketPath: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new ReplError('gone', `${socketPath}: nobody answered within ${connectMs} ms`));
    }, connectMs);
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}
