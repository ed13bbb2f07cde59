import type { AskOutcome } from '../../actors/kernel/behavior.js';
import type { Clock } from '../../actors/kernel/capabilities.js';
import { dbAnswer } from '../../protocols/db-writes.js';
import type { DbAnswer, DbRefusal } from '../../protocols/db-writes.js';
import type { System } from '../system.js';
import { PipelineFailure } from './failure.js';

/** The steps of a job, in their order. */
export type JobPhase =
  | 'strategies'
  | 'candles'
  | 'windows'
  | 'requests'
  | 'backtests'
  /** By the in-sample figures. */
  | 'ranks'
  | 'oos'
  /** By what was measured out of sample. */
  | 'promotions'
  | 'pairs'
  | 'notifications';

/** Who shows how a job gets on. None of it may take time. */
export interface Progress {
  begin(phase: JobPhase, total: number): void;
  /** @param done of the total */
  advance(phase: JobPhase, done: number, failures?: number): void;
  end(phase: JobPhase): void;
  /** Something that a person should know. */
  note(line: string): void;
}

/** What the steps of a job share. */
export interface JobContext {
  readonly system: System;
  readonly clock: Clock;
  /** Resolves after the time, or at once when the job is interrupted. */
  readonly pause: (ms: number) => Promise<void>;
  /** Aborted when the job must end early. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** How long weather is waited out before the job gives up. @defaultValue a minute */
  readonly weatherMs?: number;
  /** Where the databases lie. */
  readonly folder: string;
}

/** The job was told to end before it was done; what it had submitted goes on at the next start. */
export class JobInterrupted extends Error {
  override readonly name = 'JobInterrupted';
}

export function goOn({ signal }: JobContext): void {
  if (signal.aborted) throw new JobInterrupted('interrupted');
}

/** One verb's own deadline, and how long weather is waited out before the job gives up. */
export const patience = {
  askMs: 30_000,
  weatherMs: 60_000,
  toldAfterMs: 3_000,
  firstPauseMs: 100,
  longestPauseMs: 5_000,
} as const;

const diskCodes = new Set(['disk_full', 'io_error', 'read_only', 'corrupt']);

/**
 * Asks a store, and asks again with growing pauses while it says that waiting helps. Verbs are repeatable by key, so an
 * answer that got lost costs nothing.
 * @throws PipelineFailure when the weather does not clear, or waiting does not help
 */
export async function patiently<T>(
  context: JobContext,
  what: string,
  ask: (options: { readonly deadlineMs: number }) => Promise<AskOutcome<DbAnswer<T>>>,
): Promise<T> {
  const startedMs = context.clock.nowMs();
  let pauseMs: number = patience.firstPauseMs;
  let told = false;
  for (;;) {
    goOn(context);
    const answer = dbAnswer(await ask({ deadlineMs: patience.askMs }));
    if (answer.ok) return answer.value;
    const waitedMs = context.clock.nowMs() - startedMs;
    if (!answer.retryable || waitedMs > (context.weatherMs ?? patience.weatherMs))
      throw storeFailure(what, answer, waitedMs);
    if (!told && waitedMs > patience.toldAfterMs) {
      told = true;
      context.progress.note(`cannot ${what} yet: ${answer.message} (${answer.code}); trying again`);
    }
    await context.pause(pauseMs);
    pauseMs = Math.min(2 * pauseMs, patience.longestPauseMs);
  }
}

/** A refusal that did not clear, in the words of an exit code. */
export function storeFailure(
  what: string,
  refusal: Pick<DbRefusal, 'code' | 'message' | 'retryable'>,
  waitedMs: number,
): PipelineFailure {
  const waited = refusal.retryable ? `, for ${Math.round(waitedMs / 1_000)} s` : '';
  const disk = diskCodes.has(refusal.code);
  const advice = disk
    ? 'make room or repair the disk, then run the same command again: it goes on where it was'
    : 'run the same command again: it goes on where it was';
  return new PipelineFailure(
    disk ? 'disk' : 'failed',
    `cannot ${what}: ${refusal.message} (${refusal.code}${waited}); ${advice}`,
    { retryable: refusal.retryable },
  );
}

/** The list in parts of at most `size`, in order. */
export function* inParts<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}
