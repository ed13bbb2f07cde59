/** What an answer on the wire means for its attempt: a result row, or a failure. */
import { classifyFailure, isRetryableFailure } from '../../protocols/backtest-wire/index.js';
import type { BacktestFailed, BacktestOk } from '../../protocols/backtest-wire/index.js';
import type { AttemptFailure, NewResult } from '../../protocols/db-rows.js';
import type { TradesReceipt } from '../../protocols/db-writes.js';

export type Summary = Omit<BacktestOk, 'trades'> | BacktestFailed;
export type OkSummary = Exclude<Summary, BacktestFailed>;

export const resultOf = (
  attemptId: string,
  summary: OkSummary,
  receipt: TradesReceipt | null,
  appliedWallMs: number,
): NewResult => {
  const { figures, raw, range } = summary;
  const { winRatePercent, ...rest } = figures;
  return {
    attemptId,
    ...rest,
    winRate: winRatePercent,
    rawJson: JSON.stringify(raw),
    firstS: range?.firstS ?? null,
    lastS: range?.lastS ?? null,
    bars: range?.bars ?? null,
    dataHash: range?.dataHash ?? null,
    tradesCount: receipt?.count ?? null,
    tradesHash: receipt?.sha256 ?? null,
    appliedWallMs,
  };
};

/** Kept when an answer comes late: enough to see what was missed, never enough to be applied. */
export const lateSummaryOf = (summary: Summary): string =>
  JSON.stringify(
    summary.kind === 'ok'
      ? { kind: 'ok', strategyName: summary.strategyName, raw: summary.raw, range: summary.range }
      : { kind: 'failed', code: summary.code, message: summary.message },
  );

/** Due is filled in once it is known how many attempts were used. */
export const failureOf = (
  attemptId: string,
  { code, message }: { readonly code: string; readonly message: string },
  wallMs: number,
): AttemptFailure => ({
  attemptId,
  code,
  message: classifyFailure(message, code).message,
  retryable: isRetryableFailure(code),
  taken: true,
  answered: true,
  wallMs,
  dueWallMs: wallMs,
  summaryJson: JSON.stringify({ kind: 'failed', code, message }),
});

/**
 * The id in a frame that could not be read as a whole, when one can be found: so that its attempt ends and its place
 * is free. Looks at the first and the last 4 KiB, where all known senders put it.
 */
export function guessAttemptId(frame: Uint8Array): string | null {
  const edge = 4_096;
  const text = [frame.subarray(0, edge), frame.subarray(-edge)]
    .map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('latin1'))
    .join('\n');
  return /request_id"?\s*[.:]?\s*\(?\s*"([^"\\\n]{1,200})"/i.exec(text)?.[1] ?? null;
}
