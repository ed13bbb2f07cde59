/** What a pool and the drivers of its workers say to each other. */
import type { Handle } from '../kernel/behavior.js';
import type { Replies } from '../../protocols/name.js';
import type { WorkerLossCode, WorkerPoolMsg } from '../../protocols/workers.js';

/**
 * What became of a request that has no answer. `answered`: its handler failed it. `lost`: its worker is gone, by no known
 * fault of the request. `spent`: its worker is gone by its fault, or may still be at it. `untouched`: its worker was gone
 * before it saw it. `unheard`: its worker's driver had no room.
 */
export type Fate = 'answered' | 'lost' | 'spent' | 'untouched' | 'unheard';

export type Ran =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      readonly retryable: boolean;
      readonly fate: Fate;
    };

export interface Run extends Replies<Ran> {
  readonly type: 'run';
  readonly key: string;
  readonly attempt: number;
  readonly request: unknown;
  readonly requestMs: number;
  readonly transfer: readonly ArrayBuffer[];
}

/** `killed`: we ended it. `guilty`: the request that it was ended for, if it was for one. */
export interface Loss {
  readonly code: WorkerLossCode;
  readonly message: string;
  readonly killed: boolean;
  readonly guilty: number | null;
}

export type FromDriver =
  | { readonly type: 'worker_up'; readonly number: number; readonly worker: Handle<Run> }
  | { readonly type: 'worker_lost'; readonly number: number; readonly loss: Loss };

export type PoolMsg = WorkerPoolMsg | FromDriver;
