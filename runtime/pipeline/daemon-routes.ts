/** What the daemon shows of itself over HTTP, and the jobs that it takes. */
import path from 'node:path';
import { z } from 'zod';
import type {
  HttpAsk,
  HttpChange,
  HttpChanges,
  HttpReply,
  HttpRoutes,
} from '../../actors/operations/ports.js';
import { jsonReply } from './json-reply.js';
import type { Job } from './job.js';
import type { Jobs, Refused } from './jobs.js';
import type { JobInput } from './run-job.js';

export interface DaemonFace {
  readonly jobs: Jobs;
  /** Configuration, conditions and counts of jobs. */
  readonly standing: () => unknown;
  /** What a job is done with that does not say it itself. */
  readonly usual: () => {
    readonly candles: string | undefined;
    readonly symbol: string;
    readonly acceptOutliers: boolean;
  };
  readonly reload: (by: string) => Promise<unknown>;
}

/** Jobs are listed without their summaries, newest first; one alone is told whole. */
export const daemonPages = (face: DaemonFace): HttpRoutes =>
  new Map<string, (ask: HttpAsk) => HttpReply>([
    ['/api/daemon', () => jsonReply(face.standing())],
    ['/api/jobs', () => jsonReply({ jobs: face.jobs.all.toReversed().map(withoutSummary) })],
    [
      '/api/jobs/:id',
      ({ params }) => {
        const job = face.jobs.find(params['id'] ?? '');
        return job === undefined ? jsonReply({ error: 'no such job' }, 404) : jsonReply(job);
      },
    ],
  ]);

const withoutSummary = ({ summary, ...job }: Job) => ({ ...job, hasSummary: summary !== null });

export const daemonChanges = (face: DaemonFace): HttpChanges =>
  new Map<string, (change: HttpChange) => Promise<HttpReply>>([
    ['/api/jobs', (change) => submit(face, change)],
    ['/api/reload', async ({ by }) => jsonReply(await face.reload(by))],
  ]);

const absolute = z
  .string()
  .max(4_096)
  .refine((text) => path.isAbsolute(text), 'expected an absolute path of this machine');

const submission = z.strictObject({
  strategies: absolute,
  candles: absolute.optional(),
  symbol: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._#-]{0,31}$/, 'expected 1 to 32 letters, digits or . _ # -')
    .optional(),
  acceptOutliers: z.boolean().optional(),
});

const statuses: Readonly<Record<Refused['code'], number>> = { queue_full: 429, disk: 507, input: 422 };

async function submit({ jobs, usual }: DaemonFace, { body, by }: HttpChange): Promise<HttpReply> {
  const parsed = submission.safeParse(body);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`,
    );
    return jsonReply({ error: problems.join('; '), code: 'input' }, 400);
  }
  const asUsual = usual();
  const { strategies, candles = asUsual.candles, symbol = asUsual.symbol } = parsed.data;
  if (candles === undefined)
    return jsonReply({ error: 'candles: no folder was given, and none is configured', code: 'input' }, 400);
  const input: JobInput = {
    strategies,
    candles,
    symbol: symbol.toUpperCase(),
    acceptOutliers: parsed.data.acceptOutliers ?? asUsual.acceptOutliers,
  };
  const outcome = await jobs.submit(input, by);
  if (outcome.ok) return jsonReply({ job: withoutSummary(outcome.job) }, 202);
  return jsonReply({ error: outcome.message, code: outcome.code }, statuses[outcome.code]);
}
