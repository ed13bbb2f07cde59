/** Commands that need the process which serves a database. */
import { pipelinePaths } from '../runtime/node/paths.js';
import { askLive } from '../runtime/node/live-client.js';
import type { LiveAnswer, LiveAsk } from '../runtime/node/live-client.js';
import { processLives, readRunFile } from '../runtime/node/run-file.js';
import type { RunFile } from '../protocols/operations.js';
import { PipelineFailure } from '../runtime/pipeline/failure.js';

/** Where the process that serves a database is. @returns null when none is running */
export async function findLive(db: string): Promise<RunFile | null> {
  const runFile = await readRunFile(pipelinePaths(db).runFile);
  return runFile !== null && processLives(runFile.pid) ? runFile : null;
}

/** @throws PipelineFailure `dependency_missing` when none is running */
export async function requireLive(db: string, why: string): Promise<RunFile> {
  const live = await findLive(db);
  if (live !== null) return live;
  throw new PipelineFailure(
    'dependency_missing',
    `${why}: expected a process that serves ${pipelinePaths(db).core}, found none; start one with holdfast start, or name its database with --db`,
  );
}

/** @throws PipelineFailure when the process does not answer, or has no such page */
export async function askRunning(live: RunFile, ask: LiveAsk): Promise<LiveAnswer> {
  const answer = await askLive(live, ask);
  if (answer === null)
    throw new PipelineFailure(
      'dependency_missing',
      `process ${live.pid} does not answer at ${live.url}: refused, cut off, or silent for ${ask.withinMs / 1_000} s; holdfast status shows more`,
    );
  if (answer.status === 401)
    throw new PipelineFailure(
      'failed',
      `process ${live.pid} refused the token of its own run file; ask again`,
    );
  return answer;
}

/** What a refusal says of itself. */
export const errorOf = ({ body, status }: LiveAnswer): string =>
  typeof body === 'object' && body !== null && 'error' in body && typeof body.error === 'string'
    ? body.error
    : `status ${status}`;
