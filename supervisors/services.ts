import type { ChildSpec } from '../actors/kernel/child-spec.js';
import { supervisor } from './kernel/supervisor-spec.js';

/** one_for_one: the services meet in the database only, so that one of them can be gone and the others go on. */
export const services = (children: readonly ChildSpec[]): ChildSpec =>
  supervisor('services', { strategy: 'one_for_one', intensity: 3, periodMs: 300_000 }, children);
