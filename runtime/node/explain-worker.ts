/** The entry of the thread that explains: reads the files by itself, and answers with JSON. */
import type { Explained, ExplainWork } from '../../protocols/explanations.js';
import { describeError } from '../../protocols/exit-reason.js';
import { explain } from '../pipeline/explanations.js';
import { PipelineFailure } from '../pipeline/failure.js';
import { serveWorker, WorkerFailure } from './worker-serve.js';

export interface ExplainWorkerConfig {
  /** The core file. */
  readonly file: string;
}

await serveWorker<ExplainWork, Explained, ExplainWorkerConfig, ExplainWorkerConfig>(
  async (work, _call, { file }) => {
    try {
      return await explain(file, work);
    } catch (error) {
      if (!(error instanceof PipelineFailure)) throw error;
      const { code, cause, retryable, message } = error;
      // A command would be told what to do about its start; a page wants what the file said.
      const said = cause === undefined ? message : describeError(cause);
      throw new WorkerFailure(code, said, { retryable, cause });
    }
  },
  { setUp: (config) => config },
);
