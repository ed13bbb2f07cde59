import { name } from './name.js';
import type { Replies } from './name.js';

/** What one source last said, and when: a fact without `asOfWallMs` was never known. */
export interface Fact {
  readonly value: unknown;
  /** Wall clock of the data, not of the look at it; null when it was never read. */
  readonly asOfWallMs: number | null;
  /** Why the last reading failed; null when it did not. The value before it is kept. */
  readonly problem: string | null;
  /** True when the value is older than its source promises. */
  readonly stale: boolean;
}

export interface FactsSnapshot {
  readonly wallMs: number;
  readonly facts: Readonly<Record<string, Fact>>;
}

export type MonitorMsg = { readonly type: 'facts' } & Replies<FactsSnapshot>;

/** Where this process can be asked; written down for the other commands. */
export interface Serving {
  readonly type: 'serving';
  readonly url: string;
}

export type RunFileMsg = Serving;

export const operations = {
  monitor: name<MonitorMsg>('operations/monitor'),
  runFile: name<RunFileMsg>('operations/run-file'),
} as const;

/** The content of `FILE.run.json`. */
export interface RunFile {
  readonly pid: number;
  readonly url: string;
  readonly sockets: Readonly<Record<string, string>>;
  readonly bootId: string;
  readonly startedWallMs: number;
  /** What changes want; whoever may read this file may make them. The file is its owner's alone. */
  readonly token: string;
}

/** What the stores say of themselves, for the page, the metrics and `status`. */
export interface Counts {
  readonly requests: readonly { readonly kind: string; readonly state: string; readonly count: number }[];
  /** From submit to applied, ms. */
  readonly latencies: readonly {
    readonly kind: string;
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
  }[];
  readonly ranks: readonly { readonly rank: string | null; readonly count: number }[];
  /** Letters in the store that nobody has redriven or discarded; null when the store could not be asked. */
  readonly deadLettersKept: number | null;
}

/** The id of the source whose value is a `Counts`. */
export const countsSource = 'counts';

/** @returns null when they were never known */
export const countsFrom = (facts: FactsSnapshot | null): Counts | null =>
  (facts?.facts[countsSource]?.value as Counts | null | undefined) ?? null;
