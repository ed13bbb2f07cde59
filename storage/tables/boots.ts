/** One row per start of the process: whose lease an attempt is, known and not guessed from its age. */
import { define, slotsOf } from '../statement.js';
import { core } from './core-tables.js';

export interface BootRow {
  readonly boot_id: string;
  readonly started_wall_ms: number;
  readonly pid: number;
}

export const insertBoot = define<BootRow>('run', (slots) =>
  core
    .insertInto('boots')
    .values(slotsOf(slots, ['boot_id', 'started_wall_ms', 'pid']))
    .onConflict((conflict) => conflict.column('boot_id').doNothing())
    .compile(),
);

/** Newest first. */
export const selectBoots = define<{ limit: number }, BootRow>('all', (slots) =>
  core.selectFrom('boots').selectAll().orderBy('started_wall_ms', 'desc').limit(slots('limit')).compile(),
);
