/** Long work of an actor: started by one message, looked at while it goes on, asked for again when its actor fell. */
import type { AskOutcome } from '../../actors/kernel/behavior.js';
import { dbAnswer } from '../../protocols/db-writes.js';
import type { DbAnswer } from '../../protocols/db-writes.js';
import { goOn, patience, storeFailure } from './job-context.js';
import type { JobContext } from './job-context.js';

/** Longer than any work; an actor that dies says so at once. */
const workMs = 2 ** 31 - 1;

const lookEveryMs = 250;

/**
 * @param start repeatable: who asks for the same again gets the same
 * @param look called now and then while the work is under way
 * @throws PipelineFailure when the weather does not clear, or waiting does not help
 */
export async function awaitWork<T>(
  context: JobContext,
  what: string,
  start: (options: {
    readonly deadlineMs: number;
    readonly signal: AbortSignal;
  }) => Promise<AskOutcome<DbAnswer<T>>>,
  look: () => Promise<void>,
): Promise<T> {
  let failedMs: number | null = null;
  let pauseMs: number = patience.firstPauseMs;
  for (;;) {
    goOn(context);
    const asked = start({ deadlineMs: workMs, signal: context.signal });
    const answer = dbAnswer(await lookingAt(context, asked, look));
    goOn(context);
    if (answer.ok) return answer.value;
    // The actor has waited for the stores already; a restart of its own is over soon.
    const isFall = answer.code === 'no_answer';
    const nowMs = context.clock.nowMs();
    failedMs ??= nowMs;
    if (!answer.retryable || !isFall || nowMs - failedMs > patience.weatherMs)
      throw storeFailure(what, answer, nowMs - failedMs);
    await context.pause(pauseMs);
    pauseMs = Math.min(2 * pauseMs, patience.longestPauseMs);
  }
}

async function lookingAt<T>(context: JobContext, asked: Promise<T>, look: () => Promise<void>): Promise<T> {
  for (;;) {
    const came = await Promise.race([
      asked.then((value) => ({ value })),
      context.pause(lookEveryMs).then(() => null),
    ]);
    if (came !== null) return came.value;
    await look();
  }
}
