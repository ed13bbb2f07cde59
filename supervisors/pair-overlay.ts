import { activation } from '../actors/pair-overlay/activation.js';
import type { ActivationArgs } from '../actors/pair-overlay/activation.js';
import { lotLedger } from '../actors/pair-overlay/lot-ledger.js';
import type { LotLedgerArgs } from '../actors/pair-overlay/lot-ledger.js';
import { isEvaluationAnswer } from '../actors/pair-overlay/evaluation-answer.js';
import { refresher } from '../actors/pair-overlay/refresher.js';
import type { RefresherArgs } from '../actors/pair-overlay/refresher.js';
import type { WorkerPortFactory } from '../actors/workers/port.js';
import type { ChildSpec } from '../actors/kernel/child-spec.js';
import { names } from '../protocols/pair-overlay.js';
import { supervisor } from './kernel/supervisor-spec.js';
import { workerPool } from './worker-pool.js';

export const defaults = { sliceMs: 60_000, sliceQueueMax: 16 } as const;

export interface PairOverlayOptions {
  /** A thread, or a fake, that answers `EvaluationRequest`s. */
  readonly evaluator: WorkerPortFactory;
  readonly refresher?: Partial<RefresherArgs>;
  readonly activation?: Partial<ActivationArgs>;
  readonly lotLedger?: Partial<LotLedgerArgs>;
}

/**
 * one_for_one: each begins again from the rows and is missed by nobody meanwhile. Lots go on while an evaluation crashes,
 * and are left unchanged while the ledger itself is away.
 */
export const pairOverlay = (options: PairOverlayOptions): ChildSpec =>
  supervisor('pair-overlay', { strategy: 'one_for_one', intensity: 5, periodMs: 60_000 }, [
    lotLedger(options.lotLedger),
    activation(options.activation),
    workerPool({
      id: 'evaluators',
      name: names.evaluators,
      size: 1,
      worker: options.evaluator,
      requestMs: options.refresher?.sliceMs ?? defaults.sliceMs,
      queueMax: defaults.sliceQueueMax,
      isAnswer: isEvaluationAnswer,
    }),
    refresher({ sliceMs: defaults.sliceMs, ...options.refresher }),
  ]);
