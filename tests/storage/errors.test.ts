import { describe, expect, test } from '@jest/globals';
import {
  codeOfSqlite,
  StorageError,
  storageErrorData,
  storageErrorFrom,
  withStorageErrors,
} from '../../storage/errors.js';

describe('SQLite result codes', () => {
  test.each([
    ['SQLITE_BUSY', 'busy'],
    ['SQLITE_BUSY_SNAPSHOT', 'busy'],
    ['SQLITE_BUSY_RECOVERY', 'busy'],
    ['SQLITE_LOCKED', 'busy'],
    ['SQLITE_FULL', 'disk_full'],
    ['SQLITE_IOERR_SHMSIZE', 'disk_full'],
    ['SQLITE_IOERR', 'io_error'],
    ['SQLITE_IOERR_FSYNC', 'io_error'],
    ['SQLITE_READONLY', 'read_only'],
    ['SQLITE_READONLY_DBMOVED', 'file_gone'],
    ['SQLITE_CORRUPT', 'corrupt'],
    ['SQLITE_CORRUPT_INDEX', 'corrupt'],
    ['SQLITE_NOTADB', 'corrupt'],
    ['SQLITE_CONSTRAINT', 'constraint'],
    ['SQLITE_CONSTRAINT_UNIQUE', 'constraint'],
    ['SQLITE_CANTOPEN', 'cannot_open'],
    ['SQLITE_CANTOPEN_ISDIR', 'cannot_open'],
  ])('%s is %s', (sqliteCode, code) => {
    expect(codeOfSqlite(sqliteCode)).toBe(code);
    const cause = Object.assign(new Error('said SQLite'), { code: sqliteCode });
    expect(storageErrorFrom(cause, 'try')).toMatchObject({
      code,
      attempted: 'try',
      message: 'said SQLite',
      sqliteCode,
    });
  });

  test.each(['SQLITE_ERROR', 'SQLITE_MISUSE', 'SQLITE_RANGE', 'ENOENT', 'SQLITE_FULLER'])(
    '%s is no weather but a bug',
    (code) => {
      const bug = Object.assign(new Error('bug'), { code });
      expect(storageErrorFrom(bug, 'try')).toBeUndefined();
      expect(() =>
        withStorageErrors('try', () => {
          throw bug;
        }),
      ).toThrow(bug);
    },
  );

  test('waiting helps with some codes and not with others', () => {
    const retryable = (
      ['busy', 'disk_full', 'queue_full', 'writer_died', 'corrupt', 'constraint', 'closed'] as const
    ).filter((code) => storageErrorData(code, '', '').retryable);
    expect(retryable).toEqual(['busy', 'disk_full', 'queue_full', 'writer_died']);
  });

  test('a storage error keeps what was attempted and its cause', () => {
    const cause = Object.assign(new Error('no space'), { code: 'SQLITE_FULL' });
    const run = () =>
      withStorageErrors('grow', () => {
        throw cause;
      });
    expect(run).toThrow(StorageError);
    expect(run).toThrow(
      expect.objectContaining({ code: 'disk_full', attempted: 'grow', retryable: true, cause }),
    );
  });
});
