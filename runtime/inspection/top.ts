import type { VerbArgs } from '../../protocols/repl.js';
import type { TopAnswer, TopRow } from '../../protocols/repl-answers.js';
import type { ProcessInfo } from '../inspect.js';
import type { System } from '../system.js';
import { fit } from './fit.js';
import { walk } from './places.js';
import type { Call, Surroundings } from './sources.js';

/** Places whose counts a session remembers, for rates; in a larger tree the others have none. */
const rememberedMax = 20_000;

/** More than the longest list. */
const sortedMax = 250;

interface Seen {
  readonly nowMs: number;
  readonly byPath: ReadonlyMap<string, { readonly handled: number; readonly turnsMs: number }>;
}

/** Who has the most mail, or the most of the loop. */
export async function top(
  system: System,
  { by, path, limit }: VerbArgs<'top'>,
  surroundings: Surroundings,
  { memory, signal }: Pick<Call, 'memory' | 'signal'>,
): Promise<TopAnswer> {
  const before = memory.get('top') as Seen | undefined;
  const nowMs = surroundings.nowMs();
  const sinceMs = before === undefined ? null : nowMs - before.nowMs;
  const byPath = new Map<string, { handled: number; turnsMs: number }>();
  const [worth, total] = [worths[by], totals[by]];
  const byWorth = (left: TopRow, right: TopRow): number =>
    worth(right) - worth(left) || total(right) - total(left) || right.depth - left.depth;
  const rows: TopRow[] = [];
  let places = 0;
  await walk(system, surroundings, signal, path, (place) => {
    // A supervisor has no mail; it is of interest when it held the loop.
    if (place.type === 'supervisor' && place.turns === null) return;
    const row = rowOf(place, before, sinceMs);
    rows.push(row);
    places++;
    // Sorted in small parts, so that a large tree is not sorted in one go.
    if (rows.length >= sortedMax) rows.sort(byWorth).splice(limit);
    if (byPath.size < rememberedMax)
      byPath.set(place.path, { handled: row.handled, turnsMs: row.turnsMs ?? 0 });
  });
  if (!signal.aborted) memory.set('top', { nowMs, byPath } satisfies Seen);
  const listed = fit(rows.sort(byWorth).slice(0, limit), Math.max(0, places - limit));
  return { by, places, sinceMs, slowTurnMs: system.slowTurnMs, ...listed };
}

const worths: Readonly<Record<VerbArgs<'top'>['by'], (row: TopRow) => number>> = {
  depth: (row) => row.depth,
  age: (row) => row.headAgeMs ?? -1,
  // What happens now, once there is a now and a before.
  turns: (row) => row.loopShare ?? row.turnsMs ?? 0,
  handled: (row) => row.handledPerSecond ?? row.handled,
};

/** Between those that did nothing just now: who did most since the start. */
const totals: Readonly<Record<VerbArgs<'top'>['by'], (row: TopRow) => number>> = {
  depth: (row) => row.highWater,
  age: (row) => row.highWater,
  turns: (row) => row.turnsMs ?? 0,
  handled: (row) => row.handled,
};

function rowOf(place: ProcessInfo, before: Seen | undefined, sinceMs: number | null): TopRow {
  const { path, status, mailbox, turns } = place;
  const handled = place.handled ?? 0;
  const seen = before?.byPath.get(path);
  const isRated = seen !== undefined && sinceMs !== null && sinceMs > 0;
  return {
    path,
    status,
    depth: mailbox?.depth ?? 0,
    highWater: mailbox?.highWater ?? 0,
    headAgeMs: mailbox?.headAgeMs ?? null,
    handled,
    handledPerSecond: isRated ? (1_000 * (handled - seen.handled)) / sinceMs : null,
    turnsMs: turns?.ms ?? null,
    loopShare: isRated ? Math.min(1, ((turns?.ms ?? 0) - seen.turnsMs) / sinceMs) : null,
    longestMs: turns?.longestMs ?? null,
    longestType: turns?.longestType ?? null,
    longestWallMs: turns?.longestWallMs ?? null,
    slow: turns?.slow ?? 0,
  };
}
