/** What the written scenarios share. */
import { worker } from '../build.js';
import type { Node, Reason, Scenario, Static, Step } from '../scenario.js';

export const strategies = ['one_for_one', 'one_for_all', 'rest_for_one'] as const;
export const restarts = ['permanent', 'transient', 'temporary'] as const;
export const reasons: readonly Reason[] = [
  'normal',
  'shutdown',
  'shutdown_x',
  'kill',
  'killed',
  'noproc',
  'error',
];

export const play = (title: string, tree: Static, ...steps: readonly Step[]): Scenario => ({
  title,
  root: tree,
  steps,
});

export const abc = (options: Parameters<typeof worker>[1] = {}): Node[] => [
  worker('a'),
  worker('b', options),
  worker('c'),
];
