/** Opens one SQLite file with every setting said by name, read back and shown; knows nothing of what is stored in it. */
import { createHash } from 'node:crypto';
import Database from 'better-sqlite3';
import { StorageError, storageErrorData, withStorageErrors } from './errors.js';

export type Connection = Database.Database;
export type PreparedStatement = Database.Statement;

interface Pragma {
  readonly name: string;
  readonly value: string | number;
  /** What reading it back must give. Absent: set once at creation, a file made otherwise keeps its own. */
  readonly expected?: string | number;
  readonly why: string;
}

const mib = 1024 * 1024;

/** Set in this order: the page size must precede WAL, and better-sqlite3's build lowers `synchronous` when WAL begins. */
export const writerPragmas: readonly Pragma[] = [
  { name: 'page_size', value: 4096, why: 'the unit of a WAL frame; fixed when the file is made' },
  { name: 'journal_mode', value: 'wal', expected: 'wal', why: 'readers never wait for the writer' },
  { name: 'synchronous', value: 'full', expected: 2, why: 'an acknowledged commit survives a power cut' },
  { name: 'fullfsync', value: 1, expected: 1, why: 'on macOS fsync alone does not reach the platter' },
  { name: 'checkpoint_fullfsync', value: 1, expected: 1, why: 'the same for checkpoints' },
  { name: 'busy_timeout', value: 0, expected: 0, why: 'the writer thread waits and counts by itself' },
  { name: 'foreign_keys', value: 1, expected: 1, why: 'an attempt without its request is a bug' },
  { name: 'cache_size', value: -16_384, expected: -16_384, why: '16 MiB of pages' },
  { name: 'journal_size_limit', value: 64 * mib, expected: 64 * mib, why: 'the WAL shrinks to this' },
  { name: 'wal_autocheckpoint', value: 4_000, expected: 4_000, why: '16 MB between checkpoints' },
  { name: 'temp_store', value: 2, expected: 2, why: 'sorting needs no temporary files' },
  { name: 'mmap_size', value: 0, expected: 0, why: 'a read error is an error code, not a signal' },
  { name: 'trusted_schema', value: 0, expected: 0, why: 'the file is data, not code' },
];

export const readerPragmas: readonly Pragma[] = [
  { name: 'query_only', value: 1, expected: 1, why: 'a reader that writes is a bug' },
  {
    name: 'busy_timeout',
    value: 1_000,
    expected: 1_000,
    why: 'only recovery and checkpoints can meet a reader',
  },
  { name: 'cache_size', value: -8_192, expected: -8_192, why: '8 MiB of pages' },
  { name: 'temp_store', value: 2, expected: 2, why: 'sorting needs no temporary files' },
  { name: 'mmap_size', value: 0, expected: 0, why: 'a read error is an error code, not a signal' },
  { name: 'trusted_schema', value: 0, expected: 0, why: 'the file is data, not code' },
];

export type PragmaValues = Readonly<Record<string, string | number>>;

/** In memory there is no WAL and nothing to sync; simulations use this. */
const memoryFile = ':memory:';

function readPragma(connection: Connection, name: string): string | number {
  const value: unknown = connection.pragma(name, { simple: true });
  return typeof value === 'number' || typeof value === 'string' ? value : String(value);
}

function applyPragmas(connection: Connection, pragmas: readonly Pragma[], file: string): PragmaValues {
  const shown: Record<string, string | number> = {};
  for (const { name, value, expected } of pragmas) {
    connection.pragma(`${name} = ${value}`);
    const found = readPragma(connection, name);
    shown[name] = found;
    const memory = file === memoryFile && (name === 'journal_mode' || name === 'mmap_size');
    if (expected !== undefined && found !== expected && !memory) {
      throw new StorageError(
        storageErrorData(
          'cannot_open',
          `open ${file}`,
          `PRAGMA ${name}: expected ${expected}, found ${found}`,
        ),
      );
    }
  }
  return shown;
}

export interface OpenedDatabase {
  readonly connection: Connection;
  /** The settings as read back, for display. */
  readonly pragmas: PragmaValues;
}

function open(file: string, options: Database.Options, pragmas: readonly Pragma[]): OpenedDatabase {
  return withStorageErrors(`open ${file}`, () => {
    let connection: Connection;
    try {
      connection = new Database(file, { timeout: 0, ...options });
    } catch (cause) {
      // better-sqlite3 reports a missing folder as a TypeError without a code.
      if (!(cause instanceof Error) || cause.name !== 'TypeError') throw cause;
      throw new StorageError(storageErrorData('cannot_open', `open ${file}`, cause.message), { cause });
    }
    try {
      connection.function('sha256_hex', { deterministic: true }, (text) =>
        createHash('sha256').update(String(text)).digest('hex'),
      );
      return { connection, pragmas: applyPragmas(connection, pragmas, file) };
    } catch (cause) {
      connection.close();
      throw cause;
    }
  });
}

/** Until `busy_timeout` is set: somebody else may be recovering the WAL of a process that was killed. */
const openingMsMax = 5_000;

/** @throws StorageError `cannot_open` | `corrupt` | `read_only` | `busy` | `disk_full` */
export const openDatabase = (file: string): OpenedDatabase =>
  open(file, { timeout: openingMsMax }, writerPragmas);

/** The file must exist; nothing can be written through it. */
export const openReadOnlyDatabase = (file: string): OpenedDatabase =>
  open(file, { readonly: true, fileMustExist: true }, readerPragmas);

const lockPragmas: readonly Pragma[] = [
  {
    name: 'busy_timeout',
    value: 250,
    expected: 250,
    why: 'another one that only reads the name must not stop a start',
  },
  { name: 'journal_mode', value: 'delete', expected: 'delete', why: 'one file, no shared memory' },
];

/** For the lock file: a plain rollback journal. */
export const openPlainDatabase = (file: string): Connection => open(file, {}, lockPragmas).connection;

/** Whoever begins may write at once: a transaction that reads first and upgrades later fails with BUSY_SNAPSHOT. */
export function immediately<T>(connection: Connection, body: () => T): T {
  connection.exec('BEGIN IMMEDIATE');
  try {
    const value = body();
    connection.exec('COMMIT');
    return value;
  } catch (cause) {
    // SQLite has already rolled back after SQLITE_FULL and its like; the first error is the one that matters.
    if (connection.inTransaction) connection.exec('ROLLBACK');
    throw cause;
  }
}
