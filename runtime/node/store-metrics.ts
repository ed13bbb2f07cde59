/** What the stores' threads say of themselves, as metrics. */
import { stat } from 'node:fs/promises';
import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { WriterStanding } from '../../protocols/db-writes.js';
import type { RemovedCount } from '../../protocols/db-retention.js';
import type { PipelinePaths } from './paths.js';

/** What the source of this name reads. */
export interface StoreFacts {
  readonly writers: Readonly<Record<string, WriterStanding>>;
  /** Rows of the core file that retention has removed. */
  readonly removed: readonly RemovedCount[];
  /** Of each store's file and its log, by store and part; what is not there is left out. */
  readonly bytes?: readonly StoreBytes[];
}

export interface StoreBytes {
  readonly store: string;
  readonly part: 'file' | 'log';
  readonly bytes: number;
}

/** As the disk has them now. */
export async function storeBytes(paths: PipelinePaths): Promise<readonly StoreBytes[]> {
  const parts = [
    ['core', paths.core],
    ['trades', paths.trades],
    ['dead-letters', paths.deadLetters],
  ].flatMap(([store = '', file = '']) => [
    { store, part: 'file' as const, file },
    { store, part: 'log' as const, file: `${file}-wal` },
  ]);
  const found = await Promise.all(
    parts.map(async ({ file, ...of }) => {
      const stats = await stat(file).catch(() => null);
      return stats === null ? [] : [{ ...of, bytes: stats.size }];
    }),
  );
  return found.flat();
}

export const storesSource = 'stores';

const figures = [
  ['walBytes', 'holdfast_store_wal_bytes', 'Committed and not yet moved into the file'],
  ['walStuck', 'holdfast_store_wal_stuck', 'Times that a reader kept the log over its limit'],
  ['commits', 'holdfast_store_commits', 'Groups committed since the thread started'],
  ['works', 'holdfast_store_transactions', 'Transactions committed since the thread started'],
  ['refused', 'holdfast_store_refused', 'Transactions that the file refused since the thread started'],
  ['busyWaitedMs', 'holdfast_store_busy_wait_ms', 'Waited for locks of others since the thread started'],
] as const;

export function addStores(registry: Registry, facts: StoreFacts): void {
  const gauge = (name: string, help: string, label: string) =>
    new Gauge({ name, help, labelNames: [label], registers: [registry] });
  const pending = gauge('holdfast_store_pending', 'Verbs under way', 'store');
  const queued = gauge('holdfast_store_queue_bytes', 'Bytes that wait for the thread', 'store');
  for (const [store, { pending: count, queueBytes }] of Object.entries(facts.writers)) {
    pending.set({ store }, count);
    queued.set({ store }, queueBytes);
  }
  for (const [key, name, help] of figures) {
    const shown = gauge(name, help, 'store');
    for (const [store, { thread }] of Object.entries(facts.writers)) {
      const value = (thread as Readonly<Record<string, unknown>> | null)?.[key];
      if (typeof value === 'number') shown.set({ store }, value);
    }
  }
  const bytes = new Gauge({
    name: 'holdfast_store_bytes',
    help: 'Size of the files on the disk',
    labelNames: ['store', 'part'],
    registers: [registry],
  });
  for (const { store, part, bytes: size } of facts.bytes ?? []) bytes.set({ store, part }, size);
  const removed = gauge('holdfast_removed_rows', 'Rows of the core file that retention has removed', 'what');
  for (const { what, rows } of facts.removed) removed.set({ what }, rows);
}
