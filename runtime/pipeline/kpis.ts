/** Figures of how well requests fare, for metrics, the page and the alarms. */
import type { Figures } from '../../actors/operations/alarm-rules.js';
import type { DispatchStatus } from '../../protocols/backtest-dispatch.js';
import type { HopLatency } from '../../protocols/db-kpis.js';
import { dbAnswer, names as db } from '../../protocols/db-writes.js';
import type { DbAnswer } from '../../protocols/db-writes.js';
import type { NotifierStanding } from '../../protocols/notifier.js';
import { countsFrom } from '../../protocols/operations.js';
import type { FactsSnapshot } from '../../protocols/operations.js';
import type { PairStanding } from '../../protocols/pair-overlay.js';
import type { AskOutcome } from '../../actors/kernel/behavior.js';
import type { System } from '../system.js';

export interface Kpis {
  /** Of the last 24 h. */
  readonly hops: readonly HopLatency[];
  /** How what ended within the last hour has ended. */
  readonly ended: readonly { readonly kind: string; readonly state: string; readonly count: number }[];
  readonly oldestOpen: readonly { readonly kind: string; readonly oldestWallMs: number }[];
}

export const kpisSource = 'kpis';

const limits = { askMs: 3_000, hopsMs: 24 * 3_600_000, endedMs: 3_600_000 } as const;

/** @throws what keeps them from being known */
export async function readKpis(system: System, wallMs: number): Promise<Kpis> {
  const options = { deadlineMs: limits.askMs };
  const [hops, ended, oldestOpen] = await Promise.all([
    system.ask(db.reader, { type: 'hops', sinceWallMs: wallMs - limits.hopsMs }, options).then(valueOf),
    system
      .ask(db.reader, { type: 'ended_counts', sinceWallMs: wallMs - limits.endedMs }, options)
      .then(valueOf),
    system.ask(db.reader, { type: 'oldest_open' }, options).then(valueOf),
  ]);
  return { hops, ended, oldestOpen };
}

function valueOf<T>(outcome: AskOutcome<DbAnswer<T>>): T {
  const answer = dbAnswer(outcome);
  if (!answer.ok) throw new Error(`${answer.message} (${answer.code})`);
  return answer.value;
}

/** The value of a source, while it is fresh: an old figure raises no alarm, and ends none. */
function fresh(facts: FactsSnapshot, id: string): unknown {
  const fact = facts.facts[id];
  return fact === undefined || fact.stale ? null : fact.value;
}

export const kpisFrom = (facts: FactsSnapshot | null): Kpis | null =>
  facts === null ? null : ((facts.facts[kpisSource]?.value as Kpis | null | undefined) ?? null);

/** What the alarms look at. */
export function figuresOf(facts: FactsSnapshot): Figures {
  const status = fresh(facts, 'dispatch') as DispatchStatus | null;
  const counts = facts.facts['counts']?.stale === true ? null : countsFrom(facts);
  const kpis = fresh(facts, kpisSource) as Kpis | null;
  const notifier = fresh(facts, 'notifier') as NotifierStanding | null;
  const pairs = fresh(facts, 'pairs') as PairStanding | null;
  const sum = (states: readonly string[]): number =>
    (kpis?.ended ?? [])
      .filter(({ state }) => states.includes(state))
      .reduce((all, { count }) => all + count, 0);
  return {
    inFlight: status?.inFlight ?? null,
    settled: status?.counts.settled ?? null,
    storeTrouble: status?.trouble == null ? null : `${status.trouble.message} (${status.trouble.code})`,
    deadLettersKept: counts?.deadLettersKept ?? null,
    ended:
      kpis === null ? null : { succeeded: sum(['succeeded']), givenUp: sum(['dead_lettered', 'expired']) },
    blockedLanes:
      notifier === null
        ? null
        : notifier.lanes.filter(({ state }) => state === 'blocked').map(({ lane }) => lane),
    emptySlotMs: pairs === null ? null : longestEmptyMs(pairs, facts.wallMs),
  };
}

const longestEmptyMs = ({ slots }: PairStanding, wallMs: number): number =>
  Math.max(
    0,
    ...slots.flatMap(({ emptySinceWallMs }) =>
      emptySinceWallMs === null ? [] : [wallMs - emptySinceWallMs],
    ),
  );
