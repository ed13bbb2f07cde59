/** `holdfast candles check` on the built program, with files of our own and, where it lies beside us, the shared collection. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { summarySchema } from '../../protocols/summary.js';
import type { CandleCheck } from '../../cli/candles.js';
import { holdfast } from '../run/program.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'holdfast-candles-'));
  const row = (minute: number, high = 2): string => `${1_600_000_020 + 60 * minute},1,${high},0.5,1.5,0`;
  const header = 'timestamp,open,high,low,close,volume';
  writeFileSync(path.join(folder, 'any name.csv'), [header, row(0), row(1), row(2), ''].join('\n'));
  writeFileSync(path.join(folder, 'spike.csv'), [header, row(0), row(1, 99), row(2), ''].join('\n'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function check(...args: readonly string[]): Promise<readonly CandleCheck[]> {
  const ended = await holdfast(['candles', 'check', '--json', ...args], folder).ended;
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(ended.stdout) as readonly CandleCheck[];
}

test('the verdict is on content alone, with every field there and what is unknown null', async () => {
  expect(await check('any name.csv', 'spike.csv')).toEqual([
    {
      file: 'any name.csv',
      verdict: 'accepted',
      reason: null,
      row: null,
      found: null,
      expected: null,
      rows: 3,
      first: 1_600_000_020,
      last: 1_600_000_140,
      stepSeconds: 60,
      warnings: [],
    },
    {
      file: 'spike.csv',
      verdict: 'refused',
      reason: 'outlier',
      row: 2,
      found: expect.stringContaining('99') as unknown as string,
      expected: expect.any(String) as unknown as string,
      rows: null,
      first: null,
      last: null,
      stepSeconds: null,
      warnings: [],
    },
  ]);
});

test('outliers are taken when asked for, with a warning', async () => {
  const [spike] = await check('--accept-outliers', 'spike.csv');
  expect(spike).toMatchObject({ verdict: 'accepted', rows: 3 });
  expect(spike?.warnings.map(({ code }) => code)).toContain('outliers');
});

test('a person gets a line for each file, with the row and what was found and expected', async () => {
  const ended = await holdfast(['candles', 'check', 'any name.csv', 'spike.csv'], folder).ended;
  expect(ended.stdout).toMatch(/^accepted +any name.csv +3 rows, 2020-09-13/m);
  expect(ended.stdout).toMatch(/^refused +spike.csv +outlier in row 2: found .*99.*, expected /m);
  expect(ended.stdout).toMatch(/^2 checked, 1 refused$/m);
});

const collection = path.resolve('..', 'shared', 'data', 'bad');

(existsSync(collection) ? test : test.skip)(
  'of the collection of broken files only the sound ones are accepted',
  async () => {
    const files = readdirSync(collection).filter((name) => name.endsWith('.csv'));
    const checks = await check(...files.map((name) => path.join(collection, name)));
    const accepted = checks
      .filter(({ verdict }) => verdict === 'accepted')
      .map(({ file }) => path.basename(file));
    expect(accepted).toEqual([
      'blank_lines_in_middle.csv',
      'crlf_bom.csv',
      'reordered_columns.csv',
      'space_padded_fields.csv',
      'uppercase_header.csv',
    ]);
    for (const { verdict, reason, found, expected } of checks)
      if (verdict === 'refused')
        expect([reason, found, expected].every((text) => (text ?? '') !== '')).toBe(true);
  },
);

test('the example of the summary in the documents is a valid one', async () => {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(path.resolve(__dirname, '../../docs/summary.md'), 'utf8');
  const [, example = ''] = /```json\n(.*?)```/s.exec(text) ?? [];
  expect(summarySchema.safeParse(JSON.parse(example)).error).toBeUndefined();
});
