import { names as dispatch } from '../../protocols/backtest-dispatch.js';
import type { RequestState } from '../../protocols/db-rows.js';
import type { RequestOutcome } from '../../protocols/db-views.js';
import { names as db } from '../../protocols/db-writes.js';
import { goOn, inParts, patiently } from './job-context.js';
import type { JobContext } from './job-context.js';
import { Standstill } from './standstill.js';

/** How many outcomes are read at once, and how often at most and at least. */
export const defaults = { partMax: 500, pollMsMin: 200, pollMsMax: 1_000 } as const;

const openStates: ReadonlySet<RequestState> = new Set(['queued', 'leased']);

export const isOpen = (outcome: Pick<RequestOutcome, 'state'>): boolean => openStates.has(outcome.state);

/** Where these requests stand, as stored. */
export async function readOutcomes(
  context: JobContext,
  requestIds: readonly string[],
): Promise<readonly RequestOutcome[]> {
  const all: RequestOutcome[] = [];
  for (const part of inParts(requestIds, defaults.partMax))
    all.push(
      ...(await patiently(context, 'read requests', (options) =>
        context.system.ask(db.reader, { type: 'request_outcomes', requestIds: part }, options),
      )),
    );
  return all;
}

/**
 * Waits until each of these requests is terminal, whoever brings it there. The dispatcher's hint makes it quick; a
 * timer of its own makes it certain, for a hint can be lost with whoever would have given it.
 */
export async function waitUntilTerminal(context: JobContext, requestIds: readonly string[]): Promise<void> {
  const open = new Set(requestIds);
  let failures = 0;
  let seen = 0;
  const { progress } = context;
  const standstill = new Standstill(context);
  progress.begin('backtests', requestIds.length);
  for (;;) {
    const looked = [...first(open, defaults.partMax)];
    const terminal = (await readOutcomes(context, looked)).filter((outcome) => !isOpen(outcome));
    for (const { requestId, state } of terminal) {
      open.delete(requestId);
      if (state !== 'succeeded') failures++;
    }
    progress.advance('backtests', requestIds.length - open.size, failures);
    if (open.size === 0) break;
    if (terminal.length > 0) standstill.moved();
    await standstill.look();
    if (terminal.length === looked.length) continue;
    goOn(context);
    await context.pause(defaults.pollMsMin);
    seen = await hint(context, seen);
  }
  progress.end('backtests');
}

/** Waits for more settled attempts than `seen`, at most `pollMsMax`. */
async function hint(context: JobContext, seen: number): Promise<number> {
  const outcome = await context.system.ask(
    dispatch.dispatcher,
    { type: 'settled_since', seen },
    { deadlineMs: defaults.pollMsMax },
  );
  if (outcome.ok) return outcome.value.settled;
  if (outcome.reason.type !== 'timeout') {
    // It is being restarted, and counts from the start again.
    await context.pause(defaults.pollMsMax);
    return 0;
  }
  return seen;
}

function* first<T>(items: Iterable<T>, count: number): Generator<T> {
  let left = count;
  for (const item of items) {
    if (left-- <= 0) return;
    yield item;
  }
}
