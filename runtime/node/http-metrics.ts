import { Counter, Gauge, Registry } from 'prom-client';
import type { KernelCountsRead } from '../../actors/operations/kernel-counts.js';
import { countsFrom } from '../../protocols/operations.js';
import type { Counts, FactsSnapshot } from '../../protocols/operations.js';
import type { TreeInfo } from '../inspect.js';
import type { LoopDelay } from './loop-delay.js';
import { addWork } from './http-metrics-work.js';
import { addStores, storesSource } from './store-metrics.js';
import type { StoreFacts } from './store-metrics.js';

/** What one scrape shows. Null is left out of the text: an unknown figure is no figure. */
export interface MetricsInput {
  readonly tree: TreeInfo | null;
  readonly kernel: KernelCountsRead;
  readonly loop: LoopDelay;
  /** From the start of the process until results could be received, ms; null before. */
  readonly receivingAfterMs?: number | null;
  /** What people changed by hand, by verb. */
  readonly interventions?: Readonly<Record<string, number>>;
  readonly facts: FactsSnapshot | null;
}

/** Places whose time in turns is shown: those with the most of it. */
const busiestMax = 20;

/** Paths shown one by one; a tree with more leaves the rest out and says how many. */
export const pathsMax = 200;

/** `docs/telemetry.md` is the table of what is written here. A registry of its own for each scrape: nothing lingers. */
export async function renderMetrics(input: MetricsInput): Promise<{ body: string; contentType: string }> {
  const registry = new Registry();
  addLoop(registry, input.loop);
  addKernel(registry, input.kernel);
  if (input.receivingAfterMs != null)
    gauge(registry, 'holdfast_receiving_after_ms', 'From the start of the process to the receive loop').set(
      input.receivingAfterMs,
    );
  addInterventions(registry, input.interventions ?? {});
  if (input.tree !== null) addTree(registry, input.tree);
  const counts = countsFrom(input.facts);
  if (counts !== null) addCounts(registry, counts);
  const stores = input.facts?.facts[storesSource]?.value as StoreFacts | null | undefined;
  if (stores !== null && stores !== undefined) addStores(registry, stores);
  addWork(registry, input.facts);
  if (input.facts !== null) addAges(registry, input.facts);
  return { body: await registry.metrics(), contentType: registry.contentType };
}

function gauge<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[] = [],
) {
  return new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
}

function addLoop(registry: Registry, loop: LoopDelay): void {
  const delay = gauge(registry, 'holdfast_loop_delay_ms', 'Delay of the main loop since the start', [
    'quantile',
  ]);
  if (loop.p99 !== null) delay.set({ quantile: '0.99' }, loop.p99);
  if (loop.max !== null) delay.set({ quantile: '1' }, loop.max);
}

function addKernel(registry: Registry, kernel: KernelCountsRead): void {
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter({ name, help, labelNames: [...labelNames], registers: [registry] });
  const restarts = counter('holdfast_restarts_total', 'Automatic restarts by place', ['path']);
  for (const [path, count] of Object.entries(kernel.restartsByPath)) restarts.inc({ path }, count);
  counter('holdfast_crashes_total', 'Crashes of actors').inc(kernel.crashes);
  counter('holdfast_gave_up_total', 'Supervisors that gave up').inc(kernel.gaveUp);
  counter('holdfast_orphans_total', 'Handlers that outlived their shutdown time').inc(kernel.orphans);
  counter('holdfast_slow_turns_total', 'Turns that held the loop too long').inc(kernel.slowTurns);
  if (kernel.longestTurnMs !== null)
    gauge(registry, 'holdfast_longest_turn_ms', 'The longest of the slow turns').set(kernel.longestTurnMs);
  addRecovery(registry, kernel.recovery);
  const letters = counter('holdfast_dead_letters_total', 'Dead letters of this process by reason', [
    'reason',
  ]);
  for (const [reason, count] of Object.entries(kernel.deadLettersByReason)) letters.inc({ reason }, count);
}

function addRecovery(
  registry: Registry,
  { count, sumMs, maxMs, underWay }: KernelCountsRead['recovery'],
): void {
  const counter = (name: string, help: string) => new Counter({ name, help, registers: [registry] });
  counter('holdfast_recoveries_total', 'Places that ran again after a restart').inc(count);
  counter('holdfast_recovery_ms_total', 'Time from the decision to restart until the place ran').inc(sumMs);
  if (maxMs !== null) gauge(registry, 'holdfast_recovery_max_ms', 'The longest recovery').set(maxMs);
  gauge(registry, 'holdfast_recovering', 'Places on their way back').set(underWay);
}

function addInterventions(registry: Registry, counts: Readonly<Record<string, number>>): void {
  const interventions = new Counter({
    name: 'holdfast_manual_interventions_total',
    help: 'What people changed by hand',
    labelNames: ['verb'],
    registers: [registry],
  });
  for (const [verb, count] of Object.entries(counts)) interventions.inc({ verb }, count);
}

function addTree(registry: Registry, tree: TreeInfo): void {
  const depth = gauge(registry, 'holdfast_mailbox_depth', 'Messages waiting', ['path']);
  const high = gauge(registry, 'holdfast_mailbox_high_water', 'The most messages that ever waited', ['path']);
  const all = flatten(tree);
  for (const { path, mailbox } of all.slice(0, pathsMax)) {
    if (mailbox === null) continue;
    depth.set({ path }, mailbox.depth);
    high.set({ path }, mailbox.highWater);
  }
  const turns = gauge(registry, 'holdfast_turns_ms', 'Time in turns since the start, by samples', ['path']);
  const busiest = all
    .flatMap(({ path, turns: times }) => (times === null ? [] : [{ path, ms: times.ms }]))
    .sort((left, right) => right.ms - left.ms)
    .slice(0, busiestMax);
  for (const { path, ms } of busiest) turns.set({ path }, ms);
  gauge(registry, 'holdfast_actors', 'Places in the tree').set(all.length);
}

function addCounts(registry: Registry, counts: Counts): void {
  const requests = gauge(registry, 'holdfast_requests', 'Durable requests by kind and state', [
    'kind',
    'state',
  ]);
  for (const { kind, state, count } of counts.requests) requests.set({ kind, state }, count);
  const latency = gauge(registry, 'holdfast_request_latency_ms', 'From submit to applied', [
    'kind',
    'quantile',
  ]);
  for (const { kind, p50, p95, p99 } of counts.latencies) {
    latency.set({ kind, quantile: '0.5' }, p50);
    latency.set({ kind, quantile: '0.95' }, p95);
    latency.set({ kind, quantile: '0.99' }, p99);
  }
  if (counts.deadLettersKept !== null)
    gauge(registry, 'holdfast_dead_letters_kept', 'Dead letters in the store, not redriven').set(
      counts.deadLettersKept,
    );
}

function addAges(registry: Registry, { wallMs, facts }: FactsSnapshot): void {
  const age = gauge(registry, 'holdfast_source_age_ms', 'Age of the newest figures of a source', ['source']);
  const up = gauge(registry, 'holdfast_source_up', 'Whether a source answered when last asked', ['source']);
  for (const [source, { asOfWallMs, problem }] of Object.entries(facts)) {
    if (asOfWallMs !== null) age.set({ source }, Math.max(0, wallMs - asOfWallMs));
    up.set({ source }, problem === null && asOfWallMs !== null ? 1 : 0);
  }
}

export const flatten = (tree: TreeInfo): readonly TreeInfo[] => [tree, ...tree.children.flatMap(flatten)];
