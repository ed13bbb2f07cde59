/** docs/incidents.md says which test holds each incident; this holds it to what is there. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';

const document = path.resolve('docs', 'incidents.md');
const rowsOfTables = 129;

interface Row {
  readonly number: number;
  readonly text: string;
  readonly isOutOfScope: boolean;
  readonly cited: readonly { readonly file: string; readonly name: string }[];
}

const rows: readonly Row[] = readFileSync(document, 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, number] = /^\|\s*(\d+)\s*\|/.exec(line) ?? [];
    if (number === undefined) return [];
    const cited = [...line.matchAll(/`([^`\s]+\.test\.ts)` "([^"]+)"/g)].map(([, file = '', name = '']) => ({
      file: path.join('tests', file),
      name,
    }));
    return [{ number: Number(number), text: line, isOutOfScope: line.includes('**out of scope**:'), cited }];
  });

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
    const missing = rows.flatMap(({ number, cited }) =>
      cited
        .filter(({ file, name }) => !existsSync(file) || !readFileSync(file, 'utf8').includes(name))
        .map(({ file, name }) => `${number}: ${file} "${name}"`),
    );
    expect(missing).toEqual([]);
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
