/**
 * Brings a file to this version's schema: forward only, numbered, all pending ones in one transaction. What was applied
 * is kept with its checksum, so that an edited migration or another program's file is refused and not guessed at.
 */
import { createHash } from 'node:crypto';
import type { Connection } from '../database.js';
import { immediately } from '../database.js';
import { StorageError, storageErrorData, withStorageErrors } from '../errors.js';

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

export interface SchemaOf {
  readonly kind: 'core' | 'trades' | 'dead-letters';
  /** SQLite's application_id: tells our three files apart, and from anybody else's. */
  readonly applicationId: number;
  /** Numbered 1, 2, 3...; a published one is never edited. */
  readonly migrations: readonly Migration[];
}

export interface SchemaState {
  readonly version: number;
  readonly applied: readonly string[];
}

const checksumOf = (migration: Migration): string =>
  createHash('sha256').update(`${migration.name}\n${migration.sql}`).digest('hex');

const versionOf = (schema: SchemaOf): number => schema.migrations.at(-1)?.number ?? 0;

function readNumber(connection: Connection, pragma: string): number {
  return Number(connection.pragma(pragma, { simple: true }));
}

function refuse(code: 'schema_newer' | 'schema_older' | 'cannot_open', file: string, message: string): never {
  throw new StorageError(storageErrorData(code, `open ${file}`, message));
}

/** Refuses what is not ours or is newer; @returns the file's version, 0 when it is empty. */
function checkedVersion(connection: Connection, schema: SchemaOf, file: string): number {
  const version = readNumber(connection, 'user_version');
  const applicationId = readNumber(connection, 'application_id');
  const tables: unknown = connection.prepare('SELECT count(*) FROM sqlite_schema').pluck().get();
  const empty = version === 0 && applicationId === 0 && tables === 0;
  if (!empty && applicationId !== schema.applicationId) {
    refuse(
      'cannot_open',
      file,
      `expected holdfast's ${schema.kind} file, found another database; choose another path`,
    );
  }
  const ours = versionOf(schema);
  if (version > ours) {
    refuse(
      'schema_newer',
      file,
      `the file has schema ${version}, this version knows up to ${ours}; install the version that wrote it or newer`,
    );
  }
  return version;
}

function verifyApplied(connection: Connection, schema: SchemaOf, version: number, file: string): void {
  const find = connection.prepare('SELECT checksum FROM migrations WHERE number = ?').pluck();
  for (const migration of schema.migrations.filter(({ number }) => number <= version)) {
    const found: unknown = find.get(migration.number);
    if (found === checksumOf(migration)) continue;
    refuse(
      'cannot_open',
      file,
      `migration ${migration.number} (${migration.name}) is not the one that was applied here`,
    );
  }
}

/** @throws StorageError `schema_newer` | `cannot_open` | `disk_full` | `busy`; the file is then as it was. */
export function migrate(connection: Connection, schema: SchemaOf, file: string): SchemaState {
  return withStorageErrors(`migrate ${file}`, () =>
    immediately(connection, () => {
      const from = checkedVersion(connection, schema, file);
      if (from > 0) verifyApplied(connection, schema, from, file);
      const pending = schema.migrations.filter(({ number }) => number > from);
      if (pending.length === 0) return { version: from, applied: [] };
      if (from === 0) {
        connection.pragma(`application_id = ${schema.applicationId}`);
        connection.exec(
          'CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL) STRICT',
        );
      }
      const record = connection.prepare('INSERT INTO migrations (number, name, checksum) VALUES (?, ?, ?)');
      for (const migration of pending) {
        connection.exec(migration.sql);
        record.run(migration.number, migration.name, checksumOf(migration));
      }
      connection.pragma(`user_version = ${versionOf(schema)}`);
      return { version: versionOf(schema), applied: pending.map(({ name }) => name) };
    }),
  );
}

/** For readers, which cannot migrate: the file must have exactly this version's schema. */
export function requireCurrent(connection: Connection, schema: SchemaOf, file: string): SchemaState {
  return withStorageErrors(`open ${file}`, () => {
    const version = checkedVersion(connection, schema, file);
    const ours = versionOf(schema);
    if (version < ours) {
      refuse('schema_older', file, `the file has schema ${version}, this version reads ${ours}`);
    }
    return { version, applied: [] };
  });
}
