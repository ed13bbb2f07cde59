import type { ChildSpec } from '../actors/kernel/child-spec.js';
import { supervisor } from './kernel/supervisor-spec.js';

/** Levels multiply, so the root allows little; when it gives up the process ends with exit code 70. */
export const defaults = { intensity: 3, periodMs: 60_000 } as const;

/**
 * one_for_one: operations watches core and must not share its fate, nor core its. Operations is first up, so that the
 * start of the rest can be watched, and last down.
 */
export const root = (operations: ChildSpec, core: ChildSpec): ChildSpec =>
  supervisor('root', { strategy: 'one_for_one', ...defaults }, [operations, core]);
