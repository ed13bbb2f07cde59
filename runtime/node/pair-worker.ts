/** The entry of the thread that evaluates pairs: reads the trades file by itself and answers with figures only. */
import { performance } from 'node:perf_hooks';
import { Evaluation } from '../../actors/pair-overlay/evaluation.js';
import type { EvaluationAnswer, EvaluationRequest } from '../../actors/pair-overlay/evaluation.js';
import { StorageError, storageErrorFrom } from '../../storage/errors.js';
import { openReadOnly } from '../../storage/reader/read-only.js';
import { listLimits, tradeLists } from '../../storage/reader/trade-lists.js';
import { serveWorker, WorkerFailure } from './worker-serve.js';

export interface PairWorkerData {
  /** The trades file. */
  readonly file: string;
}

let evaluation: Evaluation | undefined;

/** Opened with the first request: the file is made by somebody else, who may be slower. */
function evaluationOf(file: string): Evaluation {
  const store = openReadOnly(file, 'trades', () => performance.now(), listLimits);
  return new Evaluation(tradeLists(store));
}

let tradesFile = '';

await serveWorker<EvaluationRequest, EvaluationAnswer, PairWorkerData>(
  (request) => {
    try {
      evaluation ??= evaluationOf(tradesFile);
      return evaluation.answer(request);
    } catch (cause) {
      const error = cause instanceof StorageError ? cause : storageErrorFrom(cause, `read ${tradesFile}`);
      if (error === undefined) throw cause;
      throw new WorkerFailure(error.code, error.message, { cause, retryable: error.retryable });
    }
  },
  {
    setUp: ({ file }) => {
      tradesFile = file;
    },
  },
);
