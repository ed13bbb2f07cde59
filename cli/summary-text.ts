import type { Summary } from '../protocols/summary.js';
import type { painter } from './output.js';
import { spokenMs, table } from './output.js';

/** The summary for a person: what came of the job, first what matters most. */
export function summaryText(summary: Summary, paint: ReturnType<typeof painter>): string {
  const { strategies, candles, requests, failures, ranks, latencyMs, loopDelayMs } = summary;
  const rows: string[][] = [
    [
      'strategies',
      `${strategies.read} read: ${strategies.imported} imported, ${strategies.attached} attached, ${strategies.quarantined} quarantined; ${strategies.approximated} approximated`,
    ],
    ['candles', `${candles.accepted.length} accepted, ${candles.refused.length} refused`],
    ...candles.refused.map(({ file, reason }) => ['', `refused ${file}: ${reason}`]),
    ...Object.entries(requests).map(([kind, counts]) => [
      kind,
      `${counts.submitted} submitted: ${counts.succeeded} succeeded, ${counts.failed} failed, ${counts.deadLettered} dead-lettered, ${counts.open} open; ${counts.late} late answers`,
    ]),
    ['failures', listed(failures)],
    ['ranks', listed(ranks)],
    ['pairs', pairsText(summary.pairs)],
    ['notifications', notificationsText(summary.notifications)],
    ...Object.entries(latencyMs).map(([kind, { p50, p95, p99 }]) => [
      `${kind} latency`,
      `p50 ${shown(p50)}, p95 ${shown(p95)}, p99 ${shown(p99)} from submit to applied`,
    ]),
    ['restarts', `${summary.restarts ?? 'unknown'}; dead letters ${summary.deadLetters ?? 'unknown'}`],
    ['loop delay', `p99 ${shown(loopDelayMs.p99)}, most ${shown(loopDelayMs.max)}`],
    ['duration', spokenMs(summary.durationMs)],
  ];
  return `${paint('bold', 'Summary')}\n${table(rows)}`;
}

const pairsText = ({ evaluated, active }: Summary['pairs']): string =>
  evaluated === null || active === null ? 'unknown' : `${active} active of ${evaluated} evaluated`;

const notificationsText = (counts: Summary['notifications']): string => {
  const { created, delivered, expired, deadLettered, collapsed, open } = counts;
  if (created === null) return 'unknown';
  const ends = [
    [delivered, 'delivered'],
    [collapsed, 'overtaken by a newer one'],
    [expired, 'expired'],
    [deadLettered, 'dead-lettered'],
    [open, 'still waiting'],
  ] as const;
  const told = ends.filter(([count, what]) => what === 'delivered' || (count ?? 0) > 0);
  return `${created} created: ${told.map(([count, what]) => `${count ?? 0} ${what}`).join(', ')}`;
};

const shown = (ms: number | null): string => (ms === null ? 'unknown' : spokenMs(ms));

function listed(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  return parts.length === 0 ? 'none' : parts.join(', ');
}
