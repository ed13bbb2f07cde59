/** A notification for a person at a terminal: one line, and a short one. */
import type { LeasedNotification } from '../../protocols/db-notifier.js';
import { cut } from './cut.js';
import { freshness } from './freshness.js';

export const charsMax = 160;

/** Texts come from strategy files; what could move a cursor or hide a line is not shown. */
const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();

export function consoleLine(
  notification: Pick<LeasedNotification, 'title' | 'body' | 'severity' | 'topic' | 'sourceWallMs'>,
  nowWallMs: number,
  freshMs: number,
): string {
  const { severity, topic, sourceWallMs } = notification;
  const mark = severity === 'info' ? '' : `${severity.toUpperCase()} `;
  const old = freshness(sourceWallMs, nowWallMs, freshMs);
  const end = old === null ? '' : ` [${old}]`;
  // What stands below the first line is for channels with room.
  const body = plain(notification.body.split('\n', 1)[0] ?? '');
  const text = `${mark}${topic}: ${plain(notification.title)}${body === '' ? '' : ` - ${body}`}`;
  return `${cut(text, charsMax - end.length, '…')}${end}`;
}
