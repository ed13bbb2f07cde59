import { inspect } from 'node:util';
import { createContext, Script } from 'node:vm';
import { ReplError } from '../../runtime/node/repl-client.js';
import type { ReplClient } from '../../runtime/node/repl-client.js';
import { PipelineFailure } from '../../runtime/pipeline/failure.js';
import { painter, print } from '../output.js';
import { lookOf } from './shown.js';
import { sessionVerbs } from './verbs.js';

export interface ScriptOptions {
  readonly expression: string;
  readonly json: boolean;
}

/**
 * Evaluates one expression, or a few statements of which a `return` gives the answer, and prints what it comes to.
 * @throws PipelineFailure `failed` when it throws, `dependency_missing` when the process ended meanwhile
 */
export async function evaluate(client: ReplClient, { expression, json }: ScriptOptions): Promise<void> {
  const paint = painter(process.stdout);
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  const verbs = sessionVerbs({ client, paint, live: null, signal: () => controller.signal });
  const value = await run(expression, verbs).catch((error: unknown) => {
    throw failure(error);
  });
  if (json) await print(jsonOf(value));
  else if (value !== undefined)
    await print(lookOf(value)?.(paint) ?? (typeof value === 'string' ? value : inspect(value, { depth: 6 })));
}

async function run(expression: string, verbs: object): Promise<unknown> {
  const context = createContext({ ...verbs, console, setTimeout, clearTimeout });
  return await (compiled(expression).runInContext(context) as Promise<unknown>);
}

/** What has no JSON, such as a function, is null; a bigint is its digits. */
const jsonOf = (value: unknown): string =>
  ['undefined', 'function', 'symbol'].includes(typeof value)
    ? 'null'
    : JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? String(part) : part), 2);

/** What is no expression is taken as the body of a function. */
function compiled(code: string): Script {
  const options = { filename: '-e' };
  try {
    return new Script(`(async () => (${code.trim().replace(/;$/, '')}\n))()`, options);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return new Script(`(async () => {${code}\n})()`, options);
  }
}

function failure(error: unknown): PipelineFailure {
  const code = error instanceof ReplError && error.code === 'gone' ? 'dependency_missing' : 'failed';
  // An error of the script's own context is no instance of ours.
  const { name, message } = error as { readonly name?: unknown; readonly message?: unknown };
  const told =
    error instanceof ReplError ? `${error.code}: ${error.message}` : `${String(name)}: ${String(message)}`;
  return new PipelineFailure(code, `repl: ${told}`, { cause: error });
}
