import { engineOptions, requestDefaults, sha256 } from '../../actors/oos-requests/oos-request.js';
import type { BacktestPayload } from '../../protocols/backtest-dispatch.js';
import { payloadVersion } from '../../protocols/backtest-dispatch.js';
import type { WireStrategy } from '../../protocols/backtest-wire/index.js';
import type { NewRequest } from '../../protocols/db-rows.js';
import type { Window } from '../../protocols/oos-requests.js';

export interface BacktestWish {
  readonly strategyId: string;
  readonly wire: WireStrategy;
  readonly symbol: string;
  readonly timeframeMinutes: number;
  /** Null when no candle file fits: such a request is stored as failed at once. */
  readonly window: Window | null;
  readonly wallMs: number;
}

/**
 * The in-sample backtest of a strategy as a durable request. Its key is all that decides its figures, so asking twice,
 * in this run or in another, is asking once; its id follows from its key, so a run finds its own requests again.
 */
export function backtestRequest(wish: BacktestWish): NewRequest {
  const { strategyId, symbol, timeframeMinutes, window, wallMs } = wish;
  const idempotencyKey = sha256(
    JSON.stringify([
      'backtest',
      strategyId,
      symbol,
      timeframeMinutes,
      window === null ? null : [window.windowId, window.firstS, window.lastS],
      engineOptions,
    ]),
  );
  return {
    requestId: `bt-${idempotencyKey.slice(0, 40)}`,
    idempotencyKey,
    kind: 'backtest',
    strategyId,
    windowId: window?.windowId ?? null,
    priority: requestDefaults.priority,
    payloadVersion,
    payloadJson: JSON.stringify(payloadOf(wish)),
    attemptsMax: requestDefaults.attemptsMax,
    dueWallMs: wallMs,
    submittedWallMs: wallMs,
    expiresWallMs: wallMs + requestDefaults.expiresAfterMs,
  };
}

function payloadOf({ wire, symbol, timeframeMinutes, window }: BacktestWish): BacktestPayload {
  return {
    strategy: wire,
    symbol,
    timeframeMinutes,
    candlesFile: window?.fileName ?? '',
    includeTrades: true,
    phase: 'in_sample',
    ...(window === null
      ? {}
      : { dataId: window.windowId, startTimeS: window.firstS, endTimeS: window.lastS }),
  };
}
