import type { RequestOutcome } from '../../protocols/db-views.js';
import type { ImportReport } from '../../protocols/strategies/index.js';
import { summarySchemaName } from '../../protocols/summary.js';
import type { Percentiles, RequestCounts, Summary } from '../../protocols/summary.js';
import { isOpen } from './wait-terminal.js';

/** What a job's steps found out; all of it about the job's own inputs. */
export interface JobFindings {
  readonly report: Pick<ImportReport, 'read' | 'imported' | 'attached' | 'quarantined' | 'approximated'>;
  readonly candles: Summary['candles'];
  readonly outcomes: readonly RequestOutcome[];
  /** Rank of each of the job's strategies; null for unranked. */
  readonly ranks: readonly (string | null)[];
  /** @defaultValue unknown */
  readonly pairs?: Summary['pairs'];
  /** @defaultValue unknown */
  readonly notifications?: Summary['notifications'];
  readonly restarts: number | null;
  readonly deadLetters: number | null;
  readonly loopDelayMs: Summary['loopDelayMs'];
  readonly durationMs: number;
}

const noneKnown = {
  created: null,
  delivered: null,
  expired: null,
  deadLettered: null,
  collapsed: null,
  open: null,
} as const;

/** The key of the strategies that have no rank. */
export const unranked = 'unranked';

export function summarise(findings: JobFindings): Summary {
  const { report, outcomes } = findings;
  const requests: Record<string, RequestCounts> = {};
  const latencyMs: Record<string, Percentiles> = {};
  for (const kind of [...new Set(outcomes.map((outcome) => outcome.kind))].sort()) {
    const ofKind = outcomes.filter((outcome) => outcome.kind === kind);
    requests[kind] = countRequests(ofKind);
    latencyMs[kind] = percentiles(ofKind.flatMap(latencyOf));
  }
  return {
    schema: summarySchemaName,
    strategies: {
      read: report.read,
      imported: report.imported,
      attached: report.attached,
      quarantined: report.quarantined,
      approximated: report.approximated,
    },
    candles: findings.candles,
    requests,
    failures: tally(outcomes.flatMap(failureOf)),
    latencyMs,
    ranks: tally(findings.ranks.map((rank) => rank ?? unranked)),
    pairs: findings.pairs ?? { evaluated: null, active: null },
    notifications: findings.notifications ?? noneKnown,
    restarts: findings.restarts,
    deadLetters: findings.deadLetters,
    loopDelayMs: findings.loopDelayMs,
    durationMs: Math.round(findings.durationMs),
  };
}

function countRequests(outcomes: readonly RequestOutcome[]): RequestCounts {
  const having = (test: (outcome: RequestOutcome) => boolean): number => outcomes.filter(test).length;
  return {
    submitted: outcomes.length,
    succeeded: having(({ state }) => state === 'succeeded'),
    // Expired and cancelled requests have failed too; `failures` says which.
    failed: having(({ state }) => state === 'failed' || state === 'expired' || state === 'cancelled'),
    deadLettered: having(({ state }) => state === 'dead_lettered'),
    late: outcomes.reduce((sum, { late }) => sum + late, 0),
    open: having(isOpen),
  };
}

/** A request that is tried again carries its last failure's code, and has not failed. */
const failureOf = (outcome: RequestOutcome): readonly string[] =>
  outcome.state === 'succeeded' || isOpen(outcome) ? [] : [outcome.failureCode ?? 'unknown'];

const latencyOf = ({ state, terminalWallMs, submittedWallMs }: RequestOutcome): readonly number[] =>
  state === 'succeeded' && terminalWallMs !== null ? [Math.max(0, terminalWallMs - submittedWallMs)] : [];

/** Counts in the order of the names, so that the same counts are the same text. */
function tally(names: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Nearest rank; null when nothing was measured. */
export function percentiles(values: readonly number[]): Percentiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number | null =>
    sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
