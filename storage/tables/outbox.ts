/** Notifications that wait for delivery, and what became of them. */
import type { Generated } from 'kysely';
import { define, slotsOf } from '../statement.js';
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

export interface OutboxTable extends NewNotificationRow {
  seq: Generated<number>;
  state: Generated<'pending' | 'delivered' | 'dead_lettered' | 'expired' | 'collapsed'>;
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

export const countNotifications = define<object, { topic: string; state: string; count: number }>('all', () =>
  core
    .selectFrom('outbox')
    .select((eb) => ['topic', 'state', eb.fn.countAll<number>().as('count')])
    .groupBy(['topic', 'state'])
    .compile(),
);
