/** What each verb of the outbox is in statements. */
import type { NotifierCoreMsg } from '../../protocols/db-notifier.js';
import type { LeasedNotification } from '../../protocols/db-notifier.js';
import { verb } from '../../storage/statement.js';
import {
  endNotificationAttempt,
  leaseNotification,
  recoverNotifications,
  unblockLane,
} from '../../storage/tables/notification-attempts.js';
import {
  insertNotification,
  prune,
  redriveNotification,
  routeNotifications,
} from '../../storage/tables/outbox.js';
import { fromRow, toRow } from './rows.js';
import type { VerbTable } from './verb-table.js';

export const notifierVerbs: VerbTable<NotifierCoreMsg> = {
  create_notifications: ({ notifications }) =>
    verb(
      notifications.map((notification) => insertNotification(toRow(notification))),
      (results) => ({ created: results.reduce((sum, { changes }) => sum + changes, 0) }),
    ),
  recover_notifications: ({ bootId, lanes, wallMs }) =>
    recoverNotifications({ bootId, wallMs, lanes: JSON.stringify(lanes) }),
  route_notifications: ({ lanes, wallMs, limit }) =>
    routeNotifications({ lanesJson: JSON.stringify(lanes), wallMs, limit }),
  lease_notification({ lane, attemptId, bootId, wallMs, waitMsMax }) {
    const lease = leaseNotification({ lane, attemptId, bootId, wallMs, waitMsMax });
    return verb(lease.statements, (results) => {
      const { leased, ...rest } = lease.read(results);
      return { ...rest, leased: leased === null ? null : fromRow<LeasedNotification>(leased as never) };
    });
  },
  end_notification_attempt: ({ ended }) =>
    endNotificationAttempt({
      ...ended,
      block: ended.block === null ? null : { ...ended.block, alarm: toRow(ended.block.alarm) },
    }),
  redrive_notification: ({ notificationId, wallMs }) => redriveNotification(notificationId, wallMs),
  unblock_lane: ({ lane }) => unblockLane(lane),
  prune_notifications: ({ beforeWallMs, limit }) => prune({ beforeWallMs, limit }),
};
