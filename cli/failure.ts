import { PipelineFailure } from '../runtime/pipeline/failure.js';
import { describeError } from '../protocols/exit-reason.js';
import { exitCodes } from './exit-codes.js';

/** A wish of the user's that cannot be granted: wrong flags and values. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** One line for stderr, what is to be listed below it, and the code for the shell. */
export interface Explained {
  readonly line: string;
  readonly exitCode: number;
  readonly details: readonly string[];
}

export function explain(error: unknown): Explained {
  const details = error instanceof PipelineFailure ? error.details : [];
  if (error instanceof UsageError) return { line: error.message, exitCode: exitCodes.usage, details };
  if (error instanceof PipelineFailure)
    return { line: error.message, exitCode: exitCodes[error.code], details };
  return { line: `unexpected: ${describeError(error)}`, exitCode: exitCodes.failed, details };
}
