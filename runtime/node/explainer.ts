import type { ChildSpec } from '../../actors/kernel/child-spec.js';
import { names } from '../../protocols/explanations.js';
import { workerPool } from '../../supervisors/worker-pool.js';
import type { ExplainWorkerConfig } from './explain-worker.js';
import { workerThread } from './worker-thread.js';

export interface ExplainerOptions {
  /** The core file. */
  readonly file: string;
  /** @defaultValue the compiled `explain-worker` beside this file */
  readonly entry?: string | URL;
}

export const defaults = { requestMs: 20_000, queueMax: 16 } as const;

/** One thread: people ask, one after the other, and what they ask for takes the core from whoever computes. */
export function explainer({ file, entry }: ExplainerOptions): ChildSpec {
  const data: ExplainWorkerConfig = { file };
  return workerPool({
    id: 'explainer',
    name: names.explainer,
    size: 1,
    worker: workerThread({
      name: 'explainer',
      entry: entry ?? new URL('./explain-worker.js', import.meta.url),
      data,
      limits: { maxOldGenerationSizeMb: 256 },
    }),
    requestMs: defaults.requestMs,
    queueMax: defaults.queueMax,
    queueMs: defaults.requestMs,
    answerBytesMax: 8 * 1024 * 1024,
    attemptsMax: 1,
  });
}
