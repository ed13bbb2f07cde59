/** Notifications that wait for delivery, and what became of them. */
import { sql } from 'kysely';
import type { Generated } from 'kysely';
import { define, listRows, slotsOf, verb, rowsOf } from '../statement.js';
import type { Verb } from '../statement.js';
import { core } from './core-tables.js';

export interface NewNotificationRow {
  readonly notification_id: string;
  readonly topic: string;
  readonly severity: string;
  readonly title: string;
  readonly body: string;
  readonly collapse_key: string | null;
  readonly source_wall_ms: number;
  readonly created_wall_ms: number;
  readonly expires_wall_ms: number;
}

export type NotificationState = 'pending' | 'delivered' | 'dead_lettered' | 'expired' | 'collapsed';

export interface OutboxTable extends NewNotificationRow {
  seq: Generated<number>;
  state: Generated<NotificationState>;
  /** Null until it is routed. */
  lane: Generated<string | null>;
  attempts_used: Generated<number>;
  due_wall_ms: Generated<number>;
  /** While somebody is delivering it. */
  open_attempt: Generated<string | null>;
  ended_wall_ms: Generated<number | null>;
}

export const notificationColumns = [
  'notification_id',
  'topic',
  'severity',
  'title',
  'body',
  'collapse_key',
  'source_wall_ms',
  'created_wall_ms',
  'expires_wall_ms',
] as const satisfies readonly (keyof NewNotificationRow)[];

/** Writes it once: the same cause again changes nothing. */
export const insertNotification = define<NewNotificationRow>('run', (slots) =>
  core
    .insertInto('outbox')
    .values(slotsOf(slots, notificationColumns))
    .onConflict((conflict) => conflict.column('notification_id').doNothing())
    .compile(),
);

export interface Routing {
  /** Lane by topic, as JSON, with a `default`. */
  readonly lanesJson: string;
  readonly wallMs: number;
  readonly limit: number;
}

/** One that says the same as a newer one says nothing. What is being delivered is let be. */
const collapse = define<Routing>('run', (slots) =>
  sql`UPDATE outbox SET state = 'collapsed', ended_wall_ms = ${slots('wallMs')}
      WHERE state = 'pending' AND open_attempt IS NULL AND collapse_key IS NOT NULL
        AND collapse_key IN (
          SELECT collapse_key FROM outbox WHERE state = 'pending' AND lane IS NULL AND collapse_key IS NOT NULL
        )
        AND EXISTS (
          SELECT 1 FROM outbox AS newer
          WHERE newer.state = 'pending' AND newer.collapse_key = outbox.collapse_key AND newer.seq > outbox.seq
        )`.compile(core),
);

const route = define<Routing>('run', (slots) =>
  sql`UPDATE outbox SET lane = coalesce(
        json_extract(${slots('lanesJson')}, '$.' || topic), json_extract(${slots('lanesJson')}, '$.default')
      )
      WHERE seq IN (
        SELECT seq FROM outbox WHERE state = 'pending' AND lane IS NULL ORDER BY seq LIMIT ${slots('limit')}
      )`.compile(core),
);

const expire = define<{ wallMs: number; limit: number }>('run', (slots) =>
  sql`UPDATE outbox SET state = 'expired', ended_wall_ms = ${slots('wallMs')}
      WHERE seq IN (
        SELECT seq FROM outbox
        WHERE state = 'pending' AND expires_wall_ms <= ${slots('wallMs')} AND open_attempt IS NULL
        ORDER BY expires_wall_ms LIMIT ${slots('limit')}
      )`.compile(core),
);

export function routeNotifications(
  routing: Routing,
): Verb<{ readonly routed: number; readonly collapsed: number; readonly expired: number }> {
  return verb([collapse(routing), expire(routing), route(routing)], ([collapsed, expired, routed]) => ({
    collapsed: collapsed?.changes ?? 0,
    expired: expired?.changes ?? 0,
    routed: routed?.changes ?? 0,
  }));
}

const stateOf = define<{ notificationId: string }, { state: NotificationState }>('get', (slots) =>
  core.selectFrom('outbox').select('state').where('notification_id', '=', slots('notificationId')).compile(),
);

/** Its lane is chosen anew: the one that gave it up may be gone. */
const again = define<{ notificationId: string; wallMs: number }>('run', (slots) =>
  sql`UPDATE outbox SET
        state = 'pending', lane = NULL, attempts_used = 0, due_wall_ms = 0, ended_wall_ms = NULL,
        expires_wall_ms = ${slots('wallMs')} + (expires_wall_ms - created_wall_ms)
      WHERE notification_id = ${slots('notificationId')} AND state IN ('dead_lettered', 'expired')`.compile(
    core,
  ),
);

/** @returns its state before; null for an unknown id */
export function redriveNotification(notificationId: string, wallMs: number): Verb<NotificationState | null> {
  const before = stateOf({ notificationId });
  return verb(
    [before, again({ notificationId, wallMs })],
    ([found]) => rowsOf(before, found)[0]?.state ?? null,
  );
}

interface Pruning {
  readonly beforeWallMs: number;
  readonly limit: number;
}

const oldest = (slots: {
  (key: 'beforeWallMs' | 'limit'): ReturnType<typeof sql<number>>;
}) => sql`SELECT seq FROM outbox WHERE ended_wall_ms < ${slots('beforeWallMs')}
    ORDER BY ended_wall_ms, lane, state, created_wall_ms, seq LIMIT ${slots('limit')}`;

const pruneAttempts = define<Pruning>('run', (slots) =>
  sql`DELETE FROM notification_attempts WHERE seq IN (${oldest(slots)})`.compile(core),
);

const pruneNotifications = define<Pruning>('run', (slots) =>
  sql`DELETE FROM outbox WHERE seq IN (${oldest(slots)})`.compile(core),
);

/** The oldest that have ended, with their attempts. */
export const prune = (pruning: Pruning): Verb<{ readonly pruned: number }> =>
  verb([pruneAttempts(pruning), pruneNotifications(pruning)], ([, pruned]) => ({
    pruned: pruned?.changes ?? 0,
  }));

export const countNotifications = define<object, { topic: string; state: string; count: number }>('all', () =>
  core
    .selectFrom('outbox')
    .select((eb) => ['topic', 'state', eb.fn.countAll<number>().as('count')])
    .groupBy(['topic', 'state'])
    .compile(),
);

/** Only what is pending: as long as the backlog, whatever the history. */
export const selectWaiting = define<object, { lane: string | null; waiting: number; oldest_wall_ms: number }>(
  'all',
  () =>
    sql`SELECT lane, count(*) AS waiting, min(created_wall_ms) AS oldest_wall_ms
      FROM outbox INDEXED BY outbox_waiting WHERE state = 'pending' GROUP BY lane`.compile(core),
);

/** What is on its way is not due to expire: its attempt ends first. */
export const selectNextExpiry = define<object, { expires_wall_ms: number }>('all', () =>
  core
    .selectFrom('outbox')
    .select('expires_wall_ms')
    .where('state', '=', sql.lit('pending'))
    .where('open_attempt', 'is', null)
    .orderBy('expires_wall_ms')
    .limit(sql.lit(1))
    .compile(),
);

/** For the reader: what one prefix or one key finds must not be found by another one as well. */
export const countCaused = define<
  { prefixes: string; keys: string },
  { lane: string | null; state: NotificationState; count: number }
>('all', (slots) =>
  sql`SELECT lane, state, count(*) AS count FROM (
        SELECT outbox.lane, outbox.state
        FROM ${listRows(slots('prefixes'))} AS wanted
          JOIN outbox ON outbox.notification_id >= wanted.value
            AND outbox.notification_id < wanted.value || char(1114111)
        UNION ALL
        SELECT outbox.lane, outbox.state
        FROM ${listRows(slots('keys'))} AS wanted JOIN outbox ON outbox.collapse_key = wanted.value
      ) AS caused GROUP BY lane, state`.compile(core),
);
