/** docs/incidents.md and docs/durability.md say which test holds what; this holds them to what is there. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';

const rowsOfTables = 129;

interface Cited {
  readonly file: string;
  readonly name: string;
}

interface Row {
  readonly number: number;
  readonly text: string;
  readonly isOutOfScope: boolean;
  readonly cited: readonly Cited[];
}

const linesOf = (document: string): readonly string[] =>
  readFileSync(path.resolve('docs', document), 'utf8').split('\n');

const citedIn = (line: string): readonly Cited[] =>
  [...line.matchAll(/`([^`\s]+\.test\.ts)` "([^"]+)"/g)].map(([, file = '', name = '']) => ({
    file: path.join('tests', file),
    name,
  }));

const numbered = (document: string): readonly Row[] =>
  linesOf(document).flatMap((line) => {
    const [, number] = /^\|\s*(\d+)\s*\|/.exec(line) ?? [];
    const isOutOfScope = line.includes('**out of scope**:');
    return number === undefined
      ? []
      : [{ number: Number(number), text: line, isOutOfScope, cited: citedIn(line) }];
  });

const withoutComments = (text: string): string => text.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '');

const isThere = ({ file, name }: Cited): boolean =>
  existsSync(file) && withoutComments(readFileSync(file, 'utf8')).includes(name);

const rows = numbered('incidents.md');

describe('docs/incidents.md', () => {
  test('has every row of the tables once, in their order', () => {
    expect(rows.map(({ number }) => number)).toEqual(
      Array.from({ length: rowsOfTables }, (_, index) => index + 1),
    );
  });

  test('names a test for each row, or why it is out of scope', () => {
    const bare = rows.filter(({ isOutOfScope, cited }) => isOutOfScope === cited.length > 0);
    expect(bare.map(({ text }) => text)).toEqual([]);
    for (const { text, isOutOfScope } of rows)
      if (isOutOfScope) expect(text).toMatch(/\*\*out of scope\*\*: .{20}/);
    expect(rows.filter(({ isOutOfScope }) => isOutOfScope).length).toBeLessThan(10);
  });

  test('names only tests that are there', () => {
    expect(rows.flatMap(({ cited }) => cited.filter((each) => !isThere(each)))).toEqual([]);
  });

  const specification = path.resolve('..', 'shared', 'spec', 'domain.md');
  (existsSync(specification) ? test : test.skip)(
    'has the rows of the specification, where that is at hand',
    () => {
      const tables = readFileSync(specification, 'utf8')
        .split(/^#### 7\.4\.1 /m)[1]
        ?.split(/^#### 7\.4\.6 /m)[0];
      const numbers = [...(tables ?? '').matchAll(/^\| (\d+) \|/gm)].map(([, number]) => Number(number));
      expect(numbers).toEqual(rows.map(({ number }) => number));
    },
  );
});

describe('docs/durability.md', () => {
  test('has the promises 1 to 12 and 14, each with a test', () => {
    const promises = numbered('durability.md');
    expect(promises.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14]);
    expect(promises.filter(({ cited }) => cited.length === 0)).toEqual([]);
  });

  test('names only tests that are there, and one in each row about trouble', () => {
    const lines = linesOf('durability.md');
    const cited = lines.flatMap(citedIn);
    expect(cited.filter((each) => !isThere(each))).toEqual([]);
    const from = lines.findIndex((line) => /^\| when /.test(line));
    const trouble = lines.slice(from + 2, lines.indexOf('', from));
    expect(trouble.length).toBeGreaterThan(10);
    expect(trouble.filter((line) => citedIn(line).length === 0)).toEqual([]);
  });
});
