import { systemCode } from '../../runtime/node/files.js';
import { pipelinePaths } from '../../runtime/node/paths.js';
import { processLives, readRunFile } from '../../runtime/node/run-file.js';
import { connectRepl, ReplError } from '../../runtime/node/repl-client.js';
import type { ReplClient } from '../../runtime/node/repl-client.js';
import { PipelineFailure } from '../../runtime/pipeline/failure.js';

export interface Where {
  readonly db: string;
  /** Goes before `db`. */
  readonly socket?: string;
}

const advice =
  'start one (holdfast run, start or demo), or say where it is: --db FILE as it was given there, or --socket PATH';

/** @throws PipelineFailure `dependency_missing`: what was looked for, what was found, what to do */
export async function attach(
  where: Where,
  who: { readonly user: string; readonly write: boolean },
): Promise<ReplClient> {
  const socketPath = where.socket ?? (await socketOf(where.db));
  try {
    return await connectRepl(socketPath, who);
  } catch (error) {
    if (error instanceof ReplError && error.code !== 'gone') throw error;
    throw new PipelineFailure('dependency_missing', `repl: ${whatIsAt(socketPath, error)}; ${advice}`, {
      cause: error,
    });
  }
}

function whatIsAt(socketPath: string, error: unknown): string {
  switch (systemCode(error)) {
    case 'ENOENT':
      return `expected the socket of a live process, found nothing at ${socketPath}`;
    case 'ECONNREFUSED':
      return `${socketPath} was left by a process that has ended`;
    case 'EACCES':
    case 'EPERM':
      return `${socketPath} belongs to another user; only the one who started the process may attach`;
    case 'ENOTSOCK':
      return `expected a socket, found something else at ${socketPath}`;
    default:
      return `no answer at ${socketPath}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function socketOf(db: string): Promise<string> {
  const { runFile } = pipelinePaths(db);
  const found = await readRunFile(runFile);
  const missing = (what: string): PipelineFailure =>
    new PipelineFailure('dependency_missing', `repl: ${what}; ${advice}`);
  if (found === null)
    throw missing(`expected a live process for ${db}, found no ${runFile} that would name it`);
  if (!processLives(found.pid))
    throw missing(`${runFile} names process ${found.pid}, which has ended without removing it`);
  const socketPath = found.sockets['repl'];
  if (socketPath === undefined)
    throw missing(`process ${found.pid} lives and serves no REPL (${runFile} names no socket for it)`);
  return socketPath;
}
