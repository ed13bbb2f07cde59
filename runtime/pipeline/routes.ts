import type { HttpAsk, HttpReply, HttpRoutes, HttpStreams } from '../../actors/operations/ports.js';
import type { KernelCounts } from '../../actors/operations/kernel-counts.js';
import type { Clock } from '../../actors/kernel/capabilities.js';
import { operations } from '../../protocols/operations.js';
import type { FactsSnapshot } from '../../protocols/operations.js';
import type { Summary } from '../../protocols/summary.js';
import { flatten, renderMetrics } from '../node/http-metrics.js';
import { pageFiles } from '../node/page-files.js';
import type { Condition } from './conditions.js';
import type { History } from './history.js';
import { ownVersion } from '../node/own-version.js';
import type { Boot } from '../node/boot.js';
import type { LoopWatch } from '../node/loop-delay.js';
import type { System } from '../system.js';

/** What the pages are made from. The system is absent while the tree starts. */
export interface RouteSources {
  readonly boot: Boot;
  readonly clock: Clock;
  readonly kernel: KernelCounts;
  readonly loop: LoopWatch;
  /** From the start of the process until results could be received, ms; null before. */
  readonly receivingAfterMs: () => number | null;
  readonly history: History;
  readonly system: () => System | undefined;
  readonly summary: () => Summary | null;
  /** What people changed by hand, by verb. */
  readonly interventions: () => Readonly<Record<string, number>>;
  /** What the process knows to be wrong with itself, such as a configuration that it had to refuse. */
  readonly conditions: () => readonly Condition[];
}

/** How long a page waits for the monitor, and how many letters it lists. */
const limits = { factsMs: 500, lettersMax: 200 } as const;

export function pipelineRoutes(sources: RouteSources): HttpRoutes {
  return new Map<string, (ask: HttpAsk) => HttpReply | Promise<HttpReply>>([
    ...pageFiles(),
    ['/metrics', () => metrics(sources)],
    ['/api/system/health', () => health(sources)],
    ['/api/metrics/summary', () => json(sources.summary())],
    ['/api/tree', () => json(sources.system()?.tree() ?? null)],
    ['/api/dead-letters', () => json(deadLetters(sources))],
    ['/api/facts', async () => json(await readFacts(sources))],
  ]);
}

/** What the page draws: first what was, then each second what is. */
export const pipelineStreams = (sources: RouteSources): HttpStreams =>
  new Map([
    [
      '/api/events',
      {
        read: async () => ({ data: JSON.stringify(await snapshot(sources)) }),
        greet: () => ({ event: 'history', data: JSON.stringify(sources.history.all) }),
      },
    ],
  ]);

async function snapshot(sources: RouteSources): Promise<unknown> {
  const { boot, clock, kernel, loop } = sources;
  const facts = await readFacts(sources);
  return {
    wallMs: clock.wallMs(),
    version: ownVersion,
    pid: boot.pid,
    bootId: boot.bootId,
    startedWallMs: boot.startedWallMs,
    health: healthOf(sources, facts),
    kernel: kernel.read(),
    loop: loop.read(),
    interventions: sources.interventions(),
    facts,
    tree: sources.system()?.tree() ?? null,
    summary: sources.summary(),
  };
}

const json = (value: unknown, status = 200): HttpReply => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: `${JSON.stringify(value)}\n`,
});

/** Null while the monitor does not answer. */
export async function readFacts({ system }: Pick<RouteSources, 'system'>): Promise<FactsSnapshot | null> {
  const outcome = await system()?.ask(operations.monitor, { type: 'facts' }, { deadlineMs: limits.factsMs });
  return outcome?.ok === true ? outcome.value : null;
}

async function metrics(sources: RouteSources): Promise<HttpReply> {
  const { body, contentType } = await renderMetrics({
    tree: sources.system()?.tree() ?? null,
    kernel: sources.kernel.read(),
    loop: sources.loop.read(),
    receivingAfterMs: sources.receivingAfterMs(),
    interventions: sources.interventions(),
    facts: await readFacts(sources),
  });
  return { status: 200, contentType, body };
}

/**
 * `ok`: every place runs and every source answers. `degraded` names what does not, `red` what waits to be put right; 503
 * lets a prober see it.
 */
async function health(sources: RouteSources): Promise<HttpReply> {
  const { boot, clock } = sources;
  const found = healthOf(sources, await readFacts(sources));
  const shared = { pid: boot.pid, bootId: boot.bootId, upMs: clock.wallMs() - boot.startedWallMs };
  return json({ ...found, ...shared }, found.status === 'ok' ? 200 : 503);
}

function healthOf(sources: RouteSources, facts: FactsSnapshot | null) {
  const tree = sources.system()?.tree() ?? null;
  if (tree === null) return { status: 'starting' } as const;
  const down = flatten(tree)
    .filter((place) => place.status !== 'running')
    .map(({ path, status }) => ({ path, status }));
  const sourceProblems = Object.entries(facts?.facts ?? {})
    .filter(([, fact]) => fact.stale || fact.problem !== null)
    .map(([source, { problem, asOfWallMs }]) => ({ source, problem: problem ?? 'stale', asOfWallMs }));
  const degraded = down.length > 0 || facts === null || sourceProblems.length > 0;
  const conditions = sources.conditions();
  const status = conditions.length > 0 ? 'red' : degraded ? 'degraded' : 'ok';
  return { status, conditions, down, sources: facts === null ? null : sourceProblems } as const;
}

/** Newest first, without their payloads: what a letter holds is for whoever redrives it. */
function deadLetters({ system }: RouteSources): unknown {
  const running = system();
  if (running === undefined) return null;
  const letters = running.deadLetters().slice(-limits.lettersMax).reverse();
  return {
    ...running.deadLetterCounts(),
    newest: letters.map(({ id, reason, recipient, sender, wallMs, attempts }) => ({
      id,
      reason,
      recipient,
      sender: sender ?? null,
      wallMs,
      attempts,
    })),
  };
}
