import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from '@jest/globals';
import { immediately, openDatabase, openReadOnlyDatabase, writerPragmas } from '../../storage/database.js';
import { StorageError } from '../../storage/errors.js';
import { temporaryFile } from './temporary.js';

const refusal = (body: () => unknown): StorageError => {
  try {
    body();
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('settings', () => {
  test('every setting of the table holds on a new file and again on an existing one', () => {
    const file = temporaryFile();
    for (const isNew of [true, false]) {
      const { connection, pragmas } = openDatabase(file);
      const empty = connection.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;
      expect(empty).toBe(isNew);
      connection.exec('CREATE TABLE IF NOT EXISTS t (a)');
      expect(pragmas).toMatchObject({
        journal_mode: 'wal',
        synchronous: 2,
        foreign_keys: 1,
        busy_timeout: 0,
      });
      expect(Object.keys(pragmas)).toEqual(writerPragmas.map(({ name }) => name));
      for (const { name, expected } of writerPragmas) {
        if (expected !== undefined)
          expect([name, connection.pragma(name, { simple: true })]).toEqual([name, expected]);
      }
      connection.close();
    }
  });

  test('synchronous is FULL although the driver would have lowered it with WAL', () => {
    const file = temporaryFile();
    const bare = new Database(file);
    bare.pragma('journal_mode = wal');
    bare.close();
    const again = new Database(file);
    again.prepare('SELECT count(*) FROM sqlite_schema').get();
    expect(again.pragma('synchronous', { simple: true })).toBe(1);
    again.close();
    expect(openDatabase(file).pragmas).toMatchObject({ synchronous: 2 });
  });

  test('a reader cannot write', () => {
    const file = temporaryFile();
    openDatabase(file).connection.exec('CREATE TABLE t (a)');
    const { connection } = openReadOnlyDatabase(file);
    expect(() => connection.exec('INSERT INTO t VALUES (1)')).toThrow('readonly');
  });
});

describe('what cannot be opened', () => {
  test('a missing folder, a folder in place of a file, a missing file for a reader', () => {
    const file = temporaryFile();
    mkdirSync(`${file}.folder`);
    expect(refusal(() => openDatabase(path.join(file, 'deeper', 'x.db'))).code).toBe('cannot_open');
    expect(refusal(() => openDatabase(`${file}.folder`)).code).toBe('cannot_open');
    expect(refusal(() => openReadOnlyDatabase(`${file}.missing`)).code).toBe('cannot_open');
  });

  test('a file that is no database', () => {
    const file = temporaryFile();
    writeFileSync(file, 'this is a text file, and long enough to have a header of a hundred bytes'.repeat(4));
    expect(refusal(() => openDatabase(file))).toMatchObject({ code: 'corrupt', retryable: false });
  });
});

test('what fails inside a transaction leaves nothing of it, and the first error is the one seen', () => {
  const { connection } = openDatabase(temporaryFile());
  connection.exec('CREATE TABLE t (a UNIQUE)');
  const twice = () =>
    immediately(connection, () => connection.exec('INSERT INTO t VALUES (1); INSERT INTO t VALUES (1)'));
  expect(twice).toThrow('UNIQUE');
  expect(connection.prepare('SELECT count(*) FROM t').pluck().get()).toBe(0);
  expect(connection.inTransaction).toBe(false);
});
