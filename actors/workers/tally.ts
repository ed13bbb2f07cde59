import type { ReplyTo } from '../kernel/behavior.js';
import type { Work, WorkerAnswer, WorkerCounts } from '../../protocols/workers.js';

/** One request on its way. */
export interface Job {
  readonly id: number;
  readonly work: Work<unknown>;
  readonly to: ReplyTo<WorkerAnswer<unknown>>;
  /** Counted from 1. */
  readonly attempt: number;
}

/** What a pool counts over its life. */
export type Tally = Omit<WorkerCounts, 'size' | 'ready' | 'inFlight' | 'queued' | 'restarts' | 'busyMs'>;

export const tallyZero: Tally = {
  queuedBytes: 0,
  accepted: 0,
  done: 0,
  failed: 0,
  expired: 0,
  refused: 0,
  retried: 0,
  killed: 0,
  losses: {},
};

type Numbers = Omit<Tally, 'losses'>;

export function add(tally: Tally, more: Partial<Numbers>, lossCode?: string): Tally {
  const sum: Record<string, unknown> = { ...tally };
  for (const key of Object.keys(more) as (keyof Numbers)[]) sum[key] = tally[key] + (more[key] ?? 0);
  const losses =
    lossCode === undefined
      ? tally.losses
      : { ...tally.losses, [lossCode]: (tally.losses[lossCode] ?? 0) + 1 };
  return { ...(sum as unknown as Tally), losses };
}
