/** From the configuration to the notifier's ports. A secret is revealed here, to the port that keeps it, and to nobody else. */
import type { ConsolePort, WebhookPort } from '../../actors/notifier/ports.js';
import type { Topic } from '../../protocols/db-notifier.js';
import type { NotifierOptions, NotifierSettings } from '../../supervisors/notifier.js';
import { newId } from '../node/boot.js';
import type { Boot } from '../node/boot.js';
import { stderrLines } from '../node/stderr-lines.js';
import { httpWebhook } from '../node/webhook-http.js';
import { PipelineFailure } from './failure.js';

export interface NotifierConfig {
  /** Webhooks by lane. @defaultValue none: notifications go to the console */
  readonly lanes?: Readonly<Record<string, { readonly webhook: { reveal(): string } }>>;
  readonly topics?: Readonly<Partial<Record<Topic | 'default', string | undefined>>>;
  readonly alternate?: string | undefined;
  /** Where lines for people go. @defaultValue stderr */
  readonly console?: ConsolePort;
  readonly settings?: Partial<NotifierSettings>;
}

/** @throws PipelineFailure `configuration` when a webhook is no URL; it is not in the message */
export function notifierOptions(config: NotifierConfig, boot: Boot): NotifierOptions {
  const { lanes = {}, topics = {}, alternate, settings } = config;
  const named = Object.entries(topics).filter(([, lane]) => lane !== undefined);
  return {
    bootId: boot.bootId,
    newId,
    webhooks: Object.fromEntries(
      Object.entries(lanes).map(([name, lane]) => [name, webhookOf(name, lane.webhook)]),
    ),
    topics: Object.fromEntries(named),
    ...(alternate === undefined ? {} : { alternate }),
    console: config.console ?? stderrLines,
    ...(settings === undefined ? {} : { settings }),
  };
}

function webhookOf(lane: string, secret: { reveal(): string }): WebhookPort {
  try {
    return httpWebhook(secret.reveal());
  } catch {
    throw new PipelineFailure(
      'configuration',
      `notifier.lanes.${lane}.webhook: expected an http or https URL, found something else (hidden)`,
    );
  }
}
