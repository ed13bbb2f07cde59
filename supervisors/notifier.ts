import { consoleChannel, webhookChannel } from '../actors/notifier/channels.js';
import { courier } from '../actors/notifier/courier.js';
import { desk } from '../actors/notifier/desk.js';
import type { DeskArgs } from '../actors/notifier/desk.js';
import { defaults as judging } from '../actors/notifier/judge.js';
import { lane } from '../actors/notifier/lane.js';
import type { LaneArgs } from '../actors/notifier/lane.js';
import type { Channel, ConsolePort, WebhookPort } from '../actors/notifier/ports.js';
import type { ChildSpec } from '../actors/kernel/child-spec.js';
import type { LanesByTopic, Topic } from '../protocols/db-notifier.js';
import { supervisor } from './kernel/supervisor-spec.js';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

export const defaults = {
  ...judging,
  askMs: 30_000,
  /** The webhook itself ends after 10 s. */
  carryMs: 15_000,
  blockedMs: 15 * minuteMs,
  alarmWindowMs: 60 * minuteMs,
  laneLookMs: minuteMs,
  lookMs: 1_000,
  figuresMs: 5_000,
  windowMs: dayMs,
  routeMax: 500,
  pruneMs: 60 * minuteMs,
  keepMs: 90 * dayMs,
  pruneMax: 500,
  /** Older data are shown as STALE. */
  freshMs: 180_000,
} as const;

export type NotifierSettings = { readonly [Key in keyof typeof defaults]: number };

export interface NotifierOptions {
  readonly bootId: string;
  readonly newId: () => string;
  /** By lane; without any, all goes to the console. */
  readonly webhooks: Readonly<Record<string, WebhookPort>>;
  /** A topic without a lane goes to `default`; without that to the only lane, or with several to the console. */
  readonly topics?: Readonly<Partial<Record<Topic | 'default', string>>>;
  /** The lane that is told when another one refuses. @defaultValue the console */
  readonly alternate?: string;
  readonly console: ConsolePort;
  readonly settings?: Partial<NotifierSettings>;
}

/** The lane that every notifier has: nothing is ever without a place to go. */
export const consoleLaneOf = (webhooks: NotifierOptions['webhooks']): string =>
  Object.hasOwn(webhooks, 'console') ? '(console)' : 'console';

export function lanesByTopic({
  webhooks,
  topics = {},
}: Pick<NotifierOptions, 'webhooks' | 'topics'>): LanesByTopic {
  const names = Object.keys(webhooks);
  const [only] = names;
  const fallback = names.length === 1 && only !== undefined ? only : consoleLaneOf(webhooks);
  return { default: fallback, ...topics };
}

/**
 * one_for_one, above and in the desk's case: desk and lanes meet in the rows, and each goes on while another one is away;
 * above all no lane shares another's fate.
 */
export function notifier(options: NotifierOptions): ChildSpec {
  const settings = { ...defaults, ...options.settings };
  const { bootId, newId, webhooks, alternate } = options;
  const { freshMs } = settings;
  const consoleLane = consoleLaneOf(webhooks);
  const channels = new Map<string, Channel>([
    ...Object.entries(webhooks).map(([name, port]) => [name, webhookChannel(port, freshMs)] as const),
    [consoleLane, consoleChannel(options.console, freshMs)],
  ]);
  const deskArgs: DeskArgs = {
    ...settings,
    bootId,
    lanes: [...channels.keys()],
    lanesByTopic: lanesByTopic(options),
  };
  const subtrees = [...channels].map(([name, channel]) =>
    laneTree(
      {
        ...settings,
        lookMs: settings.laneLookMs,
        lane: name,
        channel: channel.kind,
        target: channel.target,
        alarmLane: alternate === undefined || alternate === name ? consoleLane : alternate,
        bootId,
        newId,
      },
      channel,
    ),
  );
  return supervisor('notifier', { strategy: 'one_for_one', intensity: 5, periodMs: 10 * minuteMs }, [
    desk(deskArgs),
    ...subtrees,
  ]);
}

/** What crashes at the same row again and again has seven minutes of restarts before anybody above hears of it. */
const backoff = { delaysMs: [100, 1_000, 5_000, 10_000, 20_000], jitter: 0.2 } as const;

/** rest_for_one: a lane that waits for a courier which is gone would wait in vain. */
const laneTree = (args: LaneArgs, channel: Channel): ChildSpec =>
  supervisor(
    `lane-${args.lane}`,
    {
      strategy: 'rest_for_one',
      intensity: 5,
      periodMs: 2 * minuteMs,
      backoff: { delaysMs: [1_000, 10_000, 30_000], jitter: 0.2 },
    },
    [courier(args.lane, channel, backoff), lane(args, backoff)],
  );
