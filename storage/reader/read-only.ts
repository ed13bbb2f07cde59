/** Reads a store's file in this process: for commands that look at files which nobody serves right now. */
import { type Connection, openReadOnlyDatabase } from '../database.js';
import { schemas, type StoreKind } from '../migrations/index.js';
import { requireCurrent } from '../migrations/run.js';
import type { Statement } from '../statement.js';
import type { Opened, Outcome } from '../thread/messages.js';
import { type Page, QueryRunner, readDefaults, type ReadLimits } from './session.js';

/** @throws StorageError `cannot_open` | `schema_newer` | `corrupt` | `busy` */
export function openCurrent(
  file: string,
  kind: StoreKind,
): { readonly connection: Connection; readonly opened: Opened } {
  const { connection, pragmas } = openReadOnlyDatabase(file);
  try {
    const { version } = requireCurrent(connection, schemas[kind], file);
    return { connection, opened: { pragmas, schemaVersion: version, migrated: [], lostCommits: 0 } };
  } catch (cause) {
    connection.close();
    throw cause;
  }
}

export interface ReadOnlyStore {
  readonly opened: Opened;
  query<R>(statement: Statement<R>): Outcome<Page<R>>;
  close(): void;
}

/**
 * Blocks its caller while it reads, so not for a process that has a loop to keep free: that one uses openReader.
 * @param nowMs monotonic clock
 */
export function openReadOnly(
  file: string,
  kind: StoreKind,
  nowMs: () => number,
  limits: ReadLimits = readDefaults,
): ReadOnlyStore {
  const { connection, opened } = openCurrent(file, kind);
  const runner = new QueryRunner(connection, limits, nowMs);
  return {
    opened,
    query: (statement) => runner.query(statement),
    close: () => {
      connection.close();
    },
  };
}
