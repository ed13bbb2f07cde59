import type { Transferable, Worker } from 'node:worker_threads';

/** A thread as three verbs, the same as those of a pool's workers; a store need not know what is behind them. */
export interface ThreadPort {
  /** @param onExit once, after the last message; `failure` is what the thread threw, if it did */
  start(
    onMessage: (message: unknown) => void,
    onExit: (exitCode: number, failure: string | undefined) => void,
  ): void;
  post(message: unknown, transfer: readonly Transferable[]): void;
  /** In the middle of whatever it does. */
  kill(): void;
}

export const threadPort = (worker: Worker): ThreadPort => ({
  start: (onMessage, onExit) => {
    let failure: string | undefined;
    worker.on('message', onMessage);
    worker.on('error', (cause: unknown) => {
      failure = cause instanceof Error ? cause.message : String(cause);
    });
    worker.once('exit', (exitCode) => onExit(exitCode, failure));
  },
  post: (message, transfer) => worker.postMessage(message, transfer),
  kill: () => void worker.terminate(),
});
