import { expect, test } from '@jest/globals';
import type { RequestOutcome } from '../../protocols/db-views.js';
import { summarySchema } from '../../protocols/summary.js';
import { percentiles, summarise } from '../../runtime/pipeline/summarise.js';

const outcome = (
  state: RequestOutcome['state'],
  failureCode: string | null = null,
  tookMs = 10,
  late = 0,
): RequestOutcome => ({
  requestId: 'r',
  kind: 'backtest',
  strategyId: 's',
  state,
  failureCode,
  submittedWallMs: 1_000,
  terminalWallMs: state === 'queued' || state === 'leased' ? null : 1_000 + tookMs,
  leases: 1,
  late,
});

const summary = summarise({
  report: { read: 9, imported: 7, attached: 1, quarantined: 1, approximated: 2 },
  candles: { accepted: ['A_H1.csv'], refused: [] },
  outcomes: [
    outcome('succeeded', null, 30),
    outcome('succeeded', null, 10, 2),
    outcome('failed', 'no_candles', 0),
    outcome('expired', 'expired', 5),
    outcome('dead_lettered', 'engine_died', 99),
    // Waits for its next try: it carries the code of the last one, and has not failed.
    outcome('queued', 'engine_died'),
    outcome('leased'),
  ],
  ranks: ['B', null, 'B', 'LEGEND'],
  restarts: 0,
  deadLetters: null,
  loopDelayMs: { p99: null, max: null },
  durationMs: 12.4,
});

test('what is summed up is what the schema says', () => {
  expect(summarySchema.parse(summary)).toEqual(summary);
});

test('every request is counted once, and only ended ones have failed', () => {
  expect(summary.requests).toEqual({
    backtest: { submitted: 7, succeeded: 2, failed: 2, deadLettered: 1, late: 2, open: 2 },
  });
  expect(summary.failures).toEqual({ engine_died: 1, expired: 1, no_candles: 1 });
  expect(summary.ranks).toEqual({ B: 2, LEGEND: 1, unranked: 1 });
});

test('latency is that of what succeeded, by nearest rank; of nothing it is unknown', () => {
  expect(summary.latencyMs).toEqual({ backtest: { p50: 10, p95: 30, p99: 30 } });
  expect(percentiles([])).toEqual({ p50: null, p95: null, p99: null });
  expect(percentiles(Array.from({ length: 100 }, (_, index) => 100 - index))).toEqual({
    p50: 50,
    p95: 95,
    p99: 99,
  });
});
