import { keeper } from '../actors/dead-letters/keeper.js';
import type { DeadLettersPorts } from '../actors/dead-letters/ports.js';
import { spool } from '../actors/dead-letters/spool.js';
import { store } from '../actors/dead-letters/store.js';
import type { StoreArgs } from '../actors/dead-letters/store.js';
import type { ChildSpec } from '../actors/kernel/child-spec.js';
import { supervisor } from './kernel/supervisor-spec.js';

/**
 * one_for_one: the keeper holds letters in memory, which must not go because a file's driver did; each driver is asked
 * again when it is back. The keeper is last, so that it stops first and can still hand its letters down.
 */
export const deadLetters = (
  ports: DeadLettersPorts,
  kept: Partial<Omit<StoreArgs, 'openWriter'>> = {},
): ChildSpec =>
  supervisor('dead-letters', { strategy: 'one_for_one', intensity: 6, periodMs: 120_000 }, [
    store({ openWriter: (onDeath) => ports.openWriter(onDeath), ...kept }),
    spool({ openSpool: () => ports.openSpool() }),
    keeper(),
  ]);
