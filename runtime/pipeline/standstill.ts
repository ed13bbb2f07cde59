import { names as dispatch } from '../../protocols/backtest-dispatch.js';
import { isDiskFull } from '../node/files.js';
import { patience, storeFailure } from './job-context.js';
import type { JobContext } from './job-context.js';

const limits = { askMs: 1_000, lookEveryMs: 5_000 } as const;

/**
 * Tells a backtest that takes long, which is no failure, from a store that takes nothing in: then answers wait, are tried
 * again and again, and the job would wait with them for ever.
 */
export class Standstill {
  readonly #context: JobContext;
  #movedMs: number;
  #lookedMs: number;
  /** Refusals that the applier had met at the first look of this standstill. */
  #refusalsBefore: number | null = null;

  constructor(context: JobContext) {
    this.#context = context;
    this.#movedMs = this.#lookedMs = context.clock.nowMs();
  }

  moved(): void {
    this.#movedMs = this.#context.clock.nowMs();
    this.#refusalsBefore = null;
  }

  /** @throws PipelineFailure `disk` | `failed` once a store has refused for all of our patience */
  async look(): Promise<void> {
    const { clock } = this.#context;
    const stoodMs = clock.nowMs() - this.#movedMs;
    if (clock.nowMs() - this.#lookedMs < limits.lookEveryMs) return;
    this.#lookedMs = clock.nowMs();
    const refused = (await this.#answersRefused()) ?? (await this.#leasesRefused());
    if (refused === null || stoodMs < patience.weatherMs) return;
    throw storeFailure('go on with the backtests', { ...refused, retryable: true }, stoodMs);
  }

  /** The applier tries again what a store refused; while that count grows and answers wait, the store refuses. */
  async #answersRefused(): Promise<Refused | null> {
    const { system, folder } = this.#context;
    const outcome = await system.ask(
      dispatch.resultApplier,
      { type: 'applier_standing' },
      { deadlineMs: limits.askMs },
    );
    if (!outcome.ok) return null;
    const { pending, retries } = outcome.value;
    const before = (this.#refusalsBefore ??= retries);
    if (pending === 0 || retries === before) return null;
    const message = `the stores refuse ${pending} answers`;
    return (await isDiskFull(folder))
      ? { code: 'disk_full', message: `${message}, because the disk is full` }
      : { code: 'refused', message };
  }

  async #leasesRefused(): Promise<Refused | null> {
    const { system } = this.#context;
    const outcome = await system.ask(dispatch.dispatcher, { type: 'status' }, { deadlineMs: limits.askMs });
    return outcome.ok ? outcome.value.trouble : null;
  }
}

interface Refused {
  readonly code: string;
  readonly message: string;
}
