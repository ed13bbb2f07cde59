/** What is asked about notifications, in SQL. */
import type { LaneFigures, NotifierReaderMsg } from '../../protocols/db-notifier.js';
import type { Reader } from '../../storage/reader/client.js';
import { selectAttemptCounts, selectEnded } from '../../storage/tables/lane-figures.js';
import type { EndedCount } from '../../storage/tables/lane-figures.js';
import {
  countCaused,
  countNotifications,
  selectNextExpiry,
  selectWaiting,
} from '../../storage/tables/outbox.js';
import type { Outcome } from '../../storage/thread/messages.js';
import { rows } from './reading.js';

export async function readNotifications(
  reader: Reader,
  message: NotifierReaderMsg,
): Promise<Outcome<unknown>> {
  switch (message.type) {
    case 'notification_counts':
      return rows(reader, countNotifications({}), (row) => row);
    case 'notifications_caused':
      return rows(reader, caused(message), (row) => row);
    case 'outbox_look':
      return outboxLook(reader);
    case 'lane_figures':
      return laneFigures(reader, message.sinceWallMs);
  }
}

const caused = ({ prefixes, collapseKeys }: NotifierReaderMsg & { type: 'notifications_caused' }) =>
  countCaused({ prefixes: JSON.stringify(prefixes), keys: JSON.stringify(collapseKeys) });

async function outboxLook(reader: Reader): Promise<Outcome<unknown>> {
  const waiting = await rows(reader, selectWaiting({}), (row) => ({
    lane: row.lane,
    waiting: row.waiting,
    oldestWallMs: row.oldest_wall_ms,
  }));
  if (!waiting.ok) return waiting;
  const next = await rows(reader, selectNextExpiry({}), (row) => row.expires_wall_ms);
  if (!next.ok) return next;
  return { ok: true, value: { waiting: waiting.value, nextExpiryWallMs: next.value[0] ?? null } };
}

async function laneFigures(reader: Reader, sinceWallMs: number): Promise<Outcome<readonly LaneFigures[]>> {
  const ended = await rows(reader, selectEnded({ sinceWallMs }), (row) => row);
  if (!ended.ok) return ended;
  const attempts = await rows(reader, selectAttemptCounts({ sinceWallMs }), (row) => row);
  if (!attempts.ok) return attempts;
  const named = [...ended.value, ...attempts.value].flatMap(({ lane }) => lane ?? []);
  const lanes = [...new Set(named)].sort();
  const value = lanes.map((lane): LaneFigures => {
    const of = (state: string): number =>
      ended.value.find((row) => row.lane === lane && row.state === state)?.count ?? 0;
    const tries = (outcome: string): number =>
      attempts.value.find((row) => row.lane === lane && row.outcome === outcome)?.count ?? 0;
    const delivered = ended.value.find((row) => row.lane === lane && row.state === 'delivered');
    return {
      lane,
      delivered: of('delivered'),
      deadLettered: of('dead_lettered'),
      expired: of('expired'),
      collapsed: of('collapsed'),
      retries: tries('retry'),
      rateLimited: tries('rate_limited'),
      latencyMs: latencyOf(delivered),
    };
  });
  return { ok: true, value };
}

function latencyOf(row: EndedCount | undefined): LaneFigures['latencyMs'] {
  if (row === undefined || row.p50 === null || row.p95 === null || row.p99 === null) return null;
  return { p50: row.p50, p95: row.p95, p99: row.p99 };
}
