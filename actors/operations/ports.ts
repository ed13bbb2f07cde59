import type { RunFile } from '../../protocols/operations.js';

/** One answer of the HTTP server. */
export interface HttpReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Pages by path. They answer from what is known already, so none takes long. */
export type HttpRoutes = ReadonlyMap<string, () => HttpReply | Promise<HttpReply>>;

export interface HttpServer {
  readonly url: string;
  /** Resolves when the server has ended without being asked to. */
  readonly failed: Promise<Error>;
  close(): Promise<void>;
}

export interface HttpPort {
  /** Binds to loopback. @throws an error with code `EADDRINUSE` when the port is taken */
  listen(options: { readonly port: number; readonly routes: HttpRoutes }): Promise<HttpServer>;
}

export interface RunFilePort {
  /** Whole or not at all. */
  write(content: RunFile): Promise<void>;
  remove(): Promise<void>;
}

/** Something that can be asked for its figures. */
export interface FactSource {
  readonly id: string;
  /** How often it is asked, ms; a value three times as old is stale. */
  readonly everyMs: number;
  /** Ends within its own deadline. @throws what keeps the figures from being known */
  readonly read: () => Promise<unknown>;
}
