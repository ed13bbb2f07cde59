import type { Ref } from '../../actors/kernel/behavior.js';
import { replLimits, ReplRefusal } from '../../protocols/repl.js';
import type { VerbArgs } from '../../protocols/repl.js';
import type { Listed, MailboxAnswer, PlaceRow } from '../../protocols/repl-answers.js';
import type { ProcessInfo } from '../inspect.js';
import type { System } from '../system.js';
import { fit, isWithin } from './fit.js';
import { preview, typeLabel } from './preview.js';
import type { Surroundings } from './sources.js';

/** How long places are looked at before everybody else has a turn, and how many are at most. */
const limits = { atOnceMs: 0.25, betweenLooksAtTheClock: 16, placesMax: 200_000 } as const;

/** Calls back with every place at or below a path, without holding the loop up. */
export async function walk(
  system: System,
  { breathe, nowMs }: Pick<Surroundings, 'breathe' | 'nowMs'>,
  signal: AbortSignal,
  within: string | undefined,
  visit: (place: ProcessInfo) => void,
): Promise<void> {
  let looked = 0;
  let sinceMs = nowMs();
  for (const place of system.places()) {
    if (++looked % limits.betweenLooksAtTheClock === 0 && nowMs() - sinceMs > limits.atOnceMs) {
      await breathe();
      sinceMs = nowMs();
    }
    if (looked > limits.placesMax || signal.aborted) return;
    if (isWithin(place.path, within)) visit(place);
  }
}

/** @throws ReplRefusal `not_found`, with the places that are near */
export function refAt(system: System, path: string): Ref<never> {
  const ref = system.find(path);
  if (ref !== undefined) return ref;
  const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  const above = parent === '' ? undefined : system.find(parent);
  const near =
    above === undefined
      ? `paths begin at ${system.root.path}`
      : `below ${parent} there is ${below(system, parent)}`;
  throw new ReplRefusal('not_found', `no place at ${path}; ${near}`);
}

function below(system: System, parent: string): string {
  const ids: string[] = [];
  for (const { path, id } of system.places()) {
    if (path.slice(0, path.lastIndexOf('/')) === parent) ids.push(id);
    if (ids.length > 10) break;
  }
  return ids.length === 0 ? 'nothing' : `${ids.slice(0, 10).join(', ')}${ids.length > 10 ? ', ...' : ''}`;
}

/** What a row has beside its texts. */
const rowBytes = 150;

const rowOf = (place: ProcessInfo): PlaceRow => ({
  path: place.path,
  type: place.type,
  status: place.status,
  life: place.incarnation,
  restarts: place.restarts,
  depth: place.mailbox?.depth ?? null,
  handled: place.handled,
  turnsMs: place.turns?.ms ?? null,
  lastError: place.lastError?.slice(0, 500) ?? null,
});

export async function tree(
  system: System,
  { path, depth, limit }: VerbArgs<'tree'>,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<Listed<PlaceRow>> {
  if (path !== undefined) refAt(system, path);
  const rows: PlaceRow[] = [];
  let leftOut = 0;
  const top = (path ?? system.root.path).split('/').length;
  let bytes = 0;
  await walk(system, surroundings, signal, path, (place) => {
    if (depth !== undefined && place.path.split('/').length - top > depth) return;
    const row = rowOf(place);
    // Estimated: to write all rows down only to count them would hold the loop up for as long as sending them.
    bytes += rowBytes + 2 * (row.path.length + (row.lastError?.length ?? 0));
    if (rows.length < limit && bytes <= replLimits.answerBytesMax) rows.push(row);
    else leftOut++;
  });
  return { rows, leftOut };
}

export function inspectOne(system: System, path: string): unknown {
  const info = system.inspect(refAt(system, path));
  if (info === undefined) throw new ReplRefusal('not_found', `no place at ${path}`);
  const cut = (list: readonly string[]): readonly string[] => list.slice(0, 100);
  return {
    ...info,
    lastError: info.lastError?.slice(0, 4_000) ?? null,
    names: cut(info.names),
    timers: cut(info.timers),
  };
}

export function mailbox(system: System, { path, limit }: VerbArgs<'mailbox'>): MailboxAnswer {
  const ref = refAt(system, path);
  const waiting = system.waiting(ref, limit);
  const box = system.inspect(ref)?.mailbox;
  if (waiting === undefined || box === undefined || box === null)
    throw new ReplRefusal('refused', `${path} is a supervisor: it has no mailbox to look into`);
  const rows = waiting.map(({ message, ageMs, control }) => ({
    type: typeLabel(message),
    ageMs,
    control,
    preview: preview(message),
  }));
  const { depth, highWater } = box;
  return { path, depth, highWater, ...fit(rows, Math.max(0, depth - rows.length)) };
}
