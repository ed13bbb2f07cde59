import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises';
import { replLimits, writeVerbs } from '../../protocols/repl.js';
import type { HelloAnswer, ReplCounts } from '../../protocols/repl.js';
import { answer } from '../inspection/answer.js';
import type { InspectionSources, Surroundings } from '../inspection/sources.js';
import { bindSocket } from './repl-bind.js';
import { ReplConnection } from './repl-connection.js';

export interface ReplServerOptions {
  readonly socketPath: string;
  /** Whether clients may change something, if they ask for it. */
  readonly write: boolean;
  readonly sources: InspectionSources;
}

export interface ReplServer {
  readonly socketPath: string;
  readonly counts: () => ReplCounts;
  /** Resolves when the server has ended without being asked to. */
  readonly failed: Promise<Error>;
  close(): Promise<void>;
}

/** Paths told to a client for completion; more are asked for by `tree`. */
const pathsMax = 500;

/** What verbs need of this process. */
export const nodeSurroundings = (startedWallMs: number = Date.now()): Surroundings => ({
  pid: process.pid,
  startedWallMs,
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  breathe: () => immediate(),
  pause: (ms, signal) => sleep(ms, undefined, { signal, ref: false }).catch(() => undefined),
  resources: () => {
    const counts: Record<string, number> = {};
    for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
    return counts;
  },
});

/** @throws SocketTaken, or what the system says */
export async function openReplServer({ socketPath, write, sources }: ReplServerOptions): Promise<ReplServer> {
  const connections = new Set<ReplConnection>();
  const counts = { requests: 0, refused: 0, dropped: 0 };
  const read = (): ReplCounts => ({ clients: connections.size, ...counts });
  const server = createServer((socket) => {
    if (connections.size >= replLimits.clientsMax) {
      counts.dropped++;
      turnAway(socket);
      return;
    }
    const connection = new ReplConnection({
      socket,
      answer: (verb, args, call) => answer(sources, verb, args, call),
      hello: (wantsWrite) => hello(sources, wantsWrite && write, read()),
      writeVerbs,
      onDropped: () => counts.dropped++,
      onRequest: (refused) => counts[refused ? 'refused' : 'requests']++,
    });
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
    // Somebody who looks must not keep alive what he looks at.
    socket.unref();
  });
  await bindSocket(server, socketPath);
  server.unref();
  const failed = new Promise<Error>((resolve) => server.once('error', resolve));
  return {
    socketPath,
    counts: read,
    failed,
    close: () =>
      new Promise((resolve) => {
        for (const connection of connections) connection.close();
        server.close(() => resolve());
        // Node removes it at a close of its own accord; not where the file was renamed or the close came late.
        rmSync(socketPath, { force: true });
      }),
  };
}

function turnAway(socket: Socket): void {
  socket.on('error', () => undefined);
  const message = `at most ${replLimits.clientsMax} sessions at once`;
  socket.end(`${JSON.stringify({ id: null, ok: false, code: 'too_many', message })}\n`);
  // Whatever it still sends is not waited for.
  socket.destroySoon();
  socket.unref();
}

async function hello(sources: InspectionSources, write: boolean, counts: ReplCounts): Promise<HelloAnswer> {
  const { surroundings, name, settings } = sources;
  const paths: string[] = [];
  for (const { path } of sources.system()?.places() ?? []) {
    paths.push(path);
    if (paths.length >= pathsMax) break;
  }
  return Promise.resolve({
    protocol: replLimits.protocol,
    pid: surroundings.pid,
    name,
    startedWallMs: surroundings.startedWallMs,
    write,
    paths,
    keys: settings.map(({ key }) => key),
    counts,
  });
}
