/** A job that the daemon is to do, as it is kept and shown. */
import { z } from 'zod';
import { summarySchema } from '../../protocols/summary.js';

/**
 * `queued`, `running`, then `ended` or `failed`. `waiting`: something outside keeps it from going on (a full disk, a
 * locked store); it goes on by itself. What is not over when the daemon stops is queued again at the next start.
 */
export const jobStates = ['queued', 'running', 'waiting', 'ended', 'failed'] as const;
export type JobState = (typeof jobStates)[number];

export const jobSchema = z.strictObject({
  /** Ids sort by the time of the submission. */
  jobId: z.string().regex(/^[0-9a-z-]{1,64}$/),
  state: z.enum(jobStates),
  /** Jobs of the configuration are not kept: each start has them anew. */
  origin: z.enum(['configuration', 'submitted']),
  by: z.string(),
  /** The file as it was named; what counts is the copy that was made of it. */
  strategies: z.string(),
  candles: z.string(),
  symbol: z.string(),
  acceptOutliers: z.boolean(),
  submittedWallMs: z.number(),
  startedWallMs: z.number().nullable(),
  endedWallMs: z.number().nullable(),
  /** Why it failed, or what it waits for. */
  problem: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
  summary: summarySchema.nullable(),
});

export type Job = z.infer<typeof jobSchema>;

export const isOver = ({ state }: Job): boolean => state === 'ended' || state === 'failed';

/** Ids of one process are told apart by the counter, those of several by the boot. */
export const newJobId = (wallMs: number, bootId: string, count: number): string =>
  `${wallMs.toString(36).padStart(9, '0')}-${bootId.slice(0, 8)}-${count.toString(36)}`;
