import { setTimeout as sleep } from 'node:timers/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import type { RunFile } from '../protocols/operations.js';
import { defaultFile } from '../runtime/node/paths.js';
import { PipelineFailure } from '../runtime/pipeline/failure.js';
import type { PipelineFailureCode } from '../runtime/pipeline/failure.js';
import { jobSchema } from '../runtime/pipeline/job.js';
import type { Job } from '../runtime/pipeline/job.js';
import { requirePath } from '../runtime/pipeline/require-inputs.js';
import { askRunning, errorOf, findLive, requireLive } from './live.js';
import { painter, print, printJson } from './output.js';
import { required, whole } from './run-options.js';
import { summaryText } from './summary-text.js';

interface Flags {
  readonly strategies?: string;
  readonly candles?: string;
  readonly symbol?: string;
  readonly db: string;
  readonly wait: boolean;
  readonly waitMinutes?: number;
  readonly json: boolean;
}

const help = `
Hands strategies to the process that holdfast start runs. When the command has ended, the job is on the disk there, with a
copy of the strategies: neither a kill nor a change of the file undoes it. Jobs are done one after another.

Exit codes: 0 accepted (with --wait: the job has ended), 66 a file is missing, 69 no process runs, 1 too many jobs wait (try
again), 74 its disk is full; with --wait also the code of the job's own failure.

Examples:
  holdfast submit --strategies more.sexp
  holdfast submit --strategies more.sexp --candles data --db research/2026.db --wait
  holdfast submit --strategies more.sexp --wait --json > summary.json
`;

export function addSubmit(program: Command): void {
  program
    .command('submit')
    .description('Hand strategies to a running holdfast start.')
    .option('--strategies <file>', 'required: strategy records, one on each line')
    .option('--candles <folder>', 'folder of candle files (default: the one that is configured there)')
    .option('--symbol <symbol>', 'for records that name none (default: the one that is configured there)')
    .option('--db <file>', 'the database that the process serves', defaultFile)
    .option('--wait', "wait for the job's end, and print its summary", false)
    .option('--wait-minutes <minutes>', 'wait no longer than that, 1 to 10080', whole(1, 10_080))
    .option('--json', 'the job, or with --wait its summary, as JSON', false)
    .addHelpText('after', help)
    .action(submit);
}

const accepted = z.object({ job: z.object({ jobId: z.string() }) });

const askMs = 15_000;

async function submit(flags: Flags): Promise<void> {
  const strategies = path.resolve(required(flags.strategies, '--strategies <file>'));
  await requirePath('--strategies', strategies, 'file');
  const candles = flags.candles === undefined ? undefined : path.resolve(flags.candles);
  if (candles !== undefined) await requirePath('--candles', candles, 'candles');
  const live = await requireLive(flags.db, 'submit');
  const answer = await askRunning(live, {
    method: 'POST',
    path: '/api/jobs',
    body: { strategies, ...(candles === undefined ? {} : { candles }), ...withSymbol(flags.symbol) },
    withinMs: askMs,
  });
  if (answer.status !== 202) throw refusal(answer.status, errorOf(answer), live);
  const { jobId } = accepted.parse(answer.body).job;
  if (!flags.wait) {
    if (flags.json) return printJson(answer.body);
    return print(`job ${jobId} is accepted; ${live.url}/api/jobs/${jobId} tells how it gets on`);
  }
  process.stderr.write(`job ${jobId} is accepted; waiting for its end\n`);
  const job = await waitFor(jobId, flags, live);
  if (job.summary === null) throw jobFailure(job);
  return flags.json ? printJson(job.summary) : print(summaryText(job.summary, painter(process.stdout)));
}

const withSymbol = (symbol: string | undefined) => (symbol === undefined ? {} : { symbol });

function refusal(status: number, error: string, { pid }: RunFile): PipelineFailure {
  switch (status) {
    case 404:
      return new PipelineFailure(
        'dependency_missing',
        `process ${pid} takes no jobs: expected one of holdfast start, found another command`,
      );
    case 429:
      return new PipelineFailure('failed', `not accepted: ${error}; try again later`);
    case 507:
      return new PipelineFailure(
        'disk',
        `not accepted: ${error}; make room where its database is, or make that disk writable`,
      );
    case 422:
      return new PipelineFailure('input_missing', `not accepted: ${error} (by process ${pid})`);
    default:
      return new PipelineFailure('failed', `not accepted: ${error}`);
  }
}

/** How often a job is looked at, and for how long a process that is started again may be away. */
const patience = { lookEveryMs: 500, awayMs: 60_000 } as const;

/** A daemon that is started again goes on with the job, so its absence is waited out for a while. */
async function waitFor(jobId: string, { db, waitMinutes }: Flags, first: RunFile): Promise<Job> {
  const untilMs = waitMinutes === undefined ? Infinity : performance.now() + waitMinutes * 60_000;
  let seenMs = performance.now();
  let said = '';
  while (performance.now() < untilMs) {
    const live = await findLive(db);
    const answer =
      live === null
        ? null
        : await askRunning(live, { method: 'GET', path: `/api/jobs/${jobId}`, withinMs: askMs }).catch(
            () => null,
          );
    if (answer?.status === 200) {
      seenMs = performance.now();
      const job = jobSchema.parse(answer.body);
      if (job.state === 'ended' || job.state === 'failed') return job;
      const line = `job ${jobId} is ${job.state}${job.problem === null ? '' : `: ${job.problem.message}`}`;
      if (line !== said) process.stderr.write(`${(said = line)}\n`);
    } else if (performance.now() - seenMs > patience.awayMs)
      throw new PipelineFailure(
        'dependency_missing',
        `process ${first.pid} has gone, or forgotten the job; what was accepted goes on when holdfast start runs again`,
      );
    await sleep(patience.lookEveryMs);
  }
  throw new PipelineFailure('failed', `job ${jobId} has not ended in time; it goes on all the same`);
}

const failureCodes = new Set<string>(['input_missing', 'disk', 'locked', 'configuration', 'failed']);

function jobFailure({ jobId, problem }: Job): PipelineFailure {
  const code = problem !== null && failureCodes.has(problem.code) ? problem.code : 'failed';
  return new PipelineFailure(code as PipelineFailureCode, `job ${jobId} failed: ${problem?.message ?? ''}`);
}
