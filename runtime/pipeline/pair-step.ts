import { names } from '../../protocols/pair-overlay.js';
import type { RefreshOutcome } from '../../protocols/pair-overlay.js';
import { PipelineFailure } from './failure.js';
import { patiently } from './job-context.js';
import type { JobContext } from './job-context.js';

/** Null when the pairs could not be formed. */
export interface PairsFormed {
  /** Pairs whose correlation was computed for the refresh that stands. */
  readonly evaluated: number | null;
  readonly active: number | null;
}

/** How long one question for a refresh waits: longer than a refresh may take. */
const refreshMs = 660_000;

/**
 * Forms pairs of the strategies as they are ranked now. The same inputs again are the refresh that stands, so a job that
 * is run again neither evaluates nor tells anything twice. Pairs that cannot be formed are unknown, and no reason to lose
 * the rest of the job.
 * @throws PipelineFailure `disk`, and JobInterrupted
 */
export async function refreshPairs(
  context: JobContext,
  mode: 'strict' | 'compatible' = 'strict',
): Promise<PairsFormed> {
  const { system, progress, signal } = context;
  progress.begin('pairs', 1);
  try {
    const outcome = await patiently<RefreshOutcome>(context, 'form pairs', () =>
      system.ask(names.refresher, { type: 'refresh', mode }, { deadlineMs: refreshMs, signal }),
    );
    if (outcome.explanation !== null) progress.note(`no pair is active: ${outcome.explanation}`);
    progress.advance('pairs', 1);
    return { evaluated: outcome.evaluated, active: outcome.active };
  } catch (error) {
    if (!(error instanceof PipelineFailure) || error.code !== 'failed') throw error;
    progress.advance('pairs', 1, 1);
    progress.note(error.message);
    return { evaluated: null, active: null };
  } finally {
    progress.end('pairs');
  }
}
