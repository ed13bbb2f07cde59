import { names } from '../../protocols/notifier.js';
import type { System } from '../system.js';
import type { Surroundings } from '../inspection/sources.js';

const limits = { totalMs: 3_000, lookMs: 25, askMs: 500 } as const;

/**
 * Before a tree is taken down: no lane begins another delivery, and what a channel is just being told is waited for. Its
 * answer would be lost otherwise, and the next process would tell it again. One that hangs is not waited for.
 */
export async function letDeliveriesEnd(system: System, pause: Surroundings['pause']): Promise<void> {
  const deadline = AbortSignal.timeout(limits.totalMs);
  const lanes = async () => {
    const asked = await system.ask(names.desk, { type: 'notifier_standing' }, { deadlineMs: limits.askMs });
    return asked.ok ? asked.value.lanes : [];
  };
  for (const { lane } of await lanes())
    system.whereis(names.lane(lane))?.tell({ type: 'pause', pauseMs: 2 * limits.totalMs });
  do await pause(limits.lookMs, deadline);
  while (!deadline.aborted && (await lanes()).some(({ state }) => state === 'delivering'));
}
