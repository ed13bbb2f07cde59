import type { RunFile } from '../../protocols/operations.js';

/** One answer of the HTTP server. */
export interface HttpReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** What was asked for, beside the path itself. */
export interface HttpAsk {
  /** The parts of the path that its route names with a colon, such as `id` of `/api/jobs/:id`. */
  readonly params: Readonly<Record<string, string>>;
  /** The first value of each key. */
  readonly query: Readonly<Record<string, string>>;
}

/** A change that somebody with the token asks for. */
export interface HttpChange extends HttpAsk {
  /** What the JSON says; null when nothing was sent. Still to be validated. */
  readonly body: unknown;
  /** Who asked, for the audit: what the client calls itself, and from where. */
  readonly by: string;
}

/** Pages by path. They answer from what is known already, so none takes long. */
export type HttpRoutes = ReadonlyMap<string, (ask: HttpAsk) => HttpReply | Promise<HttpReply>>;

/** What can be changed, by path: POST, JSON, and only with the token. */
export type HttpChanges = ReadonlyMap<string, (change: HttpChange) => HttpReply | Promise<HttpReply>>;

/** One server-sent event. `data` is a single line, such as JSON. */
export interface HttpEvent {
  /** @defaultValue `message` */
  readonly event?: string;
  readonly data: string;
}

/** What is sent again and again to whoever listens. Each event is the whole state: one that was missed is not missed. */
export interface HttpStream {
  readonly read: () => Promise<HttpEvent>;
  /** What a client is told first, such as what happened before it came. */
  readonly greet?: () => HttpEvent;
}

/** Server-sent events by path. */
export type HttpStreams = ReadonlyMap<string, HttpStream>;

export interface HttpListen {
  /** 0 for any free port. */
  readonly port: number;
  /** Beyond loopback everything wants the token. @defaultValue 127.0.0.1 */
  readonly host?: string;
  readonly routes: HttpRoutes;
  /** @defaultValue none */
  readonly streams?: HttpStreams;
  /** @defaultValue nothing can be changed */
  readonly changes?: HttpChanges;
  /** What changes want as `Authorization: Bearer`; without one there are none. */
  readonly token?: string;
}

export interface HttpServer {
  readonly url: string;
  /** Resolves when the server has ended without being asked to. */
  readonly failed: Promise<Error>;
  close(): Promise<void>;
}

export interface HttpPort {
  /**
   * @throws an error with code `EADDRINUSE` when the port is taken, and `EACCES` for a host beyond loopback without a
   * token
   */
  listen(options: HttpListen): Promise<HttpServer>;
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
