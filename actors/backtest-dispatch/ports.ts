/** The world as this subsystem needs it. Real ones are in runtime/node; what each may do wrong is said here. */

/**
 * What one look at a socket brought. `nothing`: none came within the socket's own timeout, look again. `malformed`: a
 * message of several parts. `closed`: nothing comes any more.
 */
export type Received =
  | { readonly type: 'frame'; readonly bytes: Uint8Array }
  | { readonly type: 'nothing' }
  | { readonly type: 'malformed'; readonly parts: number }
  | { readonly type: 'closed' };

/** A bound PULL socket. One `receive` at a time. It may deliver anything: duplicates, foreign bytes, nothing for ever. */
export interface ResultSocket {
  /** What to connect to: with `tcp://127.0.0.1:*` asked for, the port that was found. */
  readonly endpoint: string;
  receive(): Promise<Received>;
  close(): Promise<void>;
}

/**
 * What became of one frame. `sent`: queued on the way out, and no more than that. `full`: nothing was taken, try again
 * later. `too_large`: it will never go.
 */
export type Sent = 'sent' | 'full' | 'too_large' | 'closed';

/** A connected PUSH socket. One `send` at a time; the bytes must not be changed afterwards. */
export interface RequestSocket {
  send(bytes: Uint8Array): Promise<Sent>;
  close(): Promise<void>;
}

export interface Sockets {
  /** Binds. @throws with a `code` when somebody else is bound there */
  openResults(endpoint: string): Promise<ResultSocket>;
  /** Connects. */
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
