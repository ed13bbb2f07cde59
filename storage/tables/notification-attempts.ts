/** Attempts at delivery: each is a row before anything is sent, and changes its notification once. */
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import { define, rowsOf, verb } from '../statement.js';
import type { Slots, Verb } from '../statement.js';
import { core } from './core-tables.js';
import { notificationColumns } from './outbox.js';
import type { NewNotificationRow } from './outbox.js';

export interface NotificationAttemptRow {
  readonly attempt_id: string;
  readonly seq: number;
  readonly number: number;
  readonly lane: string;
  readonly boot_id: string;
  readonly started_wall_ms: number;
  readonly ended_wall_ms: number | null;
  readonly outcome: 'delivered' | 'retry' | 'rate_limited' | 'dead_lettered' | 'abandoned' | null;
  readonly http_status: number | null;
  readonly code: string | null;
}

/** A lane that was stopped; the row stays for the time of its last alarm. */
export interface NotifierLaneRow {
  readonly lane: string;
  readonly boot_id: string;
  readonly blocked_wall_ms: number | null;
  readonly until_wall_ms: number | null;
  readonly code: string;
  readonly alarmed_wall_ms: number;
}

interface Lease {
  readonly lane: string;
  readonly attemptId: string;
  readonly bootId: string;
  readonly wallMs: number;
  readonly waitMsMax: number;
}

export type LeasedRow = NewNotificationRow & {
  readonly seq: number;
  readonly attempt_id: string;
  readonly number: number;
  readonly attempts_used: number;
};

const abandonOpen = define<Lease>('run', (slots) =>
  sql`UPDATE notification_attempts SET outcome = 'abandoned', ended_wall_ms = ${slots('wallMs')}
      WHERE lane = ${slots('lane')} AND ended_wall_ms IS NULL AND attempt_id <> ${slots('attemptId')}`.compile(
    core,
  ),
);

const closeAbandoned = define<Lease>('run', (slots) =>
  sql`UPDATE outbox SET open_attempt = NULL
      WHERE lane = ${slots('lane')} AND open_attempt IS NOT NULL AND open_attempt <> ${slots('attemptId')}`.compile(
    core,
  ),
);

/** A stop by another boot is over: whoever starts anew may have repaired the address. */
const blockOf = (slots: Slots<Lease>): RawBuilder<unknown> =>
  sql`SELECT until_wall_ms FROM notifier_lanes
      WHERE lane = ${slots('lane')} AND boot_id = ${slots('bootId')} AND until_wall_ms > ${slots('wallMs')}`;

const headOf = (slots: Slots<Lease>): RawBuilder<unknown> =>
  sql`SELECT seq FROM outbox
      WHERE state = 'pending' AND lane = ${slots('lane')} AND expires_wall_ms > ${slots('wallMs')}
      ORDER BY seq LIMIT 1`;

const insertAttempt = define<Lease>('run', (slots) =>
  sql`INSERT INTO notification_attempts (attempt_id, seq, number, lane, boot_id, started_wall_ms)
      SELECT ${slots('attemptId')}, seq,
        1 + coalesce((SELECT max(number) FROM notification_attempts AS before WHERE before.seq = outbox.seq), 0),
        lane, ${slots('bootId')}, ${slots('wallMs')}
      FROM outbox
      WHERE seq = (${headOf(slots)})
        AND (due_wall_ms <= ${slots('wallMs')} OR due_wall_ms > ${slots('wallMs')} + ${slots('waitMsMax')})
        AND NOT EXISTS (${blockOf(slots)})
      ON CONFLICT (attempt_id) DO NOTHING`.compile(core),
);

const open = define<Lease>('run', (slots) =>
  sql`UPDATE outbox SET open_attempt = ${slots('attemptId')}
      WHERE state = 'pending' AND seq = (
        SELECT seq FROM notification_attempts WHERE attempt_id = ${slots('attemptId')} AND ended_wall_ms IS NULL
      )`.compile(core),
);

const selectLeased = define<Lease, LeasedRow>('all', (slots) =>
  sql`SELECT ${sql.join(notificationColumns.map((column) => sql.ref(`outbox.${column}`)))},
        outbox.seq, outbox.attempts_used, attempt.attempt_id, attempt.number
      FROM notification_attempts AS attempt JOIN outbox ON outbox.seq = attempt.seq
      WHERE attempt.attempt_id = ${slots('attemptId')} AND attempt.ended_wall_ms IS NULL
        AND outbox.open_attempt = attempt.attempt_id`.compile(core),
);

const selectHead = define<Lease, { due_wall_ms: number }>('all', (slots) =>
  sql`SELECT due_wall_ms FROM outbox WHERE seq = (${headOf(slots)})`.compile(core),
);

const selectBlock = define<Lease, { until_wall_ms: number }>('all', (slots) => blockOf(slots).compile(core));

export interface LeasedNotificationRow {
  readonly leased: LeasedRow | null;
  readonly nextDueWallMs: number | null;
  readonly blockedUntilWallMs: number | null;
}

/** Strictly in order: while the lane's first one waits for its time, so do the others. */
export function leaseNotification(lease: Lease): Verb<LeasedNotificationRow> {
  const leased = selectLeased(lease);
  const head = selectHead(lease);
  const block = selectBlock(lease);
  const statements = [
    abandonOpen(lease),
    closeAbandoned(lease),
    insertAttempt(lease),
    open(lease),
    leased,
    head,
    block,
  ];
  return verb(statements, (results) => ({
    leased: rowsOf(leased, results[4])[0] ?? null,
    nextDueWallMs: rowsOf(head, results[5])[0]?.due_wall_ms ?? null,
    blockedUntilWallMs: rowsOf(block, results[6])[0]?.until_wall_ms ?? null,
  }));
}

interface Ended {
  readonly attemptId: string;
  readonly outcome: string;
  readonly httpStatus: number | null;
  readonly code: string | null;
  readonly wallMs: number;
  readonly dueWallMs: number;
}

/** What was to be tried again, and has become old news meanwhile, gives way to the newer one. */
const endNotification = define<Ended>('run', (slots) => {
  const outlived = sql`collapse_key IS NOT NULL AND EXISTS (
      SELECT 1 FROM outbox AS newer
      WHERE newer.state = 'pending' AND newer.collapse_key = outbox.collapse_key AND newer.seq > outbox.seq
    )`;
  const isOver = sql`(${slots('outcome')} IN ('delivered', 'dead_lettered') OR (${outlived}))`;
  return sql`UPDATE outbox SET
        open_attempt = NULL,
        attempts_used = attempts_used + (${slots('outcome')} <> 'rate_limited'),
        due_wall_ms = ${slots('dueWallMs')},
        state = CASE
          WHEN ${slots('outcome')} IN ('delivered', 'dead_lettered') THEN ${slots('outcome')}
          WHEN ${outlived} THEN 'collapsed'
          ELSE 'pending' END,
        ended_wall_ms = CASE WHEN ${isOver} THEN ${slots('wallMs')} END
      WHERE state = 'pending' AND open_attempt = ${slots('attemptId')}
        AND seq = (SELECT seq FROM notification_attempts WHERE attempt_id = ${slots('attemptId')})`.compile(
    core,
  );
});

const endAttempt = define<Ended>('run', (slots) =>
  sql`UPDATE notification_attempts SET outcome = ${slots('outcome')}, ended_wall_ms = ${slots('wallMs')},
        http_status = ${slots('httpStatus')}, code = ${slots('code')}
      WHERE attempt_id = ${slots('attemptId')} AND ended_wall_ms IS NULL`.compile(core),
);

interface Stop {
  readonly attemptId: string;
  readonly lane: string;
  readonly bootId: string;
  readonly untilWallMs: number;
  readonly code: string | null;
  readonly wallMs: number;
  readonly alarmLane: string;
  readonly alarmWindowMs: number;
}

/** Asked before the attempt is ended: what follows from its end follows once. */
const isOpen = (slots: Slots<Stop>): RawBuilder<unknown> =>
  sql`EXISTS (SELECT 1 FROM notification_attempts
      WHERE attempt_id = ${slots('attemptId')} AND ended_wall_ms IS NULL)`;

const insertAlarm = define<Stop & NewNotificationRow>('run', (slots) =>
  sql`INSERT INTO outbox (${sql.join(notificationColumns.map((column) => sql.ref(column)))}, lane)
      SELECT ${sql.join(notificationColumns.map((column) => slots(column)))}, ${slots('alarmLane')}
      WHERE ${isOpen(slots)} AND NOT EXISTS (
        SELECT 1 FROM notifier_lanes
        WHERE lane = ${slots('lane')} AND alarmed_wall_ms > ${slots('wallMs')} - ${slots('alarmWindowMs')}
      )
      ON CONFLICT (notification_id) DO NOTHING`.compile(core),
);

const stopLane = define<Stop>('run', (slots) =>
  sql`INSERT INTO notifier_lanes (lane, boot_id, blocked_wall_ms, until_wall_ms, code, alarmed_wall_ms)
      SELECT ${slots('lane')}, ${slots('bootId')}, ${slots('wallMs')}, ${slots('untilWallMs')},
        coalesce(${slots('code')}, 'unknown'), ${slots('wallMs')}
      WHERE ${isOpen(slots)}
      ON CONFLICT (lane) DO UPDATE SET
        boot_id = excluded.boot_id, blocked_wall_ms = excluded.blocked_wall_ms,
        until_wall_ms = excluded.until_wall_ms, code = excluded.code,
        alarmed_wall_ms = CASE
          WHEN notifier_lanes.alarmed_wall_ms > ${slots('wallMs')} - ${slots('alarmWindowMs')}
          THEN notifier_lanes.alarmed_wall_ms ELSE excluded.alarmed_wall_ms END`.compile(core),
);

export interface AttemptEnding extends Ended {
  readonly lane: string;
  readonly block: (Omit<Stop, keyof Ended | 'lane'> & { readonly alarm: NewNotificationRow }) | null;
}

/** @returns whether it was open */
export function endNotificationAttempt({ block, ...ended }: AttemptEnding): Verb<boolean> {
  const stops =
    block === null
      ? []
      : [insertAlarm({ ...ended, ...block, ...block.alarm }), stopLane({ ...ended, ...block })];
  const statements = [...stops, endNotification(ended), endAttempt(ended)];
  return verb(statements, (results) => (results.at(-1)?.changes ?? 0) > 0);
}

const unblock = define<{ lane: string }>('run', (slots) =>
  sql`UPDATE notifier_lanes SET blocked_wall_ms = NULL, until_wall_ms = NULL
      WHERE lane = ${slots('lane')} AND blocked_wall_ms IS NOT NULL`.compile(core),
);

/** The row stays, for the time of its alarm. @returns whether the lane was stopped */
export const unblockLane = (lane: string): Verb<boolean> =>
  verb([unblock({ lane })], ([changed]) => (changed?.changes ?? 0) > 0);

interface Recovery {
  readonly bootId: string;
  readonly wallMs: number;
  /** Names as JSON. */
  readonly lanes: string;
}

const abandonOthers = define<Recovery>('run', (slots) =>
  sql`UPDATE notification_attempts SET outcome = 'abandoned', ended_wall_ms = ${slots('wallMs')}
      WHERE ended_wall_ms IS NULL AND boot_id <> ${slots('bootId')}`.compile(core),
);

const closeOthers = define<Recovery>('run', () =>
  sql`UPDATE outbox SET open_attempt = NULL
      WHERE open_attempt IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM notification_attempts AS attempt
        WHERE attempt.attempt_id = outbox.open_attempt AND attempt.ended_wall_ms IS NULL
      )`.compile(core),
);

const unrouteGone = define<Recovery>('run', (slots) =>
  sql`UPDATE outbox SET lane = NULL
      WHERE state = 'pending' AND lane IS NOT NULL AND open_attempt IS NULL
        AND lane NOT IN (SELECT value FROM json_each(${slots('lanes')}))`.compile(core),
);

/** What other boots had open is open no more, and what waits for lanes that are gone is routed again. */
export const recoverNotifications = (recovery: Recovery): Verb<{ readonly abandoned: number }> =>
  verb([abandonOthers(recovery), closeOthers(recovery), unrouteGone(recovery)], ([abandoned]) => ({
    abandoned: abandoned?.changes ?? 0,
  }));

/** Newest first. */
export const selectAttemptsAt = define<{ notificationId: string; limit: number }, NotificationAttemptRow>(
  'all',
  (slots) =>
    core
      .selectFrom('outbox')
      .innerJoin('notification_attempts', 'notification_attempts.seq', 'outbox.seq')
      .selectAll('notification_attempts')
      .where('notification_id', '=', slots('notificationId'))
      .orderBy('notification_attempts.number', 'desc')
      .limit(slots('limit'))
      .compile(),
);
