/**
 * One process owns the files. The lock is the kernel's lock on `FILE.lock` (through SQLite's reserved lock), so it
 * goes with the process however that dies; what is written in the file only names the holder for the second one's
 * error message. The holder must never open the lock file by other means: closing any descriptor of it would
 * drop a POSIX lock.
 */
import type { Connection } from './database.js';
import { openPlainDatabase } from './database.js';
import { StorageError, storageErrorData, storageErrorFrom, withStorageErrors } from './errors.js';

export interface LockHolder {
  readonly pid: number;
  readonly bootId: string;
}

export interface InstanceLock {
  readonly file: string;
  release(): void;
}

/** A lock that nobody refers to would be collected, closed, and so released. */
const held = new Set<Connection>();

export const lockFileOf = (file: string): string => `${file}.lock`;

/** Two processes may both write their name before one of them holds; the loser's name is then overwritten again. */
const namingRoundsMax = 5;

function readHolder(connection: Connection): LockHolder | undefined {
  try {
    const row: unknown = connection.prepare('SELECT pid, boot_id AS bootId FROM holder').get();
    return row as LockHolder | undefined;
  } catch {
    return undefined; // only a name for a message: being unable to read it must not hide that the lock is taken
  }
}

function refuse(connection: Connection, file: string, cause: unknown): never {
  const attempted = `lock ${file}`;
  const data = storageErrorFrom(cause, attempted);
  const holder = data?.code === 'busy' ? readHolder(connection) : undefined;
  connection.close();
  if (data === undefined) throw cause;
  if (data.code !== 'busy') throw new StorageError(data, { cause });
  const who = holder === undefined ? 'another process' : `process ${holder.pid}`;
  throw new StorageError(
    storageErrorData(
      'locked_by_other',
      attempted,
      `${who} uses these files; stop it first, or ask it instead`,
      holder === undefined ? {} : { holderPid: holder.pid },
    ),
    { cause },
  );
}

/**
 * @param file the core database's path; the lock lies beside it
 * @throws StorageError `locked_by_other` (with `data.holderPid` when known) | `cannot_open` | `disk_full` | `read_only`
 */
export function acquireInstanceLock(file: string, self: LockHolder): InstanceLock {
  const connection = withStorageErrors(`lock ${file}`, () => openPlainDatabase(lockFileOf(file)));
  try {
    hold(connection, file, self);
  } catch (cause) {
    refuse(connection, file, cause);
  }
  held.add(connection);
  return {
    file: lockFileOf(file),
    release: () => {
      held.delete(connection);
      if (!connection.open) return;
      connection.exec('ROLLBACK');
      connection.close();
    },
  };
}

function hold(connection: Connection, file: string, self: LockHolder): void {
  for (let round = 0; round < namingRoundsMax; round += 1) {
    connection.exec('BEGIN IMMEDIATE');
    connection.exec(
      'CREATE TABLE IF NOT EXISTS holder (id INTEGER PRIMARY KEY, pid INTEGER, boot_id TEXT) STRICT',
    );
    connection.prepare('INSERT OR REPLACE INTO holder VALUES (1, ?, ?)').run(self.pid, self.bootId);
    // Committed, or nobody else could read it; the lock is taken again at once and then kept.
    connection.exec('COMMIT');
    connection.exec('BEGIN IMMEDIATE');
    if (readHolder(connection)?.bootId === self.bootId) return;
    connection.exec('ROLLBACK');
  }
  throw new StorageError(
    storageErrorData('locked_by_other', `lock ${file}`, 'other processes are starting on these files'),
  );
}
