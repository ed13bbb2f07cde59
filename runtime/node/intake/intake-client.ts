import type { AskOutcome } from '../../../actors/kernel/behavior.js';
import type { WorkerAnswer, WorkerFailed } from '../../../protocols/workers.js';
import { IntakeError, intakeErrorCodes, type IntakeErrorCode } from './error.js';
import type { IntakeOp, IntakeOps, IntakeRequest } from './messages.js';

type Value = IntakeOps[IntakeOp]['value'];

export type AskIntake = (
  request: IntakeRequest,
  options: { readonly repeatable: boolean },
) => Promise<AskOutcome<WorkerAnswer<Value>>>;

/** Asks the intake and turns what comes back into values and IntakeErrors. */
export class IntakeClient {
  readonly #ask: AskIntake;
  readonly #closed = new AbortController();

  constructor(ask: AskIntake) {
    this.#ask = ask;
  }

  /** @throws IntakeError (as a rejection) the request's own code, or `timeout`, `thread_died`, `closed`, `busy` */
  ask<Op extends IntakeOp>(op: Op, request: IntakeOps[Op]['request']): Promise<IntakeOps[Op]['value']> {
    const { signal } = this.#closed;
    return new Promise((resolve, reject) => {
      const close = (): void => reject(new IntakeError('closed', 'the intake was closed'));
      if (signal.aborted) {
        close();
        return;
      }
      signal.addEventListener('abort', close);
      // A page belongs to the import that the thread has open, and a new thread has none; all else is the same again.
      const repeatable = op !== 'strategy_page';
      void this.#ask({ op, request } as IntakeRequest, { repeatable }).then((outcome) => {
        signal.removeEventListener('abort', close);
        if (!outcome.ok) reject(new IntakeError('thread_died', `no intake: ${outcome.reason.type}`));
        else if (outcome.value.ok) resolve(outcome.value.value);
        else reject(errorOf(op, outcome.value));
      }, reject);
    });
  }

  /** What waits is rejected with `closed`. */
  close(): void {
    this.#closed.abort();
  }
}

function errorOf(op: IntakeOp, { code, message }: WorkerFailed): IntakeError {
  if (code === 'timeout') return new IntakeError('timeout', `${op}: ${message}`);
  if (code === 'queue_full' || code === 'expired') return new IntakeError('busy', message);
  if (intakeErrorCodes.has(code)) return new IntakeError(code as IntakeErrorCode, message);
  return new IntakeError('thread_died', `${op}: ${code}: ${message}`);
}
