/** One database file copied, or packed, without stopping whoever writes it. */
import { rmSync } from 'node:fs';
import { openDatabase, openReadOnlyDatabase } from '../database.js';
import { StorageError, storageErrorData, storageErrorFrom } from '../errors.js';
import { schemas } from '../migrations/index.js';
import type { StoreKind } from '../migrations/index.js';
import { requireCurrent } from '../migrations/run.js';

/** 4 MiB at a time: the writer gets its turn in between. */
const pagesAtOnce = 1_024;

/**
 * Copies a consistent state of the file while others may write to it, and reads the copy through before it counts.
 * @param onProgress share that is copied, 0 to 1
 * @returns schema version of the copy
 * @throws StorageError
 */
export async function copyStore(
  kind: StoreKind,
  from: string,
  to: string,
  onProgress: (share: number) => void,
): Promise<number> {
  const { connection } = openReadOnlyDatabase(from);
  try {
    requireCurrent(connection, schemas[kind], from);
    await connection.backup(to, {
      progress: ({ totalPages, remainingPages }) => {
        if (totalPages > 0) onProgress(1 - remainingPages / totalPages);
        return pagesAtOnce;
      },
    });
  } catch (cause) {
    const data = storageErrorFrom(cause, `copy ${from}`);
    throw data === undefined || cause instanceof StorageError ? cause : new StorageError(data, { cause });
  } finally {
    connection.close();
  }
  return soundSchemaVersion(kind, to);
}

/**
 * Of a file that nobody else has open.
 * @throws StorageError `corrupt` when the file is not what it should be
 */
export function soundSchemaVersion(kind: StoreKind, file: string): number {
  const { connection } = openReadOnlyDatabase(file);
  try {
    const { version } = requireCurrent(connection, schemas[kind], file);
    const said: unknown = connection.pragma('quick_check(1)', { simple: true });
    if (said !== 'ok') throw new StorageError(storageErrorData('corrupt', `check ${file}`, String(said)));
    return version;
  } finally {
    connection.close();
    // A reader cannot take its own companions away. Nobody has written, so there is nothing in them.
    for (const companion of [`${file}-wal`, `${file}-shm`]) rmSync(companion, { force: true });
  }
}

/** Rewrites the file without its empty pages. Nobody else may have it open. @throws StorageError */
export function packStore(kind: StoreKind, file: string): void {
  const { connection } = openDatabase(file);
  try {
    requireCurrent(connection, schemas[kind], file);
    connection.exec('VACUUM');
    connection.pragma('wal_checkpoint(TRUNCATE)');
  } catch (cause) {
    const data = storageErrorFrom(cause, `vacuum ${file}`);
    throw data === undefined || cause instanceof StorageError ? cause : new StorageError(data, { cause });
  } finally {
    connection.close();
  }
}
