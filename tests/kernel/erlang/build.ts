/** Scenarios written short. */
import type { Act, Call, Dynamic, Node, Reason, Start, Static, Step, Worker } from './scenario.js';

const common = { restart: 'permanent', significant: false, starts: ['ok'] } as const;

/** An hour: a restart in a scenario never leaves the window. */
export const HOUR_S = 3_600;

export const worker = (id: string, options: Partial<Worker> = {}): Worker => ({
  kind: 'worker',
  id,
  ...common,
  shutdown: 5_000,
  traps: false,
  hangs: false,
  name: '',
  ...options,
});

export const sup = (id: string, children: readonly Node[], options: Partial<Static> = {}): Static => ({
  kind: 'supervisor',
  id,
  ...common,
  shutdown: 'infinity',
  strategy: 'one_for_one',
  intensity: 10,
  periodS: HOUR_S,
  autoShutdown: 'never',
  children,
  ...options,
});

export const root = (children: readonly Node[], options: Partial<Static> = {}): Static =>
  sup('root', children, options);

export const dynamic = (id: string, template: Worker | Static, options: Partial<Dynamic> = {}): Dynamic => ({
  kind: 'dynamic',
  id,
  ...common,
  shutdown: 'infinity',
  intensity: 10,
  periodS: HOUR_S,
  template,
  ...options,
});

/** Paths below the root are written without it. */
const at = (path: string): string => (path === '' ? 'root' : `root/${path}`);

export const stop = (path: string, reason: Reason = 'error'): Act => ({
  type: 'stop',
  path: at(path),
  reason,
});
export const exit = (path: string, reason: Reason = 'error'): Act => ({
  type: 'exit',
  path: at(path),
  reason,
});
export const link = (path: string, other: string): Act => ({
  type: 'link',
  path: at(path),
  other: at(other),
});
export const unlink = (path: string, other: string): Act => ({
  type: 'unlink',
  path: at(path),
  other: at(other),
});

const call = (path: string, asked: Call): Act => ({ type: 'call', path: at(path), call: asked });
export const start = (path: string, child: Node): Act => call(path, { type: 'start_child', child });
export const terminate = (path: string, id: string): Act => call(path, { type: 'terminate_child', id });
export const restart = (path: string, id: string): Act => call(path, { type: 'restart_child', id });
export const remove = (path: string, id: string): Act => call(path, { type: 'delete_child', id });
export const which = (path = ''): Act => call(path, { type: 'which_children' });
export const count = (path = ''): Act => call(path, { type: 'count_children' });
export const startKey = (path: string, key: string, starts: readonly Start[] = ['ok']): Act =>
  call(path, { type: 'start_dynamic', key, starts });
export const terminateAt = (path: string, victim: string): Act =>
  call(path, { type: 'terminate_handle', path: at(victim) });

export const each = (...acts: readonly Act[]): Step => ({ mode: 'each', on: 'root', acts, afterMs: 0 });
export const burst = (on: string, ...acts: readonly Act[]): Step => ({
  mode: 'burst',
  on: at(on),
  acts,
  afterMs: 0,
});
export const after = (afterMs: number, step: Step): Step => ({ ...step, afterMs });
