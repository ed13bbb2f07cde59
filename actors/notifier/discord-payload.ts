/** A notification as a webhook takes it: one embed, within the limits of wire.md 6.4. */
import type { LeasedNotification, Severity } from '../../protocols/db-notifier.js';
import { cut } from './cut.js';
import { freshness, shownTime } from './freshness.js';

/** In UTF-16 units: whoever counts characters otherwise counts no more of them. */
export const limits = { title: 256, description: 4_096, footer: 2_048, total: 6_000 } as const;

export const colours: Readonly<Record<Severity, number>> = { info: 0x3498db, warn: 0xf39c12, page: 0xe74c3c };

export interface DiscordPayload {
  readonly embeds: readonly [
    {
      readonly title: string;
      readonly description: string;
      readonly color: number;
      readonly footer: { readonly text: string };
    },
  ];
  /** A strategy that is called `@everyone` calls nobody. */
  readonly allowed_mentions: { readonly parse: readonly [] };
}

export function discordPayload(
  notification: Pick<LeasedNotification, 'title' | 'body' | 'severity' | 'topic' | 'sourceWallMs'>,
  nowWallMs: number,
  freshMs: number,
): DiscordPayload {
  const { sourceWallMs, severity, topic } = notification;
  const old = freshness(sourceWallMs, nowWallMs, freshMs);
  const parts = [topic, `data of ${shownTime(sourceWallMs)}`, ...(old === null ? [] : [old])];
  const footer = cut(parts.join(' · '), limits.footer);
  // An empty title would make the whole message refused.
  const title = cut(notification.title === '' ? topic : notification.title, limits.title);
  const left = limits.total - title.length - footer.length;
  const description = cut(notification.body, Math.min(limits.description, left));
  return {
    embeds: [{ title, description, color: colours[severity], footer: { text: footer } }],
    allowed_mentions: { parse: [] },
  };
}
