import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';

/** What an address of a Unix socket holds, less its end, on the systems that we support: Linux 107, macOS 103. */
const pathBytesMax = 103;

/**
 * Where the REPL's socket of a core file lies: beside it, as `FILE.repl.sock`, or, where that is too long for a Unix
 * socket, under a name of its own in a folder of this user's in the system's temporary one.
 */
export function replSocketPath(core: string): string {
  const beside = `${path.resolve(core)}.repl.sock`;
  if (fitsSocket(beside)) return beside;
  const name = createHash('sha256').update(path.resolve(core)).digest('hex').slice(0, 24);
  return path.join(temporaryFolder(), `${name}.sock`);
}

export const fitsSocket = (file: string): boolean => Buffer.byteLength(file) <= pathBytesMax;

const temporaryFolder = (): string => path.join(tmpdir(), `holdfast-${userInfo().uid}`);

/**
 * Makes the folder in the temporary one, if that is where the socket goes.
 * @throws when another user made it, or may look into it: whoever owns the folder owns what lies in it
 */
export function makeSocketFolder(socketPath: string): void {
  const folder = temporaryFolder();
  if (path.dirname(socketPath) !== folder) return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== userInfo().uid || (found.mode & 0o077) !== 0)
    throw new Error(`${folder}: expected a folder of this user with mode 0700; remove it and try again`);
}
