import { IntakeError } from '../node/intake.js';
import { PipelineFailure } from './failure.js';
import type { PipelineFailureCode } from './failure.js';

const meanings: Readonly<Partial<Record<IntakeError['code'], PipelineFailureCode>>> = {
  input_missing: 'input_missing',
  input_unreadable: 'input_missing',
  disk_full: 'disk',
  io_failed: 'disk',
  not_writable: 'locked',
};

/** Intake work whose failure ends the job, in the words of an exit code. @throws PipelineFailure */
export async function orFail<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof IntakeError)) throw error;
    const code = meanings[error.code] ?? 'failed';
    throw new PipelineFailure(code, `cannot ${what}: ${error.message} (${error.code})`, { cause: error });
  }
}
