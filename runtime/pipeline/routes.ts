import type { HttpReply, HttpRoutes } from '../../actors/operations/ports.js';
import type { KernelCounts } from '../../actors/operations/kernel-counts.js';
import type { Clock } from '../../actors/kernel/capabilities.js';
import { operations } from '../../protocols/operations.js';
import type { FactsSnapshot } from '../../protocols/operations.js';
import type { Summary } from '../../protocols/summary.js';
import { flatten, renderMetrics } from '../node/http-metrics.js';
import { renderPage } from '../node/http-page.js';
import type { Condition } from './conditions.js';
import type { Boot } from '../node/boot.js';
import type { LoopWatch } from '../node/loop-delay.js';
import type { System } from '../system.js';

/** What the pages are made from. The system is absent while the tree starts. */
export interface RouteSources {
  readonly boot: Boot;
  readonly clock: Clock;
  readonly kernel: KernelCounts;
  readonly loop: LoopWatch;
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
  return new Map<string, () => HttpReply | Promise<HttpReply>>([
    ['/', () => page(sources)],
    ['/metrics', () => metrics(sources)],
    ['/api/system/health', () => health(sources)],
    ['/api/metrics/summary', () => json(sources.summary())],
    ['/api/tree', () => json(sources.system()?.tree() ?? null)],
    ['/api/dead-letters', () => json(deadLetters(sources))],
    ['/api/facts', async () => json(await readFacts(sources))],
  ]);
}

const json = (value: unknown, status = 200): HttpReply => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: `${JSON.stringify(value)}\n`,
});

async function readFacts({ system }: RouteSources): Promise<FactsSnapshot | null> {
  const outcome = await system()?.ask(operations.monitor, { type: 'facts' }, { deadlineMs: limits.factsMs });
  return outcome?.ok === true ? outcome.value : null;
}

async function page(sources: RouteSources): Promise<HttpReply> {
  const body = renderPage({
    tree: sources.system()?.tree() ?? null,
    facts: await readFacts(sources),
    wallMs: sources.clock.wallMs(),
    startedWallMs: sources.boot.startedWallMs,
    summary: sources.summary(),
  });
  return { status: 200, contentType: 'text/html; charset=utf-8', body };
}

async function metrics(sources: RouteSources): Promise<HttpReply> {
  const { body, contentType } = await renderMetrics({
    tree: sources.system()?.tree() ?? null,
    kernel: sources.kernel.read(),
    loop: sources.loop.read(),
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
  const tree = sources.system()?.tree() ?? null;
  const facts = await readFacts(sources);
  const { boot, clock } = sources;
  const shared = { pid: boot.pid, bootId: boot.bootId, upMs: clock.wallMs() - boot.startedWallMs };
  if (tree === null) return json({ status: 'starting', ...shared }, 503);
  const down = flatten(tree)
    .filter((place) => place.status !== 'running')
    .map(({ path, status }) => ({ path, status }));
  const sourceProblems = Object.entries(facts?.facts ?? {})
    .filter(([, fact]) => fact.stale || fact.problem !== null)
    .map(([source, { problem, asOfWallMs }]) => ({ source, problem: problem ?? 'stale', asOfWallMs }));
  const degraded = down.length > 0 || facts === null || sourceProblems.length > 0;
  const conditions = sources.conditions();
  const status = conditions.length > 0 ? 'red' : degraded ? 'degraded' : 'ok';
  return json(
    { status, ...shared, conditions, down, sources: facts === null ? null : sourceProblems },
    status === 'ok' ? 200 : 503,
  );
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
