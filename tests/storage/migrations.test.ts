import { describe, expect, test } from '@jest/globals';
import { openDatabase } from '../../storage/database.js';
import { StorageError } from '../../storage/errors.js';
import { schemas, type StoreKind } from '../../storage/migrations/index.js';
import { migrate, requireCurrent, type SchemaOf } from '../../storage/migrations/run.js';
import { temporaryFile } from './temporary.js';

const two: SchemaOf = {
  kind: 'core',
  applicationId: 77,
  migrations: [
    { number: 1, name: 'first', sql: 'CREATE TABLE a (x) ' },
    { number: 2, name: 'second', sql: 'CREATE TABLE b (x)' },
  ],
};
const one: SchemaOf = { ...two, migrations: two.migrations.slice(0, 1) };

const codeOf = (body: () => unknown): string => {
  try {
    body();
    return 'none';
  } catch (error) {
    if (error instanceof StorageError) return error.code;
    throw error;
  }
};

describe('migrations', () => {
  test.each(Object.keys(schemas) as StoreKind[])(
    '%s: numbered from 1, applied once, then current',
    (kind) => {
      const file = temporaryFile();
      const schema = schemas[kind];
      expect(schema.migrations.map(({ number }) => number)).toEqual(
        schema.migrations.map((_, place) => place + 1),
      );
      const { connection } = openDatabase(file);
      expect(migrate(connection, schema, file).applied).toHaveLength(schema.migrations.length);
      expect(migrate(connection, schema, file)).toEqual({ version: schema.migrations.length, applied: [] });
      expect(requireCurrent(connection, schema, file).applied).toEqual([]);
    },
  );

  test('only what is missing is applied', () => {
    const { connection } = openDatabase(':memory:');
    expect(migrate(connection, one, 'f')).toEqual({ version: 1, applied: ['first'] });
    expect(migrate(connection, two, 'f')).toEqual({ version: 2, applied: ['second'] });
  });

  test('a newer file is refused with both versions and what to do, and stays as it is', () => {
    const { connection } = openDatabase(':memory:');
    migrate(connection, two, 'f');
    expect(() => migrate(connection, one, 'f')).toThrow(/schema 2.*up to 1.*install/);
    expect(codeOf(() => migrate(connection, one, 'f'))).toBe('schema_newer');
    expect(codeOf(() => requireCurrent(connection, one, 'f'))).toBe('schema_newer');
    expect(migrate(connection, two, 'f')).toEqual({ version: 2, applied: [] });
  });

  test('a reader refuses an older file, because it cannot bring it up', () => {
    const { connection } = openDatabase(':memory:');
    migrate(connection, one, 'f');
    expect(codeOf(() => requireCurrent(connection, two, 'f'))).toBe('schema_older');
  });

  test('the three files and anybody else cannot be taken for one another', () => {
    const { connection } = openDatabase(':memory:');
    migrate(connection, schemas.trades, 'f');
    expect(codeOf(() => migrate(connection, schemas.core, 'f'))).toBe('cannot_open');
    const foreign = openDatabase(':memory:').connection;
    foreign.exec('CREATE TABLE theirs (x)');
    expect(codeOf(() => migrate(foreign, schemas.core, 'f'))).toBe('cannot_open');
  });

  test('a migration that was edited after it had been applied is refused', () => {
    const { connection } = openDatabase(':memory:');
    migrate(connection, one, 'f');
    const edited: SchemaOf = {
      ...one,
      migrations: [{ number: 1, name: 'first', sql: 'CREATE TABLE a (x, y)' }],
    };
    expect(codeOf(() => migrate(connection, edited, 'f'))).toBe('cannot_open');
  });

  test('a migration that fails leaves the file as it was', () => {
    const { connection } = openDatabase(':memory:');
    const broken: SchemaOf = {
      ...two,
      migrations: [...one.migrations, { number: 2, name: 'bad', sql: 'CREATE TABLE a (x)' }],
    };
    expect(() => migrate(connection, broken, 'f')).toThrow('already exists');
    expect(connection.prepare('SELECT count(*) FROM sqlite_schema').pluck().get()).toBe(0);
    expect(migrate(connection, two, 'f').version).toBe(2);
  });
});
