/** Brings back what was deleted under us, from the connection that still has it: nothing acknowledged is lost by it. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Connection } from './database.js';
import { withStorageErrors } from './errors.js';

const syncPath = (target: string): void => {
  const descriptor = openSync(target, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

/**
 * The file has no name any more: all of it is written anew under that name. The connection is closed then, because its WAL
 * and that of the new file would have the same name.
 * @throws StorageError when that cannot be written; the connection is then as it was
 */
export function writeBack(connection: Connection, file: string): void {
  const copy = `${file}.rescue`;
  rmSync(copy, { force: true });
  try {
    withStorageErrors(`write ${file} back`, () => connection.prepare('VACUUM INTO ?').run(copy));
    syncPath(copy);
  } catch (cause) {
    rmSync(copy, { force: true });
    throw cause;
  }
  connection.close();
  for (const companion of [`${file}-wal`, `${file}-shm`]) rmSync(companion, { force: true });
  renameSync(copy, file);
  syncPath(path.dirname(file));
}

/**
 * The WAL has no name any more: what it holds is moved into the file.
 * @returns false when a reader is in the way
 * @throws StorageError
 */
export function foldLog(connection: Connection, file: string): boolean {
  return withStorageErrors(`move the log of ${file} into it`, () => {
    const [state] = connection.pragma('wal_checkpoint(FULL)') as {
      busy: number;
      log: number;
      checkpointed: number;
    }[];
    if (state === undefined || state.busy !== 0 || state.log !== state.checkpointed) return false;
    connection.close();
    for (const companion of [`${file}-wal`, `${file}-shm`]) rmSync(companion, { force: true });
    return true;
  });
}
