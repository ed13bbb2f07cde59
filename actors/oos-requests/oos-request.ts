import { createHash } from 'node:crypto';
import type { BacktestPayload } from '../../protocols/backtest-dispatch.js';
import { payloadVersion, priorities } from '../../protocols/backtest-dispatch.js';
import type { NewRequest } from '../../protocols/db-rows.js';
import type { OosCandidate, Window } from '../../protocols/oos-requests.js';

/** Whose figures are asked for; a change of the engine's arithmetic is another version, and so another request. */
export const engineOptions = { mode: 'guardian', version: 1 } as const;

export const engineName = `${engineOptions.mode}/${engineOptions.version}`;

/** Four attempts, then a dead letter; a request that no backend takes for a day expires. */
export const requestDefaults = {
  attemptsMax: 4,
  expiresAfterMs: 24 * 3_600_000,
  priority: priorities.backlog,
} as const;

/** What a result is held against; a change of it makes every verdict outdated, and asks again. */
export const oosThresholds = { sharpeMin: 0.35 } as const;

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export type OosWish = OosCandidate & { readonly window: Window };

/**
 * The out-of-sample backtest of a strategy as a durable request. Its key says all that a verdict rests on: logic, data,
 * range, engine and threshold. So what is still in force is found again, and what is not is asked for anew.
 */
export function oosRequest(wish: OosWish, wallMs: number): NewRequest {
  const { strategyId, symbol, timeframeMinutes, window } = wish;
  const idempotencyKey = sha256(
    JSON.stringify([
      'oos',
      strategyId,
      symbol,
      timeframeMinutes,
      [window.windowId, window.firstS, window.lastS],
      engineOptions,
      oosThresholds,
    ]),
  );
  return {
    requestId: `oos-${idempotencyKey.slice(0, 40)}`,
    idempotencyKey,
    kind: 'oos',
    strategyId,
    windowId: window.windowId,
    // Validation goes before what has not been measured at all: its strategies are further on.
    priority: priorities.oos,
    payloadVersion,
    payloadJson: JSON.stringify(payloadOf(wish)),
    attemptsMax: requestDefaults.attemptsMax,
    dueWallMs: wallMs,
    submittedWallMs: wallMs,
    expiresWallMs: wallMs + requestDefaults.expiresAfterMs,
  };
}

/** Swimmy marks these by the name; its sender is told apart by the attempt's id, so the name stays what it is. */
function payloadOf({ wire, symbol, timeframeMinutes, window }: OosWish): BacktestPayload {
  return {
    strategy: wire,
    symbol,
    timeframeMinutes,
    candlesFile: window.fileName,
    includeTrades: true,
    phase: 'out_of_sample',
    dataId: window.windowId,
    startTimeS: window.firstS,
    endTimeS: window.lastS,
  };
}
