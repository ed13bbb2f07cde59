/** Metrics of what the subsystems do: dispatch, hops of requests, notifier, pairs. A source that is silent is left out. */
import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { DispatchStatus, LinkStanding } from '../../protocols/backtest-dispatch.js';
import type { LetterCounts } from '../../protocols/dead-letters.js';
import type { HopLatency } from '../../protocols/db-kpis.js';
import type { NotifierStanding } from '../../protocols/notifier.js';
import { countsFrom } from '../../protocols/operations.js';
import type { FactsSnapshot } from '../../protocols/operations.js';
import type { PairStanding } from '../../protocols/pair-overlay.js';
import { addOverlay, addPools, overlaySource, poolsSource } from './http-metrics-pools.js';
import type { OverlayFacts, PoolFacts } from './http-metrics-pools.js';

interface Kpis {
  readonly hops: readonly HopLatency[];
  readonly ended: readonly { readonly kind: string; readonly state: string; readonly count: number }[];
  readonly oldestOpen: readonly { readonly kind: string; readonly oldestWallMs: number }[];
}

export function addWork(registry: Registry, snapshot: FactsSnapshot | null): void {
  if (snapshot === null) return;
  const valueOf = (id: string): unknown => snapshot.facts[id]?.value ?? null;
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
  const status = valueOf('dispatch') as DispatchStatus | null;
  if (status !== null) addDispatch(gauge, status);
  const link = valueOf('link') as LinkStanding | null;
  if (link !== null) addLink(gauge, link);
  const letters = valueOf('letters') as LetterCounts | null;
  if (letters !== null) addLetters(gauge, letters, snapshot.wallMs);
  const kpis = valueOf('kpis') as Kpis | null;
  if (kpis !== null) addKpis(gauge, kpis, snapshot.wallMs);
  const notifier = valueOf('notifier') as NotifierStanding | null;
  if (notifier !== null) addLanes(gauge, notifier, snapshot.wallMs);
  const pairs = valueOf('pairs') as PairStanding | null;
  if (pairs !== null) addPairs(gauge, pairs);
  const pools = valueOf(poolsSource) as PoolFacts | null;
  if (pools !== null) addPools(registry, pools);
  const overlay = valueOf(overlaySource) as OverlayFacts | null;
  if (overlay !== null) addOverlay(registry, overlay);
  const ranks = gauge('holdfast_strategies', 'Strategies by the rank that they have', ['rank']);
  for (const { rank, count } of countsFrom(snapshot)?.ranks ?? [])
    ranks.set({ rank: rank ?? 'unranked' }, count);
}

type MakeGauge = <L extends string>(name: string, help: string, labelNames?: readonly L[]) => Gauge<L>;

function addDispatch(gauge: MakeGauge, status: DispatchStatus): void {
  gauge('holdfast_in_flight', 'Attempts that are out').set(status.inFlight);
  gauge('holdfast_in_flight_bytes', 'Bytes of requests that are out').set(status.inFlightBytes);
  gauge('holdfast_in_flight_limit', 'Attempts that may be out, as learned from latency').set(
    status.limit.now,
  );
  gauge('holdfast_breaker_open', '1 while the backend is left alone after failures').set(
    status.breaker.phase === 'open' ? 1 : 0,
  );
  if (status.silentMs !== null)
    gauge('holdfast_result_silence_ms', 'Something is out, and nothing has ended for so long').set(
      status.silentMs,
    );
  const counts = gauge('holdfast_dispatch_total', 'What became of attempts since the dispatcher started', [
    'what',
  ]);
  for (const [what, count] of Object.entries(status.counts)) counts.set({ what }, count);
}

function addLink(gauge: MakeGauge, { sent, full, queued, sendMs }: LinkStanding): void {
  gauge('holdfast_link_sent', 'Requests that left the socket since the link started').set(sent);
  gauge('holdfast_link_full', 'Sends that the socket had no room for').set(full);
  gauge('holdfast_link_queued', 'Requests that wait for the socket').set(queued);
  if (sendMs === null) return;
  const send = gauge('holdfast_send_ms', 'How long a send took', ['quantile']);
  send.set({ quantile: '0.5' }, sendMs.p50);
  send.set({ quantile: '0.99' }, sendMs.p99);
  send.set({ quantile: '1' }, sendMs.max);
}

function addLetters(
  gauge: MakeGauge,
  { stored, agedOut, lost, spooledBytes }: LetterCounts,
  wallMs: number,
): void {
  const kept = gauge('holdfast_letters', 'Dead letters in the store that nobody has dealt with', ['reason']);
  const oldest = gauge('holdfast_letters_oldest_ms', 'Age of the oldest of them', ['reason']);
  for (const { reason, state, count, oldestWallMs } of stored) {
    if (state !== 'kept') continue;
    kept.set({ reason }, count);
    oldest.set({ reason }, Math.max(0, wallMs - oldestWallMs));
  }
  const aged = gauge('holdfast_letters_aged_out', 'Dead letters that retention has removed', ['reason']);
  for (const { reason, count } of agedOut) aged.set({ reason }, count);
  gauge('holdfast_letters_lost', 'Dead letters that neither file nor spool could take').set(lost);
  gauge('holdfast_letters_spooled_bytes', 'In the spool, while their file takes nothing').set(spooledBytes);
}

function addKpis(gauge: MakeGauge, { hops, ended, oldestOpen }: Kpis, wallMs: number): void {
  const hop = gauge('holdfast_hop_ms', 'Time of each hop of a request', ['kind', 'hop', 'quantile']);
  for (const { kind, hop: name, p50, p95, p99 } of hops) {
    hop.set({ kind, hop: name, quantile: '0.5' }, p50);
    hop.set({ kind, hop: name, quantile: '0.95' }, p95);
    hop.set({ kind, hop: name, quantile: '0.99' }, p99);
  }
  const hour = gauge('holdfast_ended_last_hour', 'Requests that ended within the last hour', [
    'kind',
    'state',
  ]);
  for (const { kind, state, count } of ended) hour.set({ kind, state }, count);
  const oldest = gauge('holdfast_oldest_open_ms', 'Age of the longest open request', ['kind']);
  for (const { kind, oldestWallMs } of oldestOpen) oldest.set({ kind }, Math.max(0, wallMs - oldestWallMs));
}

function addLanes(gauge: MakeGauge, { lanes, unrouted }: NotifierStanding, wallMs: number): void {
  const waiting = gauge('holdfast_lane_waiting', 'Notifications that wait in a lane', ['lane']);
  const oldest = gauge('holdfast_lane_oldest_ms', 'Age of the oldest that waits', ['lane']);
  const state = gauge('holdfast_lane_state', '1 for the state that the lane is in', ['lane', 'state']);
  const ended = gauge('holdfast_lane_ended', 'What became of notifications within the last day', [
    'lane',
    'what',
  ]);
  const latency = gauge('holdfast_lane_delivery_ms', 'Created to delivered', ['lane', 'quantile']);
  for (const { lane, waiting: count, oldestWallMs, state: now, figures } of lanes) {
    if (count !== null) waiting.set({ lane }, count);
    if (oldestWallMs !== null) oldest.set({ lane }, Math.max(0, wallMs - oldestWallMs));
    state.set({ lane, state: now }, 1);
    if (figures === null) continue;
    const { latencyMs, delivered, deadLettered, expired, collapsed, retries, rateLimited } = figures;
    for (const [what, count_] of Object.entries({
      delivered,
      deadLettered,
      expired,
      collapsed,
      retries,
      rateLimited,
    }))
      ended.set({ lane, what }, count_);
    if (latencyMs === null) continue;
    latency.set({ lane, quantile: '0.5' }, latencyMs.p50);
    latency.set({ lane, quantile: '0.95' }, latencyMs.p95);
    latency.set({ lane, quantile: '0.99' }, latencyMs.p99);
  }
  if (unrouted !== null) gauge('holdfast_notifications_unrouted', 'Not given a lane yet').set(unrouted);
}

function addPairs(gauge: MakeGauge, { active, refresh, slots }: PairStanding): void {
  gauge('holdfast_pairs_active', 'Active pairs').set(active.length);
  gauge('holdfast_pair_slots_empty', 'Slots with candidates and without a pair').set(
    slots.filter(({ emptySinceWallMs }) => emptySinceWallMs !== null).length,
  );
  if (refresh === null) return;
  gauge('holdfast_pair_refresh_ms', 'How long the newest refresh took').set(refresh.durationMs);
  gauge('holdfast_pairs_tested', 'Pairs whose correlation the newest refresh computed').set(refresh.tested);
  gauge('holdfast_pair_pool', 'Strategies in the pool of the newest refresh').set(refresh.pool);
}
