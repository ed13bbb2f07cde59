import type { ExitReason } from '../../protocols/exit-reason.js';
import { describeError } from '../../protocols/exit-reason.js';
import { PipelineFailure } from './failure.js';
import type { PipelineFailureCode } from './failure.js';

/** What the failures of a start mean to whoever started us, by the code of the error. */
const meanings: Readonly<Record<string, readonly [code: PipelineFailureCode, advice: string]>> = {
  EADDRINUSE: ['port_in_use', 'end the program that has the port, or choose another with --http-port'],
  port_in_use: ['port_in_use', 'end the program that has the port'],
  EACCES: ['locked', 'choose a place where you may write with --db'],
  EPERM: ['locked', 'choose a place where you may write with --db'],
  ENOENT: ['locked', 'choose a place where a folder can be made with --db'],
  ENOTDIR: ['locked', 'choose a place where a folder can be made with --db'],
  EEXIST: ['locked', 'choose a place where a folder can be made with --db'],
  locked_by_other: ['locked', 'holdfast status tells what it does'],
  cannot_open: ['locked', 'choose a place where you may write with --db'],
  busy: ['locked', 'somebody else holds the file; end it first'],
  disk_full: ['disk', 'make room, then run the same command again'],
  read_only: ['disk', 'the disk or the file is read-only'],
  io_error: ['disk', 'the disk refuses; repair it'],
  corrupt: ['disk', 'this is no sound database of ours; move it away or restore it'],
  ENOSPC: ['disk', 'make room, then run the same command again'],
  EROFS: ['disk', 'the disk is read-only; choose another place with --db'],
  EIO: ['disk', 'the disk refuses; repair it'],
  schema_newer: ['configuration', 'a newer version wrote these files; use that one'],
  schema_older: ['configuration', 'holdfast run or start on these files once brings them up to date'],
};

/**
 * An error of the start, in the words of an exit code.
 * @param attempt what could not be done, after "cannot"
 */
export function startFailure(error: unknown, attempt = 'start'): PipelineFailure {
  if (error instanceof PipelineFailure) return error;
  const cause = innermost(error);
  const code = codeOf(cause);
  const [meaning, advice] = (code === undefined ? undefined : meanings[code]) ?? (['failed', ''] as const);
  const message = `cannot ${attempt}: ${describeError(cause)}${advice === '' ? '' : `; ${advice}`}`;
  return new PipelineFailure(meaning, message, { cause: error });
}

/** A failed start is wrapped once for each level of the tree; what went wrong is at the bottom. */
function innermost(error: unknown): unknown {
  const reason = reasonOf(error);
  if (reason === undefined) return error;
  if (reason.kind === 'error') return innermost(reason.error);
  if (reason.kind === 'shutdown' && reason.detail !== undefined) return innermost(reason.detail);
  return error;
}

function reasonOf(error: unknown): ExitReason | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('failedToStartChild' in error)
    return (error.failedToStartChild as { readonly reason: ExitReason }).reason;
  return 'path' in error && 'reason' in error ? (error.reason as ExitReason) : undefined;
}

const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
