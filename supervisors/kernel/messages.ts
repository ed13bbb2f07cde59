import type { Handle } from '../../actors/kernel/behavior.js';
import type { ChildSpec } from '../../actors/kernel/child-spec.js';
import type { ExitReason } from '../../protocols/exit-reason.js';
import type { Replies } from '../../protocols/name.js';

/** The child runs, and this is it; no handle when it answered ignore. */
type Started = { readonly ok: true; readonly handle: Handle | undefined };

export type StartChildAnswer =
  | Started
  | { readonly ok: false; readonly error: 'already_started'; readonly handle: Handle }
  | { readonly ok: false; readonly error: 'already_present' }
  | { readonly ok: false; readonly error: 'invalid_spec'; readonly problem: string }
  | { readonly ok: false; readonly error: 'failed'; readonly reason: ExitReason };

export type TerminateChildAnswer =
  { readonly ok: true } | { readonly ok: false; readonly error: 'not_found' | 'simple_one_for_one' };

export type RestartChildAnswer =
  | Started
  | { readonly ok: false; readonly error: 'running' | 'restarting' | 'not_found' | 'simple_one_for_one' }
  | { readonly ok: false; readonly error: 'failed'; readonly reason: ExitReason };

export type DeleteChildAnswer =
  | { readonly ok: true }
  | { readonly ok: false; readonly error: 'running' | 'restarting' | 'not_found' | 'simple_one_for_one' };

/** One entry of `which_children`. */
export interface ChildInfo {
  readonly id: string;
  readonly state: 'running' | 'down' | 'restarting';
  readonly handle: Handle | undefined;
  readonly type: 'worker' | 'supervisor';
}

export interface ChildCounts {
  readonly specs: number;
  readonly active: number;
  readonly supervisors: number;
  readonly workers: number;
}

/** What a supervisor answers; asked like any actor, one at a time in order of arrival. */
export type SupervisorMsg<Args = never> =
  | ({ readonly type: 'start_child'; readonly spec: ChildSpec } & Replies<StartChildAnswer>)
  | ({ readonly type: 'start_dynamic_child'; readonly args: Args } & Replies<StartChildAnswer>)
  | ({ readonly type: 'terminate_child'; readonly child: string | Handle } & Replies<TerminateChildAnswer>)
  | ({ readonly type: 'restart_child'; readonly id: string } & Replies<RestartChildAnswer>)
  | ({ readonly type: 'delete_child'; readonly id: string } & Replies<DeleteChildAnswer>)
  | ({ readonly type: 'which_children' } & Replies<readonly ChildInfo[]>)
  | ({ readonly type: 'count_children' } & Replies<ChildCounts>);
