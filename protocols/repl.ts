/**
 * What crosses the socket of the REPL: lines of JSON, one request or answer each. Only these verbs cross it, with JSON
 * arguments, so that a session can neither run code in the process that it looks at nor hold it up.
 */
import { z } from 'zod';

/** All of a connection is bounded; what is beyond is refused or cut, and said to be. */
export const replLimits = {
  protocol: 1,
  requestBytesMax: 64 * 1024,
  /** Of the rows of one answer; rows that do not fit are counted in `leftOut`. */
  answerBytesMax: 128 * 1024,
  clientsMax: 8,
  inFlightMax: 8,
  /** More are refused, and with four times as many the client is dropped. */
  requestsPerSecond: 50,
  /** Waiting for a client that does not read; past it the client is dropped, and counted. */
  outBytesMax: 1024 * 1024,
  /** Lines that are no request, after which a client is dropped. */
  garbageMax: 10,
  helloMs: 5_000,
  /** For every verb but those that say how long they take. */
  requestMs: 5_000,
} as const;

const path = z.string().min(1).max(1_000);
const count = (most: number, usual: number) => z.number().int().min(1).max(most).default(usual);

/** Every part is optional, and all that are given must hold. */
export const letterFilter = z.strictObject({
  /** Id of one letter. */
  id: z.union([z.string().max(200), z.number().int()]).optional(),
  reason: z.string().max(100).optional(),
  /** A path, or the beginning of one up to a `/`. */
  recipient: path.optional(),
  type: z.string().max(200).optional(),
  /** Not older than so many seconds. */
  withinSeconds: z.number().positive().max(1e9).optional(),
});
export type LetterFilter = z.output<typeof letterFilter>;

const listed = { limit: count(200, 20) };

export const verbSchemas = {
  tree: z.strictObject({
    path: path.optional(),
    depth: z.number().int().min(0).max(100).optional(),
    limit: count(2_000, 500),
  }),
  inspect: z.strictObject({ path }),
  mailbox: z.strictObject({ path, limit: count(100, 20) }),
  top: z.strictObject({
    by: z.enum(['depth', 'turns', 'handled', 'age']).default('depth'),
    path: path.optional(),
    limit: count(200, 15),
  }),
  trace: z.strictObject({
    path: path.optional(),
    events: count(1_000, 100),
    seconds: z.number().positive().max(600).default(60),
  }),
  dead_letters: letterFilter.extend(listed),
  why_alive: z.strictObject({}),
  settings: z.strictObject({}),
  interventions: z.strictObject(listed),
  redrive: letterFilter.extend({
    dryRun: z.boolean().default(false),
    /** Letters a second. */
    rate: z.number().min(0.1).max(100).default(10),
    limit: count(1_000, 100),
  }),
  kill: z.strictObject({ path }),
  suspend: z.strictObject({ path }),
  resume: z.strictObject({ path }),
  set: z.strictObject({ key: z.string().min(1).max(200), value: z.json() }),
} as const;

export type VerbName = keyof typeof verbSchemas;
export type VerbArgs<V extends VerbName> = z.output<(typeof verbSchemas)[V]>;

export const writeVerbs: ReadonlySet<VerbName> = new Set(['redrive', 'kill', 'suspend', 'resume', 'set']);

/** These take as long as their arguments say. */
export const longVerbs: ReadonlySet<VerbName> = new Set(['trace', 'redrive']);

export const isVerb = (verb: string): verb is VerbName => Object.hasOwn(verbSchemas, verb);

export const requestFrame = z.strictObject({
  id: z.number().int().min(0),
  /** A verb, or `hello`, which comes first, or `cancel`. */
  verb: z.string().max(50),
  args: z.record(z.string(), z.json()).default({}),
});
export type RequestFrame = z.output<typeof requestFrame>;

export const helloArgs = z.strictObject({
  protocol: z.number().int(),
  /** Who is to be named as the one who intervened. */
  user: z.string().min(1).max(100),
  write: z.boolean(),
});
export const cancelArgs = z.strictObject({ id: z.number().int() });

/** What the server says of itself. */
export interface HelloAnswer {
  readonly protocol: number;
  readonly pid: number;
  readonly name: string;
  readonly startedWallMs: number;
  /** Whether this connection may change something. */
  readonly write: boolean;
  /** For completion; at most 500. */
  readonly paths: readonly string[];
  readonly keys: readonly string[];
  readonly counts: ReplCounts;
}

/** Of a server, since its start. */
export interface ReplCounts {
  readonly clients: number;
  readonly requests: number;
  readonly refused: number;
  /** Clients that did not read, sent garbage, or never said who they are. */
  readonly dropped: number;
}

export type RefusalCode =
  | 'bad_request'
  | 'unknown_verb'
  | 'bad_arguments'
  | 'hello_first'
  | 'read_only'
  | 'too_many'
  | 'too_large'
  | 'timeout'
  | 'cancelled'
  | 'starting'
  | 'not_found'
  | 'refused'
  | 'failed';

export type AnswerFrame =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | {
      readonly id: number | null;
      readonly ok: false;
      readonly code: RefusalCode;
      readonly message: string;
    }
  | { readonly id: number; readonly event: unknown };

/** A verb that cannot be carried out as asked. */
export class ReplRefusal extends Error {
  override readonly name = 'ReplRefusal';
  constructor(
    readonly code: RefusalCode,
    message: string,
  ) {
    super(message);
  }
}
