import { PipelineFailure } from '../runtime/pipeline/failure.js';
import { describeError } from '../protocols/exit-reason.js';
import { exitCodes } from './exit-codes.js';

/** A wish of the user's that cannot be granted: wrong flags and values. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** One line for stderr and the code for the shell. */
export function explain(error: unknown): { readonly line: string; readonly exitCode: number } {
  if (error instanceof UsageError) return { line: error.message, exitCode: exitCodes.usage };
  if (error instanceof PipelineFailure) return { line: error.message, exitCode: exitCodes[error.code] };
  return { line: `unexpected: ${describeError(error)}`, exitCode: exitCodes.failed };
}
