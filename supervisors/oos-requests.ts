import { candleGate } from '../actors/oos-requests/candle-gate.js';
import { oosScheduler } from '../actors/oos-requests/oos-scheduler.js';
import { rankEvaluator } from '../actors/oos-requests/rank-evaluator.js';
import type { ChildSpec } from '../actors/kernel/child-spec.js';
import { supervisor } from './kernel/supervisor-spec.js';

type Options<Make extends (args: never) => unknown> = Parameters<Make>[0];

export interface OosRequestsOptions {
  readonly gate: Options<typeof candleGate>;
  /** The pool of workers that draws; started before whoever asks it. */
  readonly monteCarlo: ChildSpec;
  readonly scheduler?: Options<typeof oosScheduler>;
  readonly evaluator?: Options<typeof rankEvaluator>;
}

/**
 * one_for_one: each of them meets the others in the database only. Whoever waits for one that is restarted is told at once,
 * and asks again for the same.
 */
export const oosRequests = ({ gate, monteCarlo, scheduler, evaluator }: OosRequestsOptions): ChildSpec =>
  supervisor('oos-requests', { strategy: 'one_for_one', intensity: 5, periodMs: 60_000 }, [
    candleGate(gate),
    monteCarlo,
    oosScheduler(scheduler),
    rankEvaluator(evaluator),
  ]);
