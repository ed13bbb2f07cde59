/** How a worker ended. All null: nobody can say. */
export interface WorkerExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** What it threw last. */
  readonly error: string | null;
}

/**
 * One life of one worker, whatever it is made of. A new life is a new port.
 *
 * `onExit` is called once, after the last `onMessage`, and nothing of the worker runs any more then.
 */
export interface WorkerPort {
  /** @param onMessage `bytes` is what the message weighs, measured or estimated */
  start(onMessage: (message: unknown, bytes: number) => void, onExit: (exit: WorkerExit) => void): void;
  /** @throws when the message cannot be sent at all; one to a worker that has ended goes nowhere, without a word */
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** In the middle of whatever it does. Nothing more is told of it but its exit. Twice is the same as once. */
  kill(): void;
}

export interface WorkerPlace {
  /** Counted from 1 within its pool. */
  readonly number: number;
  /** What is longer need not be measured to its end, nor read: its worker is killed for it. */
  readonly messageBytesMax: number;
}

/** @throws when it cannot even be begun, such as for want of the program */
export type WorkerPortFactory = (worker: WorkerPlace) => WorkerPort;

export function describeExit({ code, signal, error }: WorkerExit): string {
  const how = signal ?? (code === null ? 'for an unknown reason' : `exit code ${code}`);
  return error === null ? how : `${how}, ${error}`;
}
