import type { EventEmitter } from 'node:events';
import { homedir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Recoverable, start } from 'node:repl';
import type { REPLServer } from 'node:repl';
import { PassThrough, Writable } from 'node:stream';
import { inspect } from 'node:util';
import type { Listed, PlaceRow } from '../../protocols/repl-answers.js';
import { ReplError } from '../../runtime/node/repl-client.js';
import type { ReplClient } from '../../runtime/node/repl-client.js';
import { exitCodes } from '../exit-codes.js';
import { painter } from '../output.js';
import { completeArgument, completeVerb } from './complete.js';
import type { Known } from './complete.js';
import { lookOf } from './shown.js';
import { sessionVerbs } from './verbs.js';

type Done = (error: Error | null, result?: unknown) => void;
type Evaluate = (code: string, context: object, file: string, done: Done) => void;

/** A session with a person, or with lines from a pipe. Resolves with the exit code when either side has ended it. */
export async function converse(client: ReplClient): Promise<number> {
  const paint = painter(process.stdout);
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  // Below a person's own line there is only Node and us.
  Error.stackTraceLimit = 3;
  const turns = new Turns();
  const verbs = sessionVerbs({ client, paint, live: say, signal: () => turns.signal });
  const known = new KnownPlaces(client, Object.keys(verbs));
  if (isTerminal) say(greeting(client, paint));
  const input = new PassThrough();
  const repl = start({
    prompt: isTerminal ? `${client.hello.name}${client.hello.write ? '!' : ''}> ` : '',
    terminal: isTerminal,
    input: isTerminal ? process.stdin : input,
    output: isTerminal ? process.stdout : withoutPrompts(),
    useColors: isTerminal && paint('bold', 'x') !== 'x',
    ignoreUndefined: true,
    preview: false,
    // An endless loop of the person's own is ended by Ctrl-C, too.
    breakEvalOnSigint: isTerminal,
    writer: (value: unknown) =>
      lookOf(value)?.(paint) ?? inspect(value, { colors: repl.useColors, depth: 4 }),
  });
  Object.assign(repl.context, verbs);
  const evaluate = repl.eval.bind(repl) as Evaluate;
  const awaiting: Evaluate = (code, context, file, done) => {
    turns.take(
      (told) =>
        new Promise((resolve, reject) => {
          domainOf(repl)?.once('error', told);
          evaluate(code, context, file, (error, result) => {
            domainOf(repl)?.off('error', told);
            if (error === null) resolve(result);
            else reject(error);
          });
        }),
      (problem, value) => {
        // A refusal is told in its words: its stack would be ours, and of no use to anybody.
        if (problem instanceof ReplError) say(paint('red', `${problem.code}: ${problem.message}`));
        if (problem instanceof ReplError || problem === null) done(null, value);
        else done(problem);
      },
    );
  };
  Object.assign(repl, { eval: awaiting, completer: completerOf(repl, known) });
  const cancelFirst = (usual: readonly ((...args: unknown[]) => void)[]): void => {
    if (turns.busy) turns.cancel();
    else for (const listener of usual) listener.call(repl);
  };
  // What is waited for is given up; at an empty prompt Ctrl-C does what it does in Node.
  const usual = repl.listeners('SIGINT') as ((...args: unknown[]) => void)[];
  repl.removeAllListeners('SIGINT').on('SIGINT', () => cancelFirst(usual));
  // On a terminal this would keep Node from ending an endless loop of the person's own.
  if (!isTerminal) process.once('SIGINT', () => process.exit(exitCodes.interrupted));
  const exited = new Promise<'left'>((resolve) => repl.once('exit', () => resolve('left')));
  if (isTerminal) await keepHistory(repl);
  else void feed(input, turns);
  const ending = await Promise.race([exited, client.ended.then(() => 'gone' as const)]);
  if (ending === 'left') await turns.idle();
  if (turns.unfinished && !isTerminal)
    process.stderr.write('holdfast: repl: the input ended in the middle of a statement, which was not run\n');
  if (ending === 'gone')
    say(`${isTerminal ? '\n' : ''}${paint('yellow', 'the process has ended, or has closed the session')}`);
  known.stop();
  repl.close();
  client.close();
  process.stdin.destroy();
  if (ending === 'gone') return exitCodes.dependency_missing;
  return !isTerminal && (turns.failed || turns.unfinished) ? exitCodes.failed : exitCodes.ended;
}

/** Node asks for the rest of a statement with dots, which nobody in a pipe wants to read. */
const withoutPrompts = (): Writable =>
  new Writable({
    decodeStrings: false,
    write: (text: string | Buffer, _encoding, done) => {
      if (/^(\.\.\. )+$/.test(text.toString())) done();
      else process.stdout.write(text, done);
    },
  });

/** Line by line, each after the answer to the one before: what comes in a pipe comes all at once. */
async function feed(input: PassThrough, turns: Turns): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    input.write(`${line}\n`);
    await new Promise((resolve) => setImmediate(resolve));
    await turns.idle();
  }
  input.end();
}

/** One evaluation at a time, in order. */
class Turns {
  #last: Promise<void> = Promise.resolve();
  #controller = new AbortController();
  /** Whether any has ended in an error. */
  failed = false;
  /** What came last was half of a statement. */
  unfinished = false;
  busy = false;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  cancel(): void {
    this.#controller.abort();
  }

  idle(): Promise<void> {
    return this.#last;
  }

  /** @param run is given what to call instead of settling when the error has been shown already */
  take(
    run: (told: () => void) => Promise<unknown>,
    done: (error: Error | null, value?: unknown) => void,
  ): void {
    this.#last = this.#last.then(async () => {
      this.#controller = new AbortController();
      this.busy = true;
      const outcome = await new Promise<Outcome | undefined>((resolve) => {
        void settled(run(() => resolve(undefined))).then(resolve);
      });
      this.busy = false;
      // Half of a statement is no error: its other half follows.
      this.unfinished = outcome?.error instanceof Recoverable;
      if (outcome?.error !== null && !this.unfinished) this.failed = true;
      if (outcome !== undefined) done(outcome.error, outcome.value);
    });
  }
}

interface Outcome {
  readonly error: Error | null;
  readonly value?: unknown;
}

const settled = (work: Promise<unknown>): Promise<Outcome> =>
  work.then(
    (value) => ({ error: null, value }),
    (problem: unknown) => ({ error: problem instanceof Error ? problem : new Error(String(problem)) }),
  );

/** What a line of the person's throws Node tells its domain, which shows it; whoever asked for the line never hears of it. */
const domainOf = (repl: REPLServer): EventEmitter | undefined =>
  (repl as unknown as { readonly _domain?: EventEmitter })._domain;

/** For completion. Places come and go, so they are asked for now and then. */
class KnownPlaces implements Known {
  readonly verbs: readonly string[];
  readonly keys: readonly string[];
  #paths: readonly string[];
  readonly #timer: NodeJS.Timeout;

  constructor(client: ReplClient, verbs: readonly string[]) {
    this.verbs = verbs;
    this.keys = client.hello.keys;
    this.#paths = client.hello.paths;
    const refresh = async (): Promise<void> => {
      const { rows } = (await client.request('tree', { limit: 2_000 })) as Listed<PlaceRow>;
      this.#paths = rows.map(({ path }) => path);
    };
    this.#timer = setInterval(() => void refresh().catch(() => undefined), 10_000);
    this.#timer.unref();
  }

  paths(): readonly string[] {
    return this.#paths;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function greeting({ hello }: ReplClient, paint: ReturnType<typeof painter>): string {
  const upS = Math.max(0, Math.round((Date.now() - hello.startedWallMs) / 1_000));
  const up =
    upS < 120 ? `${upS} s` : upS < 7_200 ? `${Math.round(upS / 60)} min` : `${(upS / 3_600).toFixed(1)} h`;
  const rights = hello.write
    ? paint('yellow', 'this session may change things; each change is recorded with your name')
    : 'this session can only look (--write for more)';
  return `Attached to ${paint('bold', hello.name)}, process ${hello.pid}, up ${up}; ${rights}.\nhelp() tells what there is; Ctrl-D leaves, and the process goes on.`;
}

const keepHistory = (repl: REPLServer): Promise<void> =>
  new Promise((resolve) => {
    const file = process.env['HOLDFAST_REPL_HISTORY'] ?? path.join(homedir(), '.holdfast_repl_history');
    // Without a place for it there is a session without a memory.
    repl.setupHistory(file, () => resolve());
  });

type Completer = (line: string, done: (error: Error | null, result?: [string[], string]) => void) => void;

function completerOf(repl: REPLServer, known: Known): Completer {
  const usual = repl.completer as Completer;
  return (line, done) => {
    const ours = completeArgument(line, known) ?? completeVerb(line, known);
    if (ours === undefined) usual.call(repl, line, done);
    else done(null, ours);
  };
}
