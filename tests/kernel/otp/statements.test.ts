import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';

/** How many statements each section of the reference has. */
const sections = {
  A: 8,
  B: 11,
  C: 7,
  D: 7,
  E: 7,
  F: 7,
  G: 11,
  H: 8,
  I: 10,
  J: 6,
  K: 8,
  L: 4,
  M: 6,
  N: 5,
  O: 6,
};
const statements = Object.entries(sections).flatMap(([letter, count]) =>
  Array.from({ length: count }, (_, at) => `${letter}${at + 1}`),
);

/** The numbers that a title begins with: `B1`, `C1, C2`, `D1 to D3`. */
function numbersOf(title: string): string[] {
  const head = /^([A-O]\d+)((?:, | to | and )[A-O]\d+)*/.exec(title)?.[0] ?? '';
  const found = [...head.matchAll(/(to )?([A-O])(\d+)/g)];
  return found.flatMap(([, to, letter = '', number = ''], at) => {
    const from = to === undefined ? Number(number) : Number(found[at - 1]?.[3]);
    return Array.from({ length: Number(number) - from + 1 }, (_, step) => `${letter}${from + step}`);
  });
}

const held = new Map<string, Set<string>>();
for (const file of readdirSync(__dirname).filter((name) => name.endsWith('.test.ts'))) {
  const text = readFileSync(path.join(__dirname, file), 'utf8');
  for (const [, title = ''] of text.matchAll(/(?:\(|^\s+)'([A-O]\d[^'\n]*)',/gm))
    for (const number of numbersOf(title))
      held.set(number, (held.get(number) ?? new Set()).add(file.replace('.test.ts', '')));
}
const [table = ''] = readFileSync(path.resolve('docs/otp.md'), 'utf8').split('## Departures');
const rows = new Map(
  [...table.matchAll(/^\| ([A-O]\d+) +\| .* \| ([^|]+) \|$/gm)].map(
    ([, number = '', where = '']) => [number, where.trim().split(', ')] as const,
  ),
);

test.each(statements)(
  'statement %s has a line in the document, and a test in each file that the line names',
  (number) => {
    const where = rows.get(number) ?? [];
    expect(where).not.toEqual([]);
    const files = where.filter((name) => name !== 'departure');
    expect([...(held.get(number) ?? [])]).toEqual(expect.arrayContaining(files));
  },
);
