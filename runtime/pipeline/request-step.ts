import { names as dispatch } from '../../protocols/backtest-dispatch.js';
import type { NewRequest } from '../../protocols/db-rows.js';
import { names as db } from '../../protocols/db-writes.js';
import type { Window } from '../../protocols/oos-requests.js';
import type { ImportedStrategy } from '../../protocols/strategies/index.js';
import { inParts, patiently } from './job-context.js';
import type { JobContext } from './job-context.js';
import { backtestRequest } from './request-of.js';

/** Requests in one transaction. */
const requestsAtOnce = 100;

/** The candles of one strategy's backtest, or why there are none. */
export type ChosenWindow =
  { readonly ok: true; readonly window: Window } | { readonly ok: false; readonly message: string };

interface Wanted {
  readonly request: NewRequest;
  /** Why it cannot even be tried. */
  readonly noCandles: string | null;
}

/**
 * Asks for the in-sample backtest of each strategy, durably and once: what was asked before is found again. A strategy
 * without candles gets a request that has failed, so that the counts are whole.
 * @returns the request of each strategy, by its id, in order of submission
 */
export async function submitBacktests(
  context: JobContext,
  strategies: Iterable<ImportedStrategy>,
  symbolOf: (strategy: ImportedStrategy) => string,
  windowOf: (strategy: ImportedStrategy) => ChosenWindow,
): Promise<ReadonlyMap<string, string>> {
  const { progress } = context;
  const wallMs = context.clock.wallMs();
  const wanted = [...strategies].map((strategy): Wanted => {
    const chosen = windowOf(strategy);
    const request = backtestRequest({
      strategyId: strategy.strategyId,
      wire: strategy.wire,
      symbol: symbolOf(strategy),
      timeframeMinutes: strategy.timeframeMinutes,
      window: chosen.ok ? chosen.window : null,
      wallMs,
    });
    return { request, noCandles: chosen.ok ? null : chosen.message };
  });
  progress.begin('requests', wanted.length);
  const requestIds = new Map<string, string>();
  for (const part of inParts(wanted, requestsAtOnce)) {
    for (const [strategyId, requestId] of await submit(context, part)) requestIds.set(strategyId, requestId);
    for (const [strategyId, requestId] of await recordFailed(context, part))
      requestIds.set(strategyId, requestId);
    progress.advance('requests', requestIds.size);
  }
  progress.end('requests');
  return requestIds;
}

/** Whoever holds the key stands for it: the key says all that decides the figures, so it is the same question. */
async function submit(context: JobContext, part: readonly Wanted[]): Promise<readonly Asked[]> {
  const requests = part.filter(({ noCandles }) => noCandles === null).map(({ request }) => request);
  if (requests.length === 0) return [];
  const outcomes = await patiently(context, 'submit backtests', (options) =>
    context.system.ask(dispatch.dispatcher, { type: 'submit', requests }, options),
  );
  return byStrategy(requests, outcomes);
}

async function recordFailed(context: JobContext, part: readonly Wanted[]): Promise<readonly Asked[]> {
  const requests = part.flatMap(({ request, noCandles }) =>
    noCandles === null ? [] : [{ request, code: 'no_candles', message: noCandles }],
  );
  if (requests.length === 0) return [];
  const outcomes = await patiently(context, 'record requests without candles', (options) =>
    context.system.ask(db.core, { type: 'record_failed_requests', requests }, options),
  );
  return byStrategy(
    requests.map(({ request }) => request),
    outcomes,
  );
}

type Asked = readonly [strategyId: string, requestId: string];

const byStrategy = (
  requests: readonly NewRequest[],
  outcomes: readonly { readonly requestId: string }[],
): readonly Asked[] =>
  outcomes.flatMap(({ requestId }, at) => {
    const request = requests[at];
    return request === undefined ? [] : [[request.strategyId, requestId] as const];
  });
