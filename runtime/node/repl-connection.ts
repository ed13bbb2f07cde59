import type { Socket } from 'node:net';
import {
  cancelArgs,
  helloArgs,
  longVerbs,
  replLimits,
  ReplRefusal,
  requestFrame,
} from '../../protocols/repl.js';
import type { AnswerFrame, HelloAnswer, RefusalCode, RequestFrame, VerbName } from '../../protocols/repl.js';
import type { Call } from '../inspection/sources.js';
import { LineSplitter } from './line-splitter.js';

export interface ConnectionOptions {
  readonly socket: Socket;
  readonly answer: (verb: string, args: unknown, call: Call) => Promise<unknown>;
  readonly hello: (wantsWrite: boolean) => Promise<HelloAnswer>;
  readonly writeVerbs: ReadonlySet<string>;
  /** A client that was dropped for what it did, or did not do. */
  readonly onDropped: (reason: string) => void;
  readonly onRequest: (refused: boolean) => void;
}

interface Session {
  readonly user: string;
  readonly write: boolean;
}

/** One client. Whatever it sends, or fails to read, costs a bounded amount, and only its own connection. */
export class ReplConnection {
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  readonly #lines: LineSplitter;
  readonly #running = new Map<number, AbortController>();
  readonly #memory = new Map<string, unknown>();
  readonly #helloTimer: NodeJS.Timeout;
  #session: Session | undefined;
  #garbage = 0;
  #second = 0;
  #inSecond = 0;

  constructor(options: ConnectionOptions) {
    const { socket } = options;
    this.#options = options;
    this.#socket = socket;
    this.#lines = new LineSplitter(replLimits.requestBytesMax, (line) => this.#take(line));
    this.#helloTimer = setTimeout(() => this.#drop('it never said who it is'), replLimits.helloMs);
    this.#helloTimer.unref();
    socket.on('data', (chunk: Buffer) => {
      if (this.#lines.push(chunk)) return;
      this.#refuse(null, 'too_large', `a request has at most ${replLimits.requestBytesMax} bytes`);
      this.#drop('it sent a line without end');
    });
    // A reset is how some clients leave.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#end());
  }

  close(): void {
    this.#end();
    this.#socket.end();
    this.#socket.destroySoon();
  }

  #end(): void {
    clearTimeout(this.#helloTimer);
    for (const controller of this.#running.values()) controller.abort();
    this.#memory.clear();
  }

  #drop(reason: string): void {
    if (this.#socket.destroyed) return;
    this.#options.onDropped(reason);
    this.#end();
    this.#socket.destroy();
  }

  // What comes in

  #take(line: string): void {
    if (this.#socket.destroyed || line.trim() === '') return;
    // Before anything is made of it: a flood is not even parsed.
    if (this.#countInSecond() > 4 * replLimits.requestsPerSecond) {
      this.#drop('it asked without end');
      return;
    }
    const frame = requestFrame.safeParse(parsed(line));
    if (!frame.success) {
      this.#refuse(null, 'bad_request', 'expected a line of JSON with id, verb and args');
      if (++this.#garbage >= replLimits.garbageMax) this.#drop('it sent what are no requests');
      return;
    }
    void this.#serve(frame.data);
  }

  #countInSecond(): number {
    const second = Math.floor(performance.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#inSecond = 0;
    }
    return ++this.#inSecond;
  }

  async #serve(frame: RequestFrame): Promise<void> {
    const { id } = frame;
    const controller = new AbortController();
    try {
      if (frame.verb === 'cancel') {
        this.#running.get(cancelArgs.parse(frame.args).id)?.abort();
        return;
      }
      this.#admit(id);
      this.#running.set(id, controller);
      const value = await this.#within(frame, controller);
      this.#options.onRequest(false);
      this.#answer(id, value);
    } catch (error) {
      this.#options.onRequest(true);
      if (error instanceof ReplRefusal) this.#refuse(id, error.code, error.message);
      // What it says may hold what is not for others; the process's own log has its crashes.
      else
        this.#refuse(
          id,
          'failed',
          `the process could not answer: ${(error as Error | null)?.name ?? 'error'}`,
        );
    } finally {
      if (this.#running.get(id) === controller) this.#running.delete(id);
    }
  }

  #admit(id: number): void {
    if (this.#inSecond > replLimits.requestsPerSecond)
      throw new ReplRefusal('too_many', `at most ${replLimits.requestsPerSecond} requests a second`);
    if (this.#running.has(id)) throw new ReplRefusal('bad_request', `request ${id} is still being answered`);
    if (this.#running.size >= replLimits.inFlightMax)
      throw new ReplRefusal('too_many', `at most ${replLimits.inFlightMax} requests at once`);
  }

  async #within(frame: RequestFrame, controller: AbortController): Promise<unknown> {
    if (longVerbs.has(frame.verb as VerbName)) return this.#carryOut(frame, controller.signal);
    let timer: NodeJS.Timeout | undefined;
    const ended = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new ReplRefusal('timeout', `no answer within ${replLimits.requestMs} ms`)),
        replLimits.requestMs,
      );
      controller.signal.addEventListener('abort', () => reject(new ReplRefusal('cancelled', 'cancelled')));
    });
    try {
      return await Promise.race([this.#carryOut(frame, controller.signal), ended]);
    } finally {
      clearTimeout(timer);
      controller.abort();
    }
  }

  async #carryOut({ id, verb, args }: RequestFrame, signal: AbortSignal): Promise<unknown> {
    if (verb === 'hello') return this.#hello(args);
    const session = this.#session;
    if (session === undefined)
      throw new ReplRefusal('hello_first', 'the first request is hello, with protocol, user and write');
    if (this.#options.writeVerbs.has(verb) && !session.write)
      throw new ReplRefusal(
        'read_only',
        `${verb} changes something, and this session may only look: start it with --write`,
      );
    return this.#options.answer(verb, args, {
      user: session.user,
      signal,
      memory: this.#memory,
      emit: (event) => this.#emit(id, event),
    });
  }

  async #hello(args: unknown): Promise<HelloAnswer> {
    const asked = helloArgs.safeParse(args);
    if (!asked.success) throw new ReplRefusal('bad_arguments', 'hello: expected protocol, user and write');
    if (asked.data.protocol !== replLimits.protocol)
      throw new ReplRefusal(
        'bad_arguments',
        `hello: this process speaks protocol ${replLimits.protocol}, the client ${asked.data.protocol}; use the holdfast that started it`,
      );
    const answer = await this.#options.hello(asked.data.write);
    if (asked.data.write && !answer.write)
      throw new ReplRefusal('read_only', 'this process serves its REPL for looking only: leave --write out');
    this.#session = { user: asked.data.user, write: answer.write };
    clearTimeout(this.#helloTimer);
    return answer;
  }

  // What goes out

  #answer(id: number, value: unknown): void {
    const line = lineOf({ id, ok: true, value: value ?? null });
    // Rows are cut before; what is longer all the same is one thing that is too large.
    if (line.length <= 4 * replLimits.answerBytesMax) this.#send(line);
    else
      this.#refuse(
        id,
        'too_large',
        `the answer has more than ${4 * replLimits.answerBytesMax} bytes; ask for less`,
      );
  }

  #refuse(id: number | null, code: RefusalCode, message: string): void {
    this.#send(lineOf({ id, ok: false, code, message }));
  }

  #emit(id: number, event: unknown): boolean {
    if (this.#socket.destroyed || this.#socket.writableLength > replLimits.outBytesMax / 4) return false;
    this.#send(lineOf({ id, event }));
    return true;
  }

  #send(line: string): void {
    if (this.#socket.destroyed) return;
    this.#socket.write(line);
    if (this.#socket.writableLength > replLimits.outBytesMax) this.#drop('it does not read');
  }
}

const lineOf = (frame: AnswerFrame): string => `${JSON.stringify(frame)}\n`;

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
