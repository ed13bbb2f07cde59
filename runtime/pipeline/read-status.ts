import { z } from 'zod';
import type { Counts, FactsSnapshot, RunFile } from '../../protocols/operations.js';
import { countsFrom } from '../../protocols/operations.js';
import type { Statement } from '../../storage/statement.js';
import { countLetters } from '../../storage/tables/letters.js';
import { countRanks } from '../../storage/tables/ranks.js';
import { countRequests, selectLatencies } from '../../storage/tables/request-counts.js';
import { nodeCapabilities } from '../node/capabilities.js';
import { kindOf } from '../node/files.js';
import { askLive as askProcess } from '../node/live-client.js';
import { pipelinePaths } from '../node/paths.js';
import type { PipelinePaths } from '../node/paths.js';
import { processLives, readRunFile } from '../node/run-file.js';
import { PipelineFailure } from './failure.js';
import { queryFile } from './query-file.js';

/** What `holdfast status --json` prints. Unknown is null. */
export interface PipelineStatus {
  /** `live`: a process answers; `silent`: it lives and does not answer; `stopped`: read from the files. */
  readonly state: 'live' | 'silent' | 'stopped';
  readonly file: string;
  readonly pid: number | null;
  readonly url: string | null;
  readonly startedWallMs: number | null;
  /** The process's own word on its health; null when it did not answer. */
  readonly health: unknown;
  readonly counts: Counts | null;
  /** When the counts were read. */
  readonly countsAsOfWallMs: number | null;
}

const askMs = 2_000;
const dayMs = 24 * 3_600_000;

const factsSchema = z.object({ wallMs: z.number(), facts: z.record(z.string(), z.unknown()) });

/**
 * Asks the process that serves these files, or else reads them without changing anything.
 * @throws PipelineFailure `input_missing` | `locked` | `disk` | `configuration`
 */
export async function readStatus(file: string): Promise<PipelineStatus> {
  const paths = pipelinePaths(file);
  const runFile = await readRunFile(paths.runFile);
  if (runFile !== null && processLives(runFile.pid)) {
    const live = await askLive(paths, runFile);
    // Another process may have got the pid of one that was killed; only one that answers as ours is it.
    if (live !== null) return live;
    return {
      ...readFiles(paths, await kindOf(paths.core)),
      state: 'silent',
      pid: runFile.pid,
      url: runFile.url,
    };
  }
  return readFiles(paths, await kindOf(paths.core));
}

async function askLive(paths: PipelinePaths, runFile: RunFile): Promise<PipelineStatus | null> {
  const [health, answered] = await Promise.all([
    ask(runFile, '/api/system/health'),
    ask(runFile, '/api/facts'),
  ]);
  if (!isOfBoot(health, runFile.bootId)) return null;
  const parsed = factsSchema.safeParse(answered);
  const facts = parsed.success ? (parsed.data as FactsSnapshot) : null;
  return {
    state: 'live',
    file: paths.core,
    pid: runFile.pid,
    url: runFile.url,
    startedWallMs: runFile.startedWallMs,
    health,
    counts: countsFrom(facts),
    countsAsOfWallMs: facts?.facts['counts']?.asOfWallMs ?? null,
  };
}

const ask = async (runFile: RunFile, path: string): Promise<unknown> =>
  (await askProcess(runFile, { method: 'GET', path, withinMs: askMs }))?.body ?? null;

const isOfBoot = (health: unknown, bootId: string): boolean =>
  typeof health === 'object' && health !== null && 'bootId' in health && health.bootId === bootId;

/** @throws PipelineFailure `input_missing` */
export function requireDatabase(paths: PipelinePaths, core: Awaited<ReturnType<typeof kindOf>>): void {
  if (core === 'file') return;
  const found: Readonly<Record<typeof core, string>> = {
    folder: 'a folder',
    other: 'something that is no file',
    denied: 'something this user may not look at',
    missing: 'nothing there; holdfast run makes one',
  };
  throw new PipelineFailure(
    'input_missing',
    `--db ${paths.core}: expected a database of holdfast, found ${found[core]}`,
  );
}

function readFiles(paths: PipelinePaths, core: Awaited<ReturnType<typeof kindOf>>): PipelineStatus {
  requireDatabase(paths, core);
  const wallMs = nodeCapabilities.clock.wallMs();
  const read = <R>(statement: Statement<R>): readonly R[] => queryFile(paths.core, 'core', statement);
  const counts: Counts = {
    requests: read(countRequests({})),
    latencies: read(selectLatencies({ sinceWallMs: wallMs - dayMs })),
    ranks: read(countRanks({})),
    deadLettersKept: keptLetters(paths.deadLetters),
  };
  return {
    state: 'stopped',
    file: paths.core,
    pid: null,
    url: null,
    startedWallMs: null,
    health: null,
    counts,
    countsAsOfWallMs: wallMs,
  };
}

/** A file that cannot be read makes its figure unknown, not the whole status. */
function keptLetters(file: string): number | null {
  try {
    return queryFile(file, 'dead-letters', countLetters({}))
      .filter(({ state }) => state === 'kept')
      .reduce((sum, { count }) => sum + count, 0);
  } catch (error) {
    if (error instanceof PipelineFailure) return null;
    throw error;
  }
}
