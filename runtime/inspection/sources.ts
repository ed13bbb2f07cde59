import type { LetterFilter } from '../../protocols/repl.js';
import type { LetterView } from '../../protocols/repl-answers.js';
import type { System } from '../system.js';
import type { Interventions } from './interventions.js';

/** Something that shows its value, and may be changed while everything runs. */
export interface Setting {
  readonly key: string;
  /** What it does and which values it takes, in a line. */
  readonly about: string;
  read(): unknown;
  /** Absent where it cannot be changed. @throws ReplRefusal `bad_arguments` | `refused` saying what was expected */
  readonly write?: (value: unknown, user: string) => Promise<unknown>;
}

/** Where dead letters are kept. */
export interface Letters {
  /** Oldest first. */
  list(
    filter: LetterFilter,
    limit: number,
  ): Promise<{ readonly letters: readonly LetterView[]; readonly more: boolean }>;
  /** `accepted`, or a word for why not; after `full` and `not_accepted` waiting helps. */
  redrive(id: string, user: string): Promise<string>;
}

/** What a REPL looks at. */
export interface InspectionSources {
  readonly name: string;
  /** Undefined while the tree starts. */
  readonly system: () => System | undefined;
  readonly letters: Letters;
  readonly settings: readonly Setting[];
  readonly interventions: Interventions;
  readonly surroundings: Surroundings;
}

/** What verbs need of the world. */
export interface Surroundings {
  readonly pid: number;
  readonly startedWallMs: number;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  /** Resolves after everything else that is due had its turn. */
  readonly breathe: () => Promise<void>;
  /** Resolves after the time, or at once when the signal comes. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** What keeps the event loop open, by kind. */
  readonly resources: () => Readonly<Record<string, number>>;
}

/** One request of one client. */
export interface Call {
  readonly user: string;
  /** Comes when the client cancels, goes, or the time is over. */
  readonly signal: AbortSignal;
  /** For streams. @returns false when the client is too slow, and the event was left out */
  readonly emit: (event: unknown) => boolean;
  /** Of the connection; small things only. */
  readonly memory: Map<string, unknown>;
}
