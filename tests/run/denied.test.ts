/** Paths that the user may not read or write are told before anything is begun, each in one line. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const main = path.resolve(__dirname, '../../dist/cli/main.js');

/** Nothing is hidden from root, so root plays somebody else; that one must be able to read the program itself. */
const somebody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
const canPlay = ((): boolean => {
  try {
    execFileSync(process.execPath, [main, '--version'], { ...somebody, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

(canPlay ? describe : describe.skip)('what this user may not touch', () => {
  let folder: string;
  const at = (name: string): string => path.join(folder, name);
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-denied-'));
    chmodSync(folder, 0o755);
    for (const name of ['open', 'closed', 'full']) mkdirSync(at(name));
    for (const name of ['open/s.sexp', 'closed/s.sexp', 'open/closed.csv'])
      writeFileSync(at(name), '; nothing\n');
    chmodSync(at('open/closed.csv'), 0o000);
    chmodSync(at('closed'), 0o000);
    chmodSync(at('full'), 0o555);
  });
  afterAll(() => {
    chmodSync(at('closed'), 0o755);
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (candles: string, strategies: string, ...flags: string[]): string[] => [
    'run',
    '--once',
    '--candles',
    candles,
    '--strategies',
    strategies,
    '--db',
    at('full/x.db'),
    ...flags,
  ];
  const cases: readonly (readonly [string, () => string[], number, RegExp])[] = [
    [
      'a folder of candles',
      () => run(at('closed'), at('open/s.sexp')),
      66,
      /--candles .*a folder this user may not read/,
    ],
    [
      'strategies in such a folder',
      () => run(at('open'), at('closed/s.sexp')),
      66,
      /--strategies .*may not look at/,
    ],
    [
      'a candle file',
      () => ['candles', 'check', at('open/closed.csv')],
      66,
      /check .*a file this user may not read/,
    ],
    [
      'a folder for the summary',
      () => run(at('open'), at('open/s.sexp'), '--json', at('full/x.json')),
      73,
      /--json .*may not write in/,
    ],
    ['a folder for the database', () => run(at('open'), at('open/s.sexp')), 73, /--db/],
    ['a database to look at', () => ['status', '--db', at('closed/x.db')], 66, /--db .*may not look at/],
  ];

  test.each(cases)('%s', (_what, args, code, line) => {
    const ended = spawnSync(process.execPath, [main, ...args()], {
      ...somebody,
      cwd: folder,
      encoding: 'utf8',
    });
    expect({ code: ended.status, stdout: ended.stdout }).toEqual({ code, stdout: '' });
    expect(ended.stderr).toMatch(/^holdfast: .*\n$/);
    expect(ended.stderr).toMatch(line);
    expect(existsSync(at('full/x.db'))).toBe(false);
  });
});
