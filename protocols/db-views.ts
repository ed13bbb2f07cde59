/** What queries of the core file answer. */
import type { NewResult, RequestKind, RequestState, Strategy } from './db-rows.js';

export interface RequestCount {
  readonly kind: RequestKind;
  readonly state: RequestState;
  readonly count: number;
}

export interface KindCount {
  readonly kind: RequestKind;
  readonly count: number;
}

/** In flight: attempts that have neither ended nor been abandoned. */
export interface OpenAttempts {
  readonly backend: string;
  readonly count: number;
}

export interface RankCount {
  readonly rank: string | null;
  readonly count: number;
}

/** Submitted to applied, ms, of what succeeded; nearest rank. */
export interface Latency {
  readonly kind: RequestKind;
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface RequestOutcome {
  readonly requestId: string;
  readonly kind: RequestKind;
  readonly strategyId: string;
  readonly state: RequestState;
  readonly failureCode: string | null;
  readonly submittedWallMs: number;
  readonly terminalWallMs: number | null;
  /** Attempts ever leased, abandoned ones included. */
  readonly leases: number;
  readonly late: number;
}

export type StoredResult = NewResult & { readonly requestId: string };
export type StoredStrategy = Strategy;
