import { expect, test } from '@jest/globals';
import type { FactsSnapshot } from '../../protocols/operations.js';
import type { TreeInfo } from '../../runtime/index.js';
import { renderMetrics } from '../../runtime/node/http-metrics.js';

const place = (
  id: string,
  children: readonly TreeInfo[] = [],
  lastError: string | null = null,
): TreeInfo => ({
  path: id,
  id,
  type: children.length > 0 ? 'supervisor' : 'worker',
  status: 'running',
  incarnation: 1,
  restarts: 0,
  lastError,
  mailbox: children.length > 0 ? null : { depth: 2, highWater: 7, headAgeMs: null, dwellMs: null },
  accepted: 9,
  handled: 7,
  refused: 0,
  lost: 0,
  crashes: 0,
  turns: null,
  links: 0,
  monitors: 0,
  names: [],
  timers: [],
  children,
});

const facts = (stale: boolean): FactsSnapshot => ({
  wallMs: 10_000,
  facts: {
    counts: {
      value: {
        requests: [{ kind: 'backtest', state: 'queued', count: 3 }],
        latencies: [],
        ranks: [{ rank: null, count: 4 }],
        deadLettersKept: null,
      },
      asOfWallMs: 4_000,
      problem: stale ? 'the reader is <busy>' : null,
      stale,
    },
  },
});

const kernel = {
  restarts: 2,
  crashes: 1,
  gaveUp: 0,
  orphans: 0,
  slowTurns: 2,
  longestTurnMs: 120,
  recovery: { count: 2, sumMs: 400, meanMs: 200, maxMs: 300, underWay: 0 },
  recentRestarts: [],
  restartsByPath: { a: 2 },
  deadLettersByReason: {},
};
test('metrics leave out what is unknown instead of writing 0', async () => {
  const loop = { p99: null, max: null };
  const { body } = await renderMetrics({ tree: null, kernel, loop, facts: null });
  expect(body).toContain('holdfast_restarts_total{path="a"} 2');
  for (const line of ['recoveries_total 2', 'recovery_ms_total 400', 'recovery_max_ms 300', 'recovering 0'])
    expect(body).toContain(`\nholdfast_${line}\n`);
  expect(body).not.toMatch(/^holdfast_(loop_delay_ms|requests|dead_letters_kept|mailbox_depth)[ {]/m);
});

test('metrics show mailboxes, requests and the age of their source', async () => {
  const loop = { p99: 1.5, max: 20 };
  const tree = place('root', [place('root/a')]);
  const { body } = await renderMetrics({ tree, kernel, loop, facts: facts(false) });
  expect(body).toContain('holdfast_mailbox_high_water{path="root/a"} 7');
  expect(body).toContain('holdfast_requests{kind="backtest",state="queued"} 3');
  expect(body).toContain('holdfast_source_age_ms{source="counts"} 6000');
  expect(body).toContain('holdfast_loop_delay_ms{quantile="0.99"} 1.5');
});

test('a large tree is cut off in the metrics, and its size is not', async () => {
  const many = Array.from({ length: 500 }, (_, index) => place(`root/${index}`));
  const { body } = await renderMetrics({
    tree: place('root', many),
    kernel,
    loop: { p99: null, max: null },
    facts: null,
  });
  expect(body.match(/^holdfast_mailbox_depth\{/gm)?.length).toBeLessThan(201);
  expect(body).toContain('holdfast_actors 501');
});
