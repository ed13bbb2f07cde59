/** What is asked of the stores about how well requests fare. Times are wall-clock ms since the epoch. */
import type { Verb } from './db-answer.js';
import type { RequestKind } from './db-rows.js';

/**
 * `queued`: submit to the lease of the accepted attempt. `leaving`: until it left the socket. `answering`: until its
 * answer was applied.
 */
export type Hop = 'queued' | 'leaving' | 'answering';

/** ms by nearest rank, of the newest 5,000 that succeeded. */
export interface HopLatency {
  readonly kind: RequestKind;
  readonly hop: Hop;
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** One attempt of a request; `attemptId` is null for a request that was never leased. */
export interface RequestLifeRow {
  readonly requestId: string;
  readonly kind: RequestKind;
  readonly strategyId: string;
  readonly strategy: string;
  readonly state: string;
  readonly failureCode: string | null;
  readonly failureMessage: string | null;
  readonly submittedWallMs: number;
  readonly terminalWallMs: number | null;
  readonly attemptId: string | null;
  readonly number: number | null;
  readonly backend: string | null;
  readonly leasedWallMs: number | null;
  readonly sentWallMs: number | null;
  readonly endedWallMs: number | null;
  readonly outcome: string | null;
  readonly attemptFailureCode: string | null;
}

export type KpiReaderMsg =
  | Verb<'hops', { sinceWallMs: number }, readonly HopLatency[]>
  | Verb<
      'ended_counts',
      { sinceWallMs: number },
      readonly { readonly kind: RequestKind; readonly state: string; readonly count: number }[]
    >
  | Verb<'oldest_open', unknown, readonly { readonly kind: RequestKind; readonly oldestWallMs: number }[]>
  /** By the id of the request, or of one of its attempts: the id on the wire. */
  | Verb<'request_life', { id: string }, readonly RequestLifeRow[]>;
