/** What a pool and the drivers of its workers say to each other. */
import type { Handle } from '../kernel/behavior.js';
import type { Replies } from '../../protocols/name.js';
import type { WorkerLossCode, WorkerPoolMsg } from '../../protocols/workers.js';

/** `lost`: it is not the handler that failed but the worker. `untouched`: no worker has ever seen it. */
export type Ran =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      readonly retryable: boolean;
      readonly lost: boolean;
      readonly untouched: boolean;
    };

export interface Run extends Replies<Ran> {
  readonly type: 'run';
  readonly key: string;
  readonly attempt: number;
  readonly request: unknown;
  readonly requestMs: number;
  readonly transfer: readonly ArrayBuffer[];
}

/** `killed`: we ended it. */
export interface Loss {
  readonly code: WorkerLossCode;
  readonly message: string;
  readonly killed: boolean;
}

export type FromDriver =
  | { readonly type: 'worker_up'; readonly number: number; readonly worker: Handle<Run> }
  | { readonly type: 'worker_lost'; readonly number: number; readonly loss: Loss };

export type PoolMsg = WorkerPoolMsg | FromDriver;
