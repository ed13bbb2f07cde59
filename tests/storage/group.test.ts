import Database from 'better-sqlite3';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Connection, openDatabase } from '../../storage/database.js';
import { type BusyPatience, GroupCommitter, type Work } from '../../storage/writer/group.js';
import { temporaryFile } from './temporary.js';

const impatient: BusyPatience = { waitMs: () => undefined, busyMsMax: 0 };

function open(file = ':memory:'): Connection {
  const { connection } = openDatabase(file);
  connection.exec('CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY, b TEXT) STRICT');
  return connection;
}

const insert =
  (...values: number[]): Work =>
  (prepared) =>
    values.map(
      (value) =>
        prepared.execute({ sql: 'INSERT INTO t (a) VALUES (?)', params: [value], mode: 'run' }).changes,
    );

const stored = (connection: Connection): unknown =>
  connection.prepare('SELECT a FROM t ORDER BY a').pluck().all();

describe('a group', () => {
  test('is one commit, and a piece that breaks a rule fails alone and whole', () => {
    const connection = open();
    const committer = new GroupCommitter(connection, 'commit', impatient);
    const outcomes = committer.commit([insert(1), insert(2, 3, 1), insert(4)]);
    expect(outcomes).toMatchObject([
      { ok: true, value: [1] },
      { ok: false, error: { code: 'constraint' } },
      { ok: true },
    ]);
    expect(stored(connection)).toEqual([1, 4]);
    expect(committer.stats).toMatchObject({ commits: 1, works: 2, refused: 1 });
  });

  test('a bug fails alone too, and is told from weather', () => {
    const connection = open();
    const committer = new GroupCommitter(connection, 'commit', impatient);
    const wrongSql: Work = (prepared) => prepared.execute({ sql: 'SELEKT', params: [], mode: 'run' });
    const thrown: Work = () => {
      throw new Error('a bug of ours');
    };
    const outcomes = committer.commit([insert(1), wrongSql, thrown, insert(2)]);
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, 'bug', 'bug', true]);
    expect(stored(connection)).toEqual([1, 2]);
  });

  test('whatever the group, exactly the pieces that were answered ok are stored', () => {
    const piece = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(fc.array(piece, { minLength: 1, maxLength: 5 }), { maxLength: 4 }), (groups) => {
        const connection = open();
        const committer = new GroupCommitter(connection, 'commit', impatient);
        const model = new Set<number>();
        for (const group of groups) {
          const outcomes = committer.commit(group.map((values) => insert(...values)));
          for (const [place, values] of group.entries()) {
            const fits = new Set(values).size === values.length && values.every((value) => !model.has(value));
            expect(outcomes[place]?.ok).toBe(fits);
            if (fits) values.forEach((value) => model.add(value));
          }
        }
        expect(stored(connection)).toEqual([...model].sort((a, b) => a - b));
        connection.close();
      }),
    );
  });
});

describe('a full disk', () => {
  test('refuses the whole group, keeps what was committed, and recovers by itself', () => {
    const connection = open(temporaryFile());
    const committer = new GroupCommitter(connection, 'commit', impatient);
    const big =
      (key: number): Work =>
      (prepared) =>
        prepared.execute({
          sql: 'INSERT INTO t VALUES (?, ?)',
          params: [key, 'x'.repeat(100_000)],
          mode: 'run',
        });
    committer.commit([insert(1)]);
    connection.pragma(`max_page_count = ${Number(connection.pragma('page_count', { simple: true })) + 10}`);
    const refused = { ok: false, error: { code: 'disk_full', retryable: true } };
    expect(committer.commit([insert(2), big(3), insert(4)])).toMatchObject([refused, refused, refused]);
    expect([stored(connection), connection.inTransaction]).toEqual([[1], false]);
    expect(committer.commit([insert(5)])).toMatchObject([{ ok: true }]);
    connection.pragma('max_page_count = 100000');
    expect(committer.commit([insert(2), big(3), insert(4)])).toMatchObject([
      { ok: true },
      { ok: true },
      { ok: true },
    ]);
    expect(stored(connection)).toEqual([1, 2, 3, 4, 5]);
  });

  test('at every statement of a group: nothing of it stays, and the same group fits afterwards', () => {
    const connection = open(temporaryFile());
    const committer = new GroupCommitter(connection, 'commit', impatient);
    const wide =
      (key: number): Work =>
      (prepared) =>
        prepared.execute({
          sql: 'INSERT INTO t VALUES (?, ?)',
          params: [key, 'y'.repeat(4_000)],
          mode: 'run',
        });
    const pages = Number(connection.pragma('page_count', { simple: true }));
    for (let room = 0; room < 6; room += 1) {
      connection.pragma(`max_page_count = ${pages + room}`);
      const outcomes = committer.commit(Array.from({ length: 8 }, (_, key) => wide(key)));
      expect(new Set(outcomes.map((outcome) => (outcome.ok === false ? outcome.error.code : 'ok')))).toEqual(
        new Set(['disk_full']),
      );
      expect(stored(connection)).toEqual([]);
    }
    connection.pragma('max_page_count = 100000');
    expect(
      committer.commit(Array.from({ length: 8 }, (_, key) => wide(key))).every(({ ok }) => ok === true),
    ).toBe(true);
  });
});

describe("somebody else's lock", () => {
  test('is waited for with growing pauses, counted, alarmed each second, and then a value', () => {
    const file = temporaryFile();
    const connection = open(file);
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    const pauses: number[] = [];
    const alarms: number[] = [];
    const committer = new GroupCommitter(connection, 'commit', {
      waitMs: (ms) => pauses.push(ms),
      busyMsMax: 2_500,
      onBusy: (waitedMs) => alarms.push(waitedMs),
    });
    expect(committer.commit([insert(1), insert(2)])).toMatchObject([
      { ok: false, error: { code: 'busy', retryable: true } },
      { ok: false, error: { code: 'busy' } },
    ]);
    expect(pauses.slice(0, 4)).toEqual([1, 2, 4, 8]);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(50);
    expect(alarms).toHaveLength(2);
    expect(committer.stats).toMatchObject({ busyWaits: pauses.length, refused: 2, commits: 0 });
    other.exec('ROLLBACK');
    expect(committer.commit([insert(1)])).toMatchObject([{ ok: true }]);
  });

  test('that goes while we wait costs nothing but time', () => {
    const file = temporaryFile();
    const connection = open(file);
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    let waits = 0;
    const committer = new GroupCommitter(connection, 'commit', {
      waitMs: () => {
        waits += 1;
        if (waits === 3) other.exec('ROLLBACK');
      },
      busyMsMax: 5_000,
    });
    expect(committer.commit([insert(1)])).toMatchObject([{ ok: true }]);
    expect(committer.stats.busyWaits).toBe(3);
  });
});

test('a disk error in one piece is the whole group, and leaves no transaction open', () => {
  const connection = open();
  const committer = new GroupCommitter(connection, 'commit', impatient);
  const diskError: Work = () => {
    throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_WRITE' });
  };
  const ioError = { ok: false, error: { code: 'io_error', retryable: true } };
  expect(committer.commit([insert(1), insert(1), diskError, insert(2)])).toMatchObject([
    ioError,
    { ok: false, error: { code: 'constraint' } },
    ioError,
    ioError,
  ]);
  expect([stored(connection), connection.inTransaction]).toEqual([[], false]);
  expect(committer.commit([insert(1)])).toMatchObject([{ ok: true }]);
});

test('a file that became read-only is a value', () => {
  const connection = open();
  connection.pragma('query_only = 1');
  const committer = new GroupCommitter(connection, 'commit', impatient);
  expect(committer.commit([insert(1)])).toMatchObject([
    { ok: false, error: { code: 'read_only', retryable: true } },
  ]);
  connection.pragma('query_only = 0');
  expect(committer.commit([insert(1)])).toMatchObject([{ ok: true }]);
});
