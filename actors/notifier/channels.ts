import type { Channel, ConsolePort, WebhookPort } from './ports.js';
import { consoleLine } from './console-line.js';
import { discordPayload } from './discord-payload.js';

/** The payload is made when it leaves, so that its age is true. */
export const webhookChannel = (port: WebhookPort, freshMs: number): Channel => ({
  kind: 'webhook',
  target: port.target,
  carry: (notification, nowWallMs, signal) =>
    port.post(JSON.stringify(discordPayload(notification, nowWallMs, freshMs)), signal),
});

export const consoleChannel = (port: ConsolePort, freshMs: number): Channel => ({
  kind: 'console',
  target: 'console',
  carry: (notification, nowWallMs) => {
    port.write(consoleLine(notification, nowWallMs, freshMs));
    return Promise.resolve({ type: 'answered', status: 204, headers: {}, body: null });
  },
});
