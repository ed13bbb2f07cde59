import type { LeasedNotification } from '../../protocols/db-notifier.js';
import type { Carried } from '../../protocols/notifier.js';

/** A webhook that knows its own address, and nobody else does. */
export interface WebhookPort {
  /** Scheme and host: what may be shown. */
  readonly target: string;
  /**
   * POSTs the JSON and ends within the port's own timeout. It follows no redirect. What it gives back holds nothing of the
   * address: neither the text of an error nor the body of an answer may be trusted not to repeat it.
   */
  post(json: string, signal: AbortSignal): Promise<Carried>;
}

/** Where notifications go when there is no webhook. */
export interface ConsolePort {
  /** One line without its end. */
  write(line: string): void;
}

/** How one lane's notifications leave. */
export interface Channel {
  readonly kind: 'webhook' | 'console';
  readonly target: string;
  carry(notification: LeasedNotification, nowWallMs: number, signal: AbortSignal): Promise<Carried>;
}
