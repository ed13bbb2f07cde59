import { names } from '../../protocols/notifier.js';
import { pause } from '../node/boot.js';
import type { System } from '../system.js';

const limits = { totalMs: 3_000, lookMs: 25, askMs: 500 } as const;

/**
 * Before a tree is taken down: no lane begins another delivery, and what a channel is just being told is waited for. Its
 * answer would be lost otherwise, and the next process would tell it again. One that hangs is not waited for.
 */
export async function letDeliveriesEnd(system: System): Promise<void> {
  // After its root has given up, for instance, there is nobody to be asked, and nothing that would keep this waiting.
  const isThere = (): boolean => system.whereis(names.desk)?.alive === true;
  const deadline = AbortSignal.timeout(limits.totalMs);
  const lanes = async () => {
    const asked = await system.ask(names.desk, { type: 'notifier_standing' }, { deadlineMs: limits.askMs });
    return asked.ok ? asked.value.lanes : [];
  };
  if (!isThere()) return;
  for (const { lane } of await lanes())
    system.whereis(names.lane(lane))?.tell({ type: 'pause', pauseMs: 2 * limits.totalMs });
  do await pause(limits.lookMs, deadline);
  while (!deadline.aborted && isThere() && (await lanes()).some(({ state }) => state === 'delivering'));
}
