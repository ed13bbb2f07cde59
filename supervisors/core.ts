import type { ChildSpec } from '../actors/kernel/child-spec.js';
import { supervisor } from './kernel/supervisor-spec.js';

export interface CoreChildren {
  readonly deadLetters: ChildSpec;
  readonly dbWrites: ChildSpec;
  readonly services: ChildSpec;
}

/**
 * rest_for_one: the services stand on the stores and begin again from the rows when those have been away, and
 * everybody's failures need a place that was there before them. A single writer thread that dies is no such case: its
 * driver is restarted within db-writes, and those who asked ask again.
 */
export const core = ({ deadLetters, dbWrites, services }: CoreChildren): ChildSpec =>
  supervisor('core', { strategy: 'rest_for_one', intensity: 2, periodMs: 600_000 }, [
    deadLetters,
    dbWrites,
    services,
  ]);
