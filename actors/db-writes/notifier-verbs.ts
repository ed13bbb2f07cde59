import type { NotifierCoreMsg } from '../../protocols/db-notifier.js';
import { verb } from '../../storage/statement.js';
import { insertNotification } from '../../storage/tables/outbox.js';
import { toRow } from './rows.js';
import type { VerbTable } from './verb-table.js';

export const notifierVerbs: VerbTable<NotifierCoreMsg> = {
  create_notifications: ({ notifications }) =>
    verb(
      notifications.map((notification) => insertNotification(toRow(notification))),
      (results) => ({ created: results.reduce((sum, { changes }) => sum + changes, 0) }),
    ),
};
