import type { NotificationState } from '../../protocols/db-notifier.js';
import { names as db } from '../../protocols/db-writes.js';
import { names } from '../../protocols/notifier.js';
import type { Summary } from '../../protocols/summary.js';
import { goOn, inParts, patiently } from './job-context.js';
import type { JobContext } from './job-context.js';

/** What a job's notifications are about: its own inputs. */
export interface JobCauses {
  /** Their changes of rank. */
  readonly strategyIds: readonly string[];
  /** Names of its candle files that were refused. */
  readonly refusedFiles: readonly string[];
  /** Whether pairs were formed; what the refresh that stands has told is the job's then. */
  readonly formedPairs: boolean;
}

export const defaults = {
  partMax: 500,
  pollMs: 200,
  askMs: 5_000,
  /** A job waits no longer without any of its notifications getting on, and no longer than that in all. */
  idleMs: 30_000,
  totalMs: 300_000,
} as const;

type Limits = { readonly [Key in keyof typeof defaults]: number };

interface Caused {
  readonly lane: string | null;
  readonly state: NotificationState;
  readonly count: number;
}

/**
 * Waits until what the job has caused is delivered or given up, within bounds: a channel that is down is no reason to
 * keep a job. What still waits goes on waiting in the outbox, and is delivered by whoever runs next.
 */
export async function awaitDelivered(
  context: JobContext,
  causes: JobCauses,
  given: Partial<Limits> = {},
): Promise<Summary['notifications']> {
  const limits = { ...defaults, ...given };
  const { progress, system, clock } = context;
  const prefixes = await prefixesOf(context, causes);
  const startedMs = clock.nowMs();
  let movedMs = startedMs;
  let pending = Infinity;
  let caused = await read(context, prefixes, causes.refusedFiles, limits.partMax);
  const created = countOf(caused, () => true);
  progress.begin('notifications', created);
  for (;;) {
    const left = countOf(caused, ({ state }) => state === 'pending');
    progress.advance('notifications', created - left, countOf(caused, isGivenUp));
    const nowMs = clock.nowMs();
    if (left !== pending) movedMs = nowMs;
    pending = left;
    if (left === 0 || nowMs - movedMs > limits.idleMs || nowMs - startedMs > limits.totalMs) break;
    if (await allStopped(context, caused, limits.askMs)) break;
    goOn(context);
    system.whereis(names.desk)?.tell({ type: 'work_available' });
    await context.pause(limits.pollMs);
    caused = await read(context, prefixes, causes.refusedFiles, limits.partMax);
  }
  progress.end('notifications');
  if (pending > 0)
    progress.note(`${pending} notifications still wait; they are delivered by whoever runs next`);
  const of = (wanted: NotificationState): number => countOf(caused, ({ state }) => state === wanted);
  return {
    created: countOf(caused, () => true),
    delivered: of('delivered'),
    expired: of('expired'),
    deadLettered: of('dead_lettered'),
    collapsed: of('collapsed'),
    open: of('pending'),
  };
}

const isGivenUp = ({ state }: Caused): boolean => state === 'expired' || state === 'dead_lettered';

const countOf = (caused: readonly Caused[], test: (row: Caused) => boolean): number =>
  caused.reduce((sum, row) => sum + (test(row) ? row.count : 0), 0);

/** An id says its cause, so what begins alike was caused alike. */
async function prefixesOf(
  context: JobContext,
  { strategyIds, formedPairs }: JobCauses,
): Promise<readonly string[]> {
  const ranks = strategyIds.map((strategyId) => `rank:${strategyId}:`);
  if (!formedPairs) return ranks;
  const overview = await patiently(context, 'read pairs', (options) =>
    context.system.ask(db.reader, { type: 'pair_overview' }, options),
  );
  const refreshId = overview.refresh?.refreshId;
  return refreshId === undefined
    ? ranks
    : [...ranks, `pair_active:${refreshId}:`, `pairs_empty:${refreshId}`];
}

async function read(
  context: JobContext,
  prefixes: readonly string[],
  refusedFiles: readonly string[],
  partMax: number,
): Promise<readonly Caused[]> {
  const asked = [
    ...[...inParts(prefixes, partMax)].map((part) => ({ prefixes: part, collapseKeys: [] })),
    ...[...inParts(refusedFiles, partMax)].map((part) => ({
      prefixes: [],
      collapseKeys: part.map((name) => `data:${name}`),
    })),
  ];
  const all: Caused[] = [];
  for (const part of asked)
    all.push(
      ...(await patiently(context, 'read notifications', (options) =>
        context.system.ask(db.reader, { type: 'notifications_caused', ...part }, options),
      )),
    );
  return all;
}

/** Nobody who could deliver the rest is trying. */
async function allStopped(context: JobContext, caused: readonly Caused[], askMs: number): Promise<boolean> {
  const waiting = new Set(caused.flatMap(({ state, lane }) => (state === 'pending' ? [lane] : [])));
  const standing = await context.system.ask(names.desk, { type: 'notifier_standing' }, { deadlineMs: askMs });
  if (!standing.ok) return false;
  const stopped = new Set(
    standing.value.lanes.filter(({ state }) => state === 'blocked').map(({ lane }) => lane),
  );
  return [...waiting].every((lane) => lane !== null && stopped.has(lane));
}
