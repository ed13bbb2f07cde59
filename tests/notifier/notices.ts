/** Notifications made short. */
import type { NewNotification } from '../../protocols/db-notifier.js';

export const dayMs = 86_400_000;

export const notice = (id: string, changes: Partial<NewNotification> = {}): NewNotification => ({
  notificationId: id,
  topic: 'ranks',
  severity: 'info',
  title: `title of ${id}`,
  body: `body of ${id}`,
  collapseKey: null,
  sourceWallMs: 1_000,
  createdWallMs: 1_000,
  expiresWallMs: 1_000 + dayMs,
  ...changes,
});
