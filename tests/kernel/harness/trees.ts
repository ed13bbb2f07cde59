/** Supervisors written short. */
import { dynamicSupervisor, supervisor } from '../../../runtime/index.js';
import type { ChildSpec, DynamicOptions, Strategy, SupervisorOptions } from '../../../runtime/index.js';

export const strategies: readonly Strategy[] = ['one_for_one', 'one_for_all', 'rest_for_one'];
export const restarts = ['permanent', 'transient', 'temporary'] as const;

const generous = { strategy: 'one_for_one', intensity: 100, periodMs: 5_000 } as const;

/** A supervisor that does not give up soon, unless told otherwise. */
export const sup = (
  id: string,
  children: readonly ChildSpec[],
  options: Partial<SupervisorOptions> = {},
): ChildSpec => supervisor(id, { ...generous, ...options }, children);

export const root = (children: readonly ChildSpec[], options: Partial<SupervisorOptions> = {}): ChildSpec =>
  sup('root', children, options);

export const dynamic = (
  id: string,
  template: (args: never) => ChildSpec,
  options: Partial<DynamicOptions> = {},
): ChildSpec => dynamicSupervisor(id, { intensity: 100, periodMs: 5_000, ...options }, template);
