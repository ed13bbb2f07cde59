/** A thousand legs: half a million merges, none of them felt by the main thread. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { expect, test } from '@jest/globals';
import { strictRules } from '../../actors/pair-overlay/math/rules.js';
import { lot } from '../../runtime/pipeline/lot.js';
import { Files, refreshed, startOverlay } from './rig.js';
import { walk } from './walk.js';

const legs = 1_000;

/** The p99 of the loop's delay, ms, while something goes on. */
async function delayDuring(
  work: () => Promise<unknown>,
): Promise<{ readonly p99: number; readonly tookMs: number }> {
  const histogram = monitorEventLoopDelay({ resolution: 5 });
  const startedMs = performance.now();
  histogram.enable();
  await work();
  histogram.disable();
  return { p99: histogram.percentile(99) / 1e6, tookMs: performance.now() - startedMs };
}

test('1,000 legs are evaluated with lots answered in time, and little delay of the loop', async () => {
  const files = new Files();
  files.add(
    Array.from({ length: legs }, (_, index) => ({
      id: `s${index}`,
      symbol: `SYM${index % 20}`,
      sharpe: index,
      lists: [{ kind: 'backtest' as const, trades: walk(index, 110) }],
    })),
  );
  files.close();
  // Every leg meets every other: what compatible mode does, with strict mode's rules for legs.
  const rules = { ...strictRules, selection: { ...strictRules.selection, sameGroup: false } };
  const system = await startOverlay(files.core, { refresher: { rules } });
  const idle = await delayDuring(() => new Promise((resolve) => setTimeout(resolve, 500)));
  let asked = 0;
  let bypassed = 0;
  let over = false;
  const busy = await delayDuring(async () => {
    const asking = (async () => {
      while (!over) {
        const answer = await lot(system, { strategyId: 's1', symbol: 'SYM1', lot: 0.01, deadlineMs: 500 });
        asked += 1;
        if (answer.bypass === 'timeout') bypassed += 1;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();
    expect((await refreshed(system)).evaluated).toBe((legs * (legs - 1)) / 2);
    over = true;
    await asking;
  });
  const ratio = busy.p99 / Math.max(idle.p99, 5);
  console.log(
    `${(legs * (legs - 1)) / 2} merges in ${Math.round(busy.tookMs)} ms; loop delay p99 ${busy.p99.toFixed(1)} ms, idle ${idle.p99.toFixed(1)} ms, ratio ${ratio.toFixed(2)}; ${asked} lots, ${bypassed} too late`,
  );
  expect(bypassed).toBe(0);
  // On the main thread the merges alone would hold the loop for a second and more.
  expect(busy.p99).toBeLessThan(Math.max(100, 10 * idle.p99));
}, 120_000);
