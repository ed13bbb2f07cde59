/** A scrape of what the sources of the pipeline read from a system under test. */
import { DeadLetterFeed } from '../../actors/dead-letters/feed.js';
import { KernelCounts } from '../../actors/operations/kernel-counts.js';
import type { Fact } from '../../protocols/operations.js';
import type { System } from '../../runtime/index.js';
import { renderMetrics } from '../../runtime/node/http-metrics.js';
import { pipelinePaths } from '../../runtime/node/paths.js';
import { factSources } from '../../runtime/pipeline/fact-sources.js';

const wallMs = 1_000_000;

/** Only of the sources asked for; the system has no others. */
export async function scrapeOf(system: System, ids: readonly string[], file = 'none.db'): Promise<string> {
  const feed = new DeadLetterFeed({
    bootId: 'boot',
    tell: () => 'stopped',
    later: () => undefined,
    exceptBelow: '',
  });
  const clock = { nowMs: () => 0, wallMs: () => wallMs };
  const sources = factSources(() => system, clock, feed, pipelinePaths(file));
  const facts: Record<string, Fact> = {};
  for (const id of ids) {
    const source = sources.find((one) => one.id === id);
    if (source === undefined) throw new Error(`there is no source ${id}`);
    facts[id] = { value: await source.read(), asOfWallMs: wallMs, problem: null, stale: false };
  }
  const kernel = new KernelCounts(clock).read();
  const { body } = await renderMetrics({
    tree: null,
    kernel,
    loop: { p99: null, max: null },
    facts: { wallMs, facts },
  });
  return body;
}
