import type { ChildSpec } from '../../../actors/kernel/child-spec.js';
import { name } from '../../../protocols/name.js';
import type { WorkerPoolMsg } from '../../../protocols/workers.js';
import { workerPool } from '../../../supervisors/worker-pool.js';
import { workerThread } from '../worker-thread.js';
import type { IntakeOp, IntakeOps, IntakeRequest, IntakeWorkerConfig } from './messages.js';

export type IntakePoolMsg = WorkerPoolMsg<IntakeRequest, IntakeOps[IntakeOp]['value']>;

export const intakeName = name<IntakePoolMsg>('intake/pool');

export interface IntakePoolOptions {
  /** @defaultValue the compiled `intake-worker` beside this file */
  readonly entry?: string | URL;
  /** For one file. @defaultValue 120,000 */
  readonly deadlineMs?: number;
  /** Requests that may wait. @defaultValue 1,000 */
  readonly queueMax?: number;
  /** Parsed candles kept for the cut that follows a check. @defaultValue 256 MiB */
  readonly cacheBytesMax?: number;
  /** Strategy records that reach the main thread at once. @defaultValue 200, some milliseconds */
  readonly pageRecords?: number;
}

export const intakeDefaults = {
  deadlineMs: 120_000,
  queueMax: 1_000,
  cacheBytesMax: 256 * 1024 * 1024,
  pageRecords: 200,
} as const;

/** Who asks for a thousand files waits for all of them. */
const queueMs = 24 * 3_600_000;

/** A page of records, and room for what a check of a hopeless file has to say. */
const answerBytesMax = 64 * 1024 * 1024;

/** The parsed columns of the largest file that is taken, beside the cache. */
const heapMebibytesMax = 1_024;

/**
 * One thread, because it keeps what it has read: a cut follows its check, and the pages of an import follow each other.
 * Files are read, checked, hashed, cut and written there, so that the main loop waits for neither disk nor parser.
 */
export function intakePool(options: IntakePoolOptions = {}): ChildSpec {
  const { entry, deadlineMs, queueMax, cacheBytesMax, pageRecords } = { ...intakeDefaults, ...options };
  const data: IntakeWorkerConfig = { cacheBytesMax, pageRecords };
  return workerPool({
    id: 'intake',
    name: intakeName,
    size: 1,
    worker: workerThread({
      name: 'intake',
      entry: entry ?? new URL('../intake-worker.js', import.meta.url),
      data,
      limits: { maxOldGenerationSizeMb: heapMebibytesMax },
    }),
    requestMs: deadlineMs,
    queueMax,
    queueMs,
    answerBytesMax,
  });
}
