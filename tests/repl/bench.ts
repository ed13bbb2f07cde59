/** A tree with a REPL on a real socket, and clients of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { child, startTree, supervisor } from '../../runtime/index.js';
import type { ChildSpec, Ref, System } from '../../runtime/index.js';
import { serveRepl } from '../../runtime/repl.js';
import type { InterventionRow, ReplServer, ServeReplOptions } from '../../runtime/repl.js';
import { connectRepl } from '../../runtime/node/repl-client.js';
import type { ReplClient } from '../../runtime/node/repl-client.js';

export interface Order {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Crashes at `crash`, waits for ever at `hang`, and counts everything else. */
export const worker = (id: string, capacity = 100): ChildSpec =>
  child<number, Order, undefined>({
    id,
    args: undefined,
    shutdownMs: 500,
    mailbox: { capacity },
    behavior: {
      init: () => 0,
      handle(state, message) {
        if (message.type === 'crash') throw new Error('asked to crash');
        if (message.type === 'hang') return new Promise<number>(() => undefined);
        return state + 1;
      },
    },
  });

export interface Bench {
  readonly system: System;
  readonly server: ReplServer;
  readonly socketPath: string;
  readonly interventions: InterventionRow[];
  at(path: string): Ref<Order>;
  client(options?: { readonly write?: boolean; readonly user?: string }): Promise<ReplClient>;
  /** A connection that says whatever the test wants. */
  raw(): Promise<Raw>;
  close(): Promise<void>;
}

export async function openBench(
  options: Partial<ServeReplOptions> = {},
  children: readonly ChildSpec[] = [worker('a'), worker('b')],
): Promise<Bench> {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-repl-'));
  const socketPath = path.join(folder, 'bench.sock');
  const system = await startTree(
    supervisor('root', { strategy: 'one_for_one', intensity: 10, periodMs: 60_000 }, children),
    { subscribers: [] },
  );
  const interventions: InterventionRow[] = [];
  const server = await serveRepl(system, {
    socketPath,
    watchdog: false,
    onIntervention: (row) => interventions.push(row),
    ...options,
  });
  const clients: { close(): void }[] = [];
  return {
    system,
    server,
    socketPath,
    interventions,
    at: (place) => {
      const ref = system.find(place);
      if (ref === undefined) throw new Error(`nothing at ${place}`);
      return ref as unknown as Ref<Order>;
    },
    client: async ({ write = false, user = 'tester' } = {}) => {
      const client = await connectRepl(socketPath, { user, write });
      clients.push(client);
      return client;
    },
    raw: async () => {
      const raw = await Raw.open(socketPath);
      clients.push(raw);
      return raw;
    },
    close: async () => {
      for (const client of clients) client.close();
      await server.close();
      await system.stop({ deadlineMs: 100 });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export class Raw {
  readonly #socket: Socket;
  #text = '';
  readonly closed: Promise<void>;
  #heard: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.on('close', () => resolve()));
  }

  static open(socketPath: string): Promise<Raw> {
    return new Promise((resolve, reject) => {
      const socket = connect(socketPath, () => resolve(new Raw(socket)));
      socket.once('error', reject);
    });
  }

  /** Without this nothing is read. */
  listen(): void {
    this.#socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString();
      this.#heard();
    });
  }

  write(text: string | Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(text);
  }

  send(frame: object): void {
    this.write(`${JSON.stringify(frame)}\n`);
  }

  get frames(): Record<string, unknown>[] {
    return this.#text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Resolves once so many answers have come. */
  async heard(count: number): Promise<Record<string, unknown>[]> {
    while (this.frames.length < count) await new Promise<void>((resolve) => (this.#heard = resolve));
    return this.frames;
  }

  close(): void {
    this.#socket.destroy();
  }
}

export const hello = { id: 0, verb: 'hello', args: { protocol: 1, user: 'raw', write: false } };
