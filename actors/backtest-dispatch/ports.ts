/** The world as this subsystem needs it. Real ones are in runtime/node; what each may do wrong is said here. */

/**
 * A bound PULL socket. One `receive` at a time. It may deliver anything: duplicates, foreign bytes, nothing for ever.
 * A frame over the limit may be dropped below, with its connection; what passes is checked again by the reader.
 */
export interface ResultSocket {
  /** What to connect to: with `tcp://127.0.0.1:*` asked for, the port that was found. */
  readonly endpoint: string;
  /** Rejects only when the socket is closed or broken. */
  receive(): Promise<Uint8Array | 'timeout'>;
  close(): Promise<void>;
}

/** A connected PUSH socket. One `send` at a time; `sent` says queued on the way out, and no more than that. */
export interface RequestSocket {
  /** `full`: nothing was taken; try again later. The bytes must not be changed afterwards. */
  send(frame: Uint8Array): Promise<'sent' | 'full'>;
  close(): Promise<void>;
}

export interface Sockets {
  /** @throws with a `code` when somebody else is bound there */
  openResults(endpoint: string, options: { readonly frameBytesMax: number }): Promise<ResultSocket>;
  openRequests(endpoint: string): Promise<RequestSocket>;
}

/** What a backend child says of itself once it can take requests. */
export interface BackendReady {
  readonly requestsEndpoint: string;
  readonly workers: number;
}

/** How a child ended: with a code, or by a signal. */
export interface BackendExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** One child process that answers backtests. */
export interface BackendProcess {
  readonly pid: number;
  /** Rejects when the child ends before it was ready, or says something else. */
  readonly ready: Promise<BackendReady>;
  /** Resolves when it is gone, however that came. */
  readonly exited: Promise<BackendExit>;
  /** Asks it to end; what it was doing is not finished. */
  stop(): void;
  /** Ends it now. */
  kill(): void;
}

export interface BackendProcesses {
  /** @throws when the program cannot be started at all */
  start(options: { readonly resultsEndpoint: string }): BackendProcess;
}
