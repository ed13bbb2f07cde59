/** The pace of the dispatch: what may be set, within which ranges, and how it is kept. */
import { z } from 'zod';
import type { DispatchSettings } from '../../protocols/backtest-dispatch.js';
import type { DispatchSetting } from '../../protocols/db-rows.js';

/** Enough out to keep a few workers busy while answers travel; batches so small that a pause is felt at once. */
export const defaults: DispatchSettings = {
  paused: false,
  inFlightMax: 64,
  inFlightMin: 16,
  inFlightBytesMax: 64 * 1024 * 1024,
  batchMax: 32,
  intervalMs: 10,
  ratePerS: 0,
};

const ranges = {
  paused: z.boolean(),
  inFlightMax: z.number().int().min(1).max(10_000),
  inFlightMin: z.number().int().min(1).max(10_000),
  inFlightBytesMax: z.number().int().min(1_024).max(1_073_741_824),
  batchMax: z.number().int().min(1).max(1_000),
  intervalMs: z.number().int().min(0).max(60_000),
  ratePerS: z.number().min(0).max(100_000),
} satisfies Record<keyof DispatchSettings, z.ZodType>;

const partial = z.strictObject(ranges).partial();

/** @returns the settings with the change, or what is wrong with it */
export function changed(
  settings: DispatchSettings,
  change: unknown,
):
  | { readonly ok: true; readonly settings: DispatchSettings; readonly rows: readonly DispatchSetting[] }
  | { readonly ok: false; readonly problem: string } {
  const parsed = partial.safeParse(change);
  if (!parsed.success) {
    const problem = parsed.error.issues
      .map(({ path, message }) => `${path.join('.') || 'settings'}: ${message}`)
      .join('; ');
    return { ok: false, problem };
  }
  const given = Object.entries(parsed.data).filter(([, value]) => value !== undefined);
  return {
    ok: true,
    settings: { ...settings, ...(Object.fromEntries(given) as Partial<DispatchSettings>) },
    rows: given.map(([key, value]) => ({ key, valueJson: JSON.stringify(value) })),
  };
}

/** What was stored and still makes sense; a row of an older version that no longer does is passed over. */
export function restored(base: DispatchSettings, rows: readonly DispatchSetting[]): DispatchSettings {
  return rows.reduce((settings, { key, valueJson }) => {
    const next = changed(settings, { [key]: parse(valueJson) });
    return next.ok ? next.settings : settings;
  }, base);
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
