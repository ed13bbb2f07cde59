/**
 * Swimmy's environment names, where they mean something here, so that an existing unit file goes on working. Others of its
 * names are passed over: they are for its own parts.
 */
import type { SettingKey } from './config-settings.js';

export interface SwimmyName {
  readonly what: string;
  /** The settings that the text stands for; a text that makes no sense stays as it is, and is refused by the setting. */
  readonly settings: (text: string) => Partial<Record<SettingKey, unknown>>;
}

const number = (text: string): unknown => (/^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : text);

const truthy = new Set(['1', 'true', 'yes', 'on', 't']);

export const swimmyNames: Readonly<Record<string, SwimmyName>> = {
  SWIMMY_BACKTEST_MAX_PENDING: {
    what: '`dispatch.inFlightMax`',
    settings: (text) => ({ 'dispatch.inFlightMax': number(text) }),
  },
  SWIMMY_BACKTEST_RATE_LIMIT: {
    what: '`dispatch.ratePerS`',
    settings: (text) => ({ 'dispatch.ratePerS': number(text) }),
  },
  SWIMMY_BACKTEST_WORKERS: {
    what: '`engine.workers`',
    settings: (text) => ({ 'engine.workers': number(text) }),
  },
  SWIMMY_BACKTEST_CSV_OVERRIDE: {
    what: '`inputs.candles`: this one file, which must be named SYMBOL_TF.csv here',
    settings: (text) => ({ 'inputs.candles': text }),
  },
};

/** Swimmy's webhooks become lanes of these names, where no lanes are configured. */
export const swimmyLanes: Readonly<Record<string, string>> = {
  SWIMMY_DISCORD_SYSTEM_LOGS: 'system_logs',
  SWIMMY_DISCORD_REPORTS: 'reports',
  SWIMMY_DISCORD_ALERTS: 'alerts',
};

/** The channels that Swimmy's own notices of these kinds go to; what it does not know goes to its alerts. */
const swimmyTopics: Readonly<Record<string, string>> = {
  ranks: 'system_logs',
  pairs: 'system_logs',
  data: 'alerts',
  alerts: 'alerts',
  summary: 'reports',
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings that Swimmy's names in the environment stand for, each with its name. */
export function fromSwimmy(env: Environment): ReadonlyMap<SettingKey, { value: unknown; name: string }> {
  const found = new Map<SettingKey, { value: unknown; name: string }>();
  for (const [name, { settings }] of Object.entries(swimmyNames)) {
    const text = env[name];
    if (text === undefined || text === '') continue;
    for (const [key, value] of Object.entries(settings(text))) found.set(key as SettingKey, { value, name });
  }
  if (truthy.has((env['SWIMMY_DISABLE_DISCORD'] ?? '').toLowerCase())) return found;
  const lanes = Object.entries(swimmyLanes).filter(([name]) => (env[name] ?? '') !== '');
  const [first] = lanes;
  if (first === undefined) return found;
  const names = new Set(lanes.map(([, lane]) => lane));
  // A topic whose channel is not there goes to the alerts, as in Swimmy, or else to whatever is there.
  const fallback = names.has('alerts') ? 'alerts' : first[1];
  const topics = Object.entries(swimmyTopics).map(([topic, lane]) => [
    topic,
    names.has(lane) ? lane : fallback,
  ]);
  const name = lanes.map(([each]) => each).join(', ');
  found.set('notifier.lanes', {
    value: Object.fromEntries(lanes.map(([env, lane]) => [lane, { webhook: { env } }])),
    name,
  });
  found.set('notifier.topics', { value: Object.fromEntries([...topics, ['default', fallback]]), name });
  return found;
}
