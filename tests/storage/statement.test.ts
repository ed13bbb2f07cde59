import { expect, test } from '@jest/globals';
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
  expect(first.statements.map(([text]) => text)).toEqual([0, 0]);
  expect(numbers.encode({ statements: [statement] }).texts).toEqual([]);
});

test('a transaction weighs its texts and bytes', () => {
  const bytes = { sql: '', params: ['four', new Uint8Array(100), 1, null], mode: 'run' as const };
  expect(bytesOf({ statements: [bytes] })).toBe(24 + 4 + 100 + 8 + 8);
});
