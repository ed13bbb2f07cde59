import { describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { openDatabase } from '../../storage/database.js';
import { PreparedStatements } from '../../storage/prepared.js';
import { sequence, SequenceStatement, stepIf } from '../../storage/sequence.js';
import { both, compiler, define, type StatementResult, together, verb } from '../../storage/statement.js';
import { bytesOf, TextNumbers } from '../../storage/writer/calls.js';

interface Tables {
  things: { readonly id: string; readonly size: number | null };
}
const db = compiler<Tables>();

const select = define<{ id: string; size: number | null }>('all', (slots) =>
  db
    .selectFrom('things')
    .selectAll()
    .where('size', '=', slots('size'))
    .where('id', '=', slots('id'))
    .where('id', '<>', 'x')
    .compile(),
);

test('a declared query only takes its values at each call; constants stay where they stand', () => {
  expect(select({ id: 'a', size: 3 })).toEqual({
    sql: 'select * from "things" where "size" = ? and "id" = ? and "id" <> ?',
    params: [3, 'a', 'x'],
    mode: 'all',
  });
  expect(select({ id: 'b', size: null }).sql).toBe(select({ id: 'a', size: 1 }).sql);
});

test('joined verbs read their own results', () => {
  const result = (changes: number): StatementResult => ({ changes, rows: [] });
  const sum = (count: number) =>
    verb(
      Array.from({ length: count }, () => select({ id: '', size: null })),
      (results) => results.map(({ changes }) => changes),
    );
  const joined = together([sum(2), sum(0), sum(1)]);
  expect(joined.statements).toHaveLength(3);
  expect(joined.read([result(1), result(2), result(3)])).toEqual([[1, 2], [], [3]]);
  expect(both(sum(1), sum(2)).read([result(1), result(2), result(3)])).toEqual([[1], [2, 3]]);
});

test('each text crosses to the thread once, then its number', () => {
  const numbers = new TextNumbers();
  const statement = select({ id: 'a', size: 1 });
  const first = numbers.encode({ statements: [statement, statement] });
  expect(first.texts).toEqual([[0, statement.sql]]);
  expect(first.statements).toEqual([
    [0, 'all', [1, 'a', 'x']],
    [0, 'all', [1, 'a', 'x']],
  ]);
  expect(numbers.encode({ statements: [statement] }).texts).toEqual([]);
});

test('a transaction weighs its texts and bytes', () => {
  const bytes = { sql: '', params: ['four', new Uint8Array(100), 1, null], mode: 'run' as const };
  expect(bytesOf({ statements: [bytes] })).toBe(24 + 4 + 100 + 8 + 8);
});

describe('a sequence', () => {
  const insert = define<{ id: string; size: number }>('run', (slots) =>
    sql`INSERT INTO things (id, size) VALUES (${slots('id')}, ${slots('size')}) ON CONFLICT DO NOTHING`.compile(
      db,
    ),
  );
  const find = define<{ id: string }, { size: number }>('all', (slots) =>
    sql`SELECT size FROM things WHERE id = ${slots('id')}`.compile(db),
  );
  const storing = sequence<{ id: string; size: number }>(insert, stepIf(find, 1, false));

  test('is told once, and then crosses as a number and its values, each of them once', () => {
    const numbers = new TextNumbers();
    const first = numbers.encode({
      statements: [...storing({ id: 'a', size: 1 }), select({ id: 'a', size: 1 })],
    });
    expect(first.sequences.map(([number, parts]) => [number, parts.map(({ when }) => when)])).toEqual([
      [0, [undefined, { back: 1, found: false }]],
    ]);
    expect(first.statements).toEqual([{ sequence: 0, values: ['a', 1] }, [0, 'all', [1, 'a', 'x']]]);
    const second = numbers.encode({ statements: storing({ id: 'b', size: 2 }) });
    expect(second).toMatchObject({ sequences: [], statements: [{ sequence: 0, values: ['b', 2] }] });
  });

  test('of which only a part is used crosses as plain statements', () => {
    const [inserted, found] = storing({ id: 'a', size: 1 });
    const [, foundOther] = storing({ id: 'b', size: 2 });
    if (inserted === undefined || found === undefined || foundOther === undefined)
      throw new Error('expected two statements');
    expect(new TextNumbers().encode({ statements: [inserted, foundOther] }).sequences).toEqual([]);
    const { sequences, statements } = new TextNumbers().encode({ statements: [found, inserted, inserted] });
    expect(sequences).toEqual([]);
    expect(statements).toEqual([
      [0, 'all', ['a'], { back: 1, found: false }],
      [1, 'run', ['a', 1]],
      [1, 'run', ['a', 1]],
    ]);
  });

  test('does the same as its statements one by one', () => {
    const uses = [
      storing({ id: 'a', size: 1 }),
      storing({ id: 'a', size: 2 }),
      storing({ id: 'b', size: 3 }),
    ];
    const open = () => {
      const { connection } = openDatabase(':memory:');
      connection.exec('CREATE TABLE things (id TEXT PRIMARY KEY, size INTEGER) STRICT');
      return new PreparedStatements(connection);
    };
    const one = open();
    const oneByOne = uses.flatMap((statements) => one.executeAll(statements));
    const whole = open();
    const numbers = new TextNumbers();
    const results = uses.flatMap((statements) => {
      const answers: StatementResult[] = [];
      const [use] = statements;
      if (!(use instanceof SequenceStatement)) throw new Error('expected a use of a sequence');
      whole.executeSequence(use.sequence.parts, use.values, answers);
      expect(numbers.encode({ statements }).statements).toHaveLength(1);
      return answers;
    });
    expect(results).toEqual(oneByOne);
    expect(results.map(({ changes, rows }) => [changes, rows])).toEqual([
      [1, []],
      [0, []],
      [0, []],
      [0, [{ size: 1 }]],
      [1, []],
      [0, []],
    ]);
  });
});
