/** Supervision scenarios as plain data: a tree, and what happens to it. Played by ours.ts and by peer/runner.erl. */
import type { AutoShutdown, Restart, Shutdown, Strategy } from '../../../runtime/index.js';

/** As a process ends by itself or is hit by a signal; `kill` as a signal kills, as a reason of one's own it is ordinary. */
export type Reason = 'normal' | 'shutdown' | 'shutdown_x' | 'kill' | 'killed' | 'noproc' | 'error';

/** How one start ends: `dies` is up, and dead of that signal before its supervisor does anything else. */
export type Start =
  'ok' | 'ignore' | `fail ${Reason}` | `dies ${'shutdown' | 'shutdown_x' | 'kill' | 'error'}`;

interface Common {
  readonly id: string;
  readonly restart: Restart;
  readonly shutdown: Shutdown;
  readonly significant: boolean;
  /** One for each start at this path, over all lives of its supervisor; the last one repeats. */
  readonly starts: readonly Start[];
}

export interface Worker extends Common {
  readonly kind: 'worker';
  readonly traps: boolean;
  /** Its clean-up never ends when it is asked to stop. */
  readonly hangs: boolean;
  /** Registered in init, which fails where the name is taken; empty for none. */
  readonly name: string;
}

interface Budget {
  readonly intensity: number;
  /** Whole seconds, as OTP counts. */
  readonly periodS: number;
}

export interface Static extends Common, Budget {
  readonly kind: 'supervisor';
  readonly strategy: Strategy;
  readonly autoShutdown: AutoShutdown;
  readonly children: readonly Node[];
}

/** OTP: simple_one_for_one. A child's path ends with the key that its start was called with. */
export interface Dynamic extends Common, Budget {
  readonly kind: 'dynamic';
  readonly template: Worker | Static;
}

export type Node = Worker | Static | Dynamic;

export type Call =
  | { readonly type: 'start_child'; readonly child: Node }
  | { readonly type: 'start_dynamic'; readonly key: string; readonly starts: readonly Start[] }
  | { readonly type: 'terminate_child' | 'restart_child' | 'delete_child'; readonly id: string }
  /** By pid or handle: of the newest process at a path. */
  | { readonly type: 'terminate_handle'; readonly path: string }
  | { readonly type: 'which_children' | 'count_children' };

export type Act =
  /** A signal from a stranger. */
  | { readonly type: 'exit'; readonly path: string; readonly reason: Reason }
  /** The process ends itself; an error is thrown. */
  | { readonly type: 'stop'; readonly path: string; readonly reason: Reason }
  | { readonly type: 'link' | 'unlink'; readonly path: string; readonly other: string }
  | { readonly type: 'call'; readonly path: string; readonly call: Call };

/**
 * `each`: everything comes to rest after each act. `burst`: all acts happen before the supervisor reacts to the first;
 * they are signals to its direct children that end these at once and calls to itself, or only ends of children by
 * themselves. Acts on what does not live are left out.
 */
export interface Step {
  readonly mode: 'each' | 'burst';
  readonly on: string;
  readonly acts: readonly Act[];
  /** Time that passes before the step; real time in Erlang, so seldom more than none. */
  readonly afterMs: number;
}

export interface Scenario {
  readonly title: string;
  readonly root: Static;
  readonly steps: readonly Step[];
}

/** A term in Erlang's notation: strings are atoms, objects maps, arrays lists. */
export function erlangTerm(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return `'${value.replaceAll(/['\\]/g, '\\$&')}'`;
  if (Array.isArray(value)) return `[${value.map(erlangTerm).join(',')}]`;
  if (typeof value !== 'object' || value === null) throw new TypeError(`no term for ${typeof value}`);
  const fields = Object.entries(value).map(([key, inner]) => `${erlangTerm(key)} => ${erlangTerm(inner)}`);
  return `#{${fields.join(',')}}`;
}
