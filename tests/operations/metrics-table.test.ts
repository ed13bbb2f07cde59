/** docs/telemetry.md names every metric that is written, and no other. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';

const namesIn = (text: string): readonly string[] =>
  [...new Set(text.match(/holdfast_[a-z_]+/g) ?? [])].sort();

test('the table of metrics is that of the code', () => {
  const folder = path.resolve('runtime', 'node');
  const code = readdirSync(folder)
    .filter((name) => name.startsWith('http-metrics') || name === 'store-metrics.ts')
    .map((name) => readFileSync(path.join(folder, name), 'utf8'))
    .join('\n');
  const written = namesIn(code);
  expect(written.length).toBeGreaterThan(30);
  expect(namesIn(readFileSync(path.resolve('docs', 'telemetry.md'), 'utf8'))).toEqual(written);
});
