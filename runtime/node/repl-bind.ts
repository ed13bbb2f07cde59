import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import type { Server } from 'node:net';
import { systemCode } from './files.js';
import { fitsSocket, makeSocketFolder } from './repl-path.js';

/** A socket that cannot be bound, in words for people. */
export class SocketTaken extends Error {
  override readonly name = 'SocketTaken';
}

const knockMs = 1_000;

/**
 * Binds a server to a Unix socket that nobody but this user can open. A file that a dead process left is replaced; one
 * that somebody answers on, or that is no socket, is not.
 * @throws SocketTaken, or what the system says
 */
export async function bindSocket(server: Server, socketPath: string): Promise<void> {
  if (!fitsSocket(socketPath))
    throw new RangeError(`${socketPath}: expected a path short enough for a Unix socket (103 bytes)`);
  makeSocketFolder(socketPath);
  const found = lstatSync(socketPath, { throwIfNoEntry: false });
  if (found !== undefined) {
    if (!found.isSocket()) throw new SocketTaken(`${socketPath}: there is something that is no socket`);
    if (await answers(socketPath)) throw new SocketTaken(`${socketPath}: another process answers there`);
    rmSync(socketPath, { force: true });
  }
  await listen(server, socketPath);
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const end = (lives: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(lives);
    };
    // Whoever lets us wait is there, and busy.
    const timer = setTimeout(() => end(true), knockMs);
    socket.on('connect', () => end(true));
    // Refused: nobody is bound to it any more. Everything else is not ours to judge.
    socket.on('error', (error) => end(!['ECONNREFUSED', 'ENOENT'].includes(systemCode(error) ?? '')));
  });
}

function listen(server: Server, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // The file appears within this call, so the mask sees to it that at no time others can open it.
    const mask = setMask(0o177);
    try {
      server.listen({ path: socketPath, backlog: 16 }, () => {
        server.off('error', reject);
        resolve();
      });
      chmodSync(socketPath, 0o600);
    } catch (error) {
      server.close();
      reject(error instanceof Error ? error : new Error(String(error)));
    } finally {
      if (mask !== undefined) setMask(mask);
    }
  });
}

/** @returns the one before; undefined in a worker thread, which may not change it */
function setMask(mask: number): number | undefined {
  try {
    return process.umask(mask);
  } catch {
    return undefined;
  }
}
