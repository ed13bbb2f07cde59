import { kill as killReason } from '../../protocols/exit-reason.js';
import { ReplRefusal } from '../../protocols/repl.js';
import type { VerbArgs } from '../../protocols/repl.js';
import type { ChangeAnswer, SettingRow } from '../../protocols/repl-answers.js';
import type { System } from '../system.js';
import { refAt } from './places.js';
import type { Setting } from './sources.js';

/** Ends what lives at a place, at once; what follows is its supervisor's to decide. */
export function killPlace(system: System, path: string): ChangeAnswer {
  const ref = refAt(system, path);
  if (path === system.root.path)
    throw new ReplRefusal(
      'refused',
      `${path} is the whole tree; to end it, end the process (SIGTERM lets it stop in order)`,
    );
  if (!ref.alive) throw new ReplRefusal('refused', `nothing lives at ${path} now`);
  const life = system.inspect(ref)?.incarnation ?? 0;
  system.exit(ref, killReason);
  return { done: `killed ${path} (life ${life}); its supervisor decides what follows` };
}

export function setSuspended(system: System, path: string, on: boolean): ChangeAnswer {
  const ref = refAt(system, path);
  if (!(on ? system.suspend(ref) : system.resume(ref)))
    throw new ReplRefusal('refused', `${path} is a supervisor, or nothing lives there: it takes no turns`);
  return { done: on ? `${path} takes no turns until resume(${JSON.stringify(path)})` : `${path} goes on` };
}

export async function settingRows(settings: readonly Setting[]): Promise<readonly SettingRow[]> {
  return Promise.all(
    settings.map(async (setting) => ({
      key: setting.key,
      value: await valueOf(setting),
      adjustable: setting.write !== undefined,
      about: setting.about,
    })),
  );
}

/** What cannot be read is unknown. */
async function valueOf(setting: Setting): Promise<unknown> {
  try {
    return await setting.read();
  } catch {
    return null;
  }
}

export async function setSetting(
  settings: readonly Setting[],
  { key, value }: VerbArgs<'set'>,
  user: string,
): Promise<ChangeAnswer> {
  const setting = settings.find((candidate) => candidate.key === key);
  const keys = settings.filter(({ write }) => write !== undefined).map((candidate) => candidate.key);
  if (setting === undefined)
    throw new ReplRefusal('not_found', `no setting ${key}; there are ${keys.join(', ')}`);
  if (setting.write === undefined)
    throw new ReplRefusal('refused', `${key} cannot be changed while the process runs`);
  const before = await valueOf(setting);
  const now = await setting.write(value, user);
  return { done: `${key}: ${JSON.stringify(before)} -> ${JSON.stringify(now)}` };
}

/** What every system has. */
export const kernelSettings = (system: () => System | undefined): readonly Setting[] => [
  {
    key: 'kernel.slowTurnMs',
    about: 'turns that hold the loop for as long are told as slow, ms, 25 to 600000',
    read: () => system()?.slowTurnMs ?? null,
    write: (value) => {
      const running = system();
      if (running === undefined) throw new ReplRefusal('starting', 'the tree is still starting');
      if (typeof value !== 'number' || !(value >= 25 && value <= 600_000))
        throw new ReplRefusal(
          'bad_arguments',
          `kernel.slowTurnMs: expected a number from 25 to 600000, found ${JSON.stringify(value)}`,
        );
      running.slowTurnMs = value;
      return Promise.resolve(value);
    },
  },
];
