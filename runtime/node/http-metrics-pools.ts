/** Metrics of the pools of workers, and of the lots that the pair overlay had no say in. */
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { WorkerCounts } from '../../protocols/workers.js';

/** The ids of the sources. */
export const poolsSource = 'pools';
export const overlaySource = 'overlay';

/** By the pool's name; one that did not answer is left out. */
export type PoolFacts = Readonly<Record<string, WorkerCounts>>;

export interface OverlayFacts {
  /** Lots left as they were, by reason, since the start of the process. */
  readonly bypasses: Readonly<Record<string, number>>;
}

const standings = ['size', 'ready', 'inFlight', 'queued'] as const satisfies readonly (keyof WorkerCounts)[];

const endings = [
  'accepted',
  'done',
  'failed',
  'expired',
  'refused',
  'retried',
  'killed',
  'restarts',
] as const satisfies readonly (keyof WorkerCounts)[];

const snake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export function addPools(registry: Registry, pools: PoolFacts): void {
  const gauge = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const now = gauge('holdfast_pool_now', 'Workers and requests of a pool, as they stand', ['pool', 'what']);
  const total = gauge('holdfast_pool_total', 'What became of its requests and workers', ['pool', 'what']);
  const lost = gauge('holdfast_pool_lost_total', 'Workers that were lost', ['pool', 'code']);
  const busy = gauge('holdfast_pool_busy_ms_total', 'Time with something in hand, over all workers', [
    'pool',
  ]);
  for (const [pool, counts] of Object.entries(pools)) {
    for (const what of standings) now.set({ pool, what: snake(what) }, counts[what]);
    for (const what of endings) total.set({ pool, what }, counts[what]);
    for (const [code, count] of Object.entries(counts.losses)) lost.set({ pool, code }, count ?? 0);
    busy.set({ pool }, counts.busyMs);
  }
}

export function addOverlay(registry: Registry, { bypasses }: OverlayFacts): void {
  const bypass = new Counter({
    name: 'holdfast_pair_overlay_bypass_total',
    help: 'Lots that were left as asked for because the overlay had no say',
    labelNames: ['reason'],
    registers: [registry],
  });
  for (const [reason, count] of Object.entries(bypasses)) bypass.inc({ reason }, count);
}
