/** What is worth an alarm, each rule with its time: one table. */
import type { Severity } from '../../protocols/db-notifier.js';

/** Null is unknown. */
export interface Figures {
  readonly inFlight: number | null;
  /** Attempts settled since the dispatcher started; a change is a sign of life. */
  readonly settled: number | null;
  /** The dispatcher's last refusal by the store, while it lasts. */
  readonly storeTrouble: string | null;
  readonly deadLettersKept: number | null;
  /** Of the last hour: requests that succeeded, and those that were given up (dead letters and expired ones). */
  readonly ended: { readonly succeeded: number; readonly givenUp: number } | null;
  /** Lanes that are stopped by their channel. */
  readonly blockedLanes: readonly string[] | null;
  /** Pair slots that have candidates and no pair: how long the longest has been empty, ms. */
  readonly emptySlotMs: number | null;
}

/** What a rule remembers between two looks: a change of it begins its time anew. */
export type Watched = string | number | null;

export interface AlarmRule {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  /** How long the condition has to hold before it is raised. */
  readonly holdsMs: number;
  readonly repeatMs: number;
  readonly look: (
    figures: Figures,
    before: Watched,
  ) => { readonly problem: string | null; readonly watched: Watched } | 'unknown';
}

const minute = 60_000;
const hour = 60 * minute;

/** Fewer ended requests say nothing about a rate. */
const endedMin = 20;
const successShareMin = 0.95;

const well = (watched: Watched = null) => ({ problem: null, watched }) as const;

export const rules: readonly AlarmRule[] = [
  {
    id: 'result_silence',
    title: 'Backtests are out and no result comes back',
    severity: 'page',
    holdsMs: 15 * minute,
    repeatMs: 30 * minute,
    look: ({ inFlight, settled }) => {
      if (inFlight === null || settled === null) return 'unknown';
      if (inFlight === 0) return well(settled);
      return { problem: `${inFlight} attempts are out; none has ended for 15 minutes.`, watched: settled };
    },
  },
  {
    id: 'store_refuses',
    title: 'The database refuses to take anything',
    severity: 'page',
    holdsMs: 30_000,
    repeatMs: 30 * minute,
    look: ({ storeTrouble, settled }) => {
      if (settled === null) return 'unknown';
      return storeTrouble === null ? well() : { problem: storeTrouble, watched: null };
    },
  },
  {
    id: 'dead_letters',
    title: 'Dead letters are waiting',
    severity: 'warn',
    holdsMs: 15 * minute,
    repeatMs: 24 * hour,
    look: ({ deadLettersKept }) => {
      if (deadLettersKept === null) return 'unknown';
      if (deadLettersKept === 0) return well();
      return { problem: `${deadLettersKept} are kept; holdfast dlq list shows them.`, watched: null };
    },
  },
  {
    id: 'success_rate',
    title: 'Too many requests are given up',
    severity: 'warn',
    holdsMs: 0,
    repeatMs: hour,
    look: ({ ended }) => {
      if (ended === null) return 'unknown';
      const { succeeded, givenUp } = ended;
      const all = succeeded + givenUp;
      if (all < endedMin || succeeded >= successShareMin * all) return well();
      return { problem: `${givenUp} of ${all} requests of the last hour were given up.`, watched: null };
    },
  },
  {
    id: 'lane_blocked',
    title: 'A notification lane is stopped',
    severity: 'warn',
    // The notifier says it at once on another lane; this one goes on saying it.
    holdsMs: hour,
    repeatMs: 24 * hour,
    look: ({ blockedLanes }) => {
      if (blockedLanes === null) return 'unknown';
      if (blockedLanes.length === 0) return well();
      return { problem: `Stopped by its channel: ${blockedLanes.join(', ')}.`, watched: blockedLanes.join() };
    },
  },
  {
    id: 'pair_slots_empty',
    title: 'Pair slots have been empty for a day',
    severity: 'info',
    holdsMs: 0,
    repeatMs: 24 * hour,
    look: ({ emptySlotMs }) => {
      if (emptySlotMs === null) return 'unknown';
      if (emptySlotMs < 24 * hour) return well();
      return { problem: 'holdfast pairs explain tells why no pair is active there.', watched: null };
    },
  },
];
