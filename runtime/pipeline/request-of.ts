import { createHash } from 'node:crypto';
import type { BacktestPayload } from '../../protocols/backtest-dispatch.js';
import { payloadVersion } from '../../protocols/backtest-dispatch.js';
import type { WireStrategy } from '../../protocols/backtest-wire/index.js';
import type { NewRequest } from '../../protocols/db-rows.js';

/** Whose figures are asked for; a change of the engine's arithmetic is another version, and so another request. */
export const engineOptions = { mode: 'guardian', version: 1 } as const;

/** Four attempts, then a dead letter; a request that no backend takes for a day expires. */
export const defaults = { attemptsMax: 4, expiresAfterMs: 24 * 3_600_000, priority: 100 } as const;

/** A cut file, named by its content and lying in the windows folder. */
export interface Window {
  /** SHA-256 of the content. */
  readonly windowId: string;
  /** File name below the windows folder: requests outlive a move of the whole folder. */
  readonly fileName: string;
  readonly symbol: string;
  readonly firstS: number;
  readonly lastS: number;
}

export interface BacktestWish {
  readonly strategyId: string;
  readonly wire: WireStrategy;
  readonly symbol: string;
  readonly timeframeMinutes: number;
  /** Null when no candle file fits: such a request is stored as failed at once. */
  readonly window: Window | null;
  readonly wallMs: number;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

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
    priority: defaults.priority,
    payloadVersion,
    payloadJson: JSON.stringify(payloadOf(wish)),
    attemptsMax: defaults.attemptsMax,
    dueWallMs: wallMs,
    submittedWallMs: wallMs,
    expiresWallMs: wallMs + defaults.expiresAfterMs,
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
