import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CandleFilePort } from '../../actors/engine/candle-files.js';
import { CandleStore, type CandleLoad } from '../../actors/engine/candle-store.js';
import { contentHash, encodeCandleCsv } from '../../protocols/candles/index.js';
import { candleFiles } from '../../runtime/node/candle-files.js';
import { goldenSeries } from './golden-series.js';

let home = '';
let reads = 0;

/** The real disk, with its reads counted. */
const counted: CandleFilePort = {
  ...candleFiles,
  read: (realPath) => {
    reads += 1;
    return candleFiles.read(realPath);
  },
};

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'candle-store-'));
  mkdirSync(path.join(home, 'candles'));
  mkdirSync(path.join(home, 'windows'));
  reads = 0;
});

afterEach(() => rmSync(home, { recursive: true }));

const put = (name: string, bars: number): Uint8Array => {
  const bytes = encodeCandleCsv(goldenSeries(bars, 3_600));
  writeFileSync(path.join(home, name), bytes);
  return bytes;
};
const storeOf = (cacheBytesMax = 1_000_000): CandleStore =>
  new CandleStore(counted, {
    folders: [path.join(home, 'candles'), path.join(home, 'windows')],
    cacheBytesMax,
  });
const outcomeOf = (load: CandleLoad): string | number => (load.ok ? load.candles.length : load.code);

describe('the cache', () => {
  test('a file is read once, however often and under whatever name it is asked for', () => {
    const bytes = put('windows/A.csv', 50);
    const store = storeOf();
    const load = store.load('A.csv');
    expect(load.ok && load.contentHash).toBe(contentHash(bytes));
    expect(store.load(path.join(home, 'windows', '..', 'windows', 'A.csv'))).toBe(load);
    expect(reads).toBe(1);
  });

  test('a file that changed is read again, also when size and modification time were kept', () => {
    put('candles/A.csv', 50);
    const file = path.join(home, 'candles', 'A.csv');
    utimesSync(file, 1_000, 1_000);
    const store = storeOf();
    const before = store.load('A.csv');
    const other = encodeCandleCsv(goldenSeries(50, 60));
    writeFileSync(file, other);
    utimesSync(file, 1_000, 1_000);
    const after = store.load('A.csv');
    expect([before.ok && before.candles.timeS[1], after.ok && after.candles.timeS[1]]).toEqual([
      1_699_923_600, 1_699_920_060,
    ]);
    expect(after.ok && after.contentHash).toBe(contentHash(other));
  });

  test('the least recently used file leaves first, and the bound holds', () => {
    for (const name of ['A', 'B', 'C']) put(`candles/${name}.csv`, 100);
    const store = storeOf(2 * (100 * 48 + 4_096));
    for (const name of ['A', 'B', 'A', 'C', 'A', 'B']) store.load(`${name}.csv`);
    // A, B and C are read once each; B left for C while A was in use, and is read again.
    expect(reads).toBe(4);
    expect(store.bytes).toBeLessThanOrEqual(2 * (100 * 48 + 4_096));
  });

  test('a file larger than the cache is computed and not kept', () => {
    put('candles/A.csv', 100);
    const store = storeOf(100);
    expect([outcomeOf(store.load('A.csv')), outcomeOf(store.load('A.csv')), reads, store.bytes]).toEqual([
      100, 100, 2, 0,
    ]);
  });

  test('a broken file is parsed once and refused with its row', () => {
    writeFileSync(
      path.join(home, 'candles', 'A.csv'),
      'timestamp,open,high,low,close,volume\n1600000000,1,1,1,1,-1\n',
    );
    const store = storeOf();
    const load = store.load('A.csv');
    expect(load).toMatchObject({ ok: false, code: 'bad_candles' });
    expect(!load.ok && load.message).toContain('row 1');
    expect(store.load('A.csv')).toBe(load);
    expect(reads).toBe(1);
  });

  test('a file over the size limit is not read', () => {
    put('candles/A.csv', 100);
    const store = new CandleStore(counted, { folders: [path.join(home, 'candles')], fileBytesMax: 1_000 });
    expect([outcomeOf(store.load('A.csv')), reads]).toEqual(['bad_candles', 0]);
  });

  test('a file that changes under the reading is unreadable this time, and never half used', () => {
    put('candles/A.csv', 100);
    const growing: CandleFilePort = {
      ...candleFiles,
      read: (realPath) => {
        const read = candleFiles.read(realPath);
        put('candles/A.csv', 120);
        return read;
      },
    };
    const store = new CandleStore(growing, { folders: [path.join(home, 'candles')] });
    expect(outcomeOf(store.load('A.csv'))).toBe('candles_unreadable');
  });
});

describe('confinement', () => {
  beforeEach(() => {
    put('secret.csv', 50);
    symlinkSync(path.join(home, 'secret.csv'), path.join(home, 'candles', 'link.csv'));
    symlinkSync(path.join(home, 'windows'), path.join(home, 'candles', 'windows-link'));
    put('windows/A.csv', 50);
  });

  test.each<[string, () => string, string | number]>([
    ['a relative path that climbs out', () => '../secret.csv', 'path_refused'],
    ['an absolute path outside', () => path.join(home, 'secret.csv'), 'path_refused'],
    [
      'a folder whose name only begins alike',
      () => path.join(home, 'candles-other', 'A.csv'),
      'path_refused',
    ],
    ['a link that leads outside', () => 'link.csv', 'path_refused'],
    ['a path with a NUL byte', () => 'A.csv\0.txt', 'path_refused'],
    ['the empty path', () => '', 'path_refused'],
    ['a path of five thousand characters', () => 'a'.repeat(5_000), 'path_refused'],
    ['a link into another configured folder', () => 'windows-link/A.csv', 50],
    ['a file that is not there', () => 'B.csv', 'candles_missing'],
    ['a folder', () => 'windows-link', 'candles_missing'],
    ['a path below a file', () => 'A.csv/B.csv', 'candles_missing'],
  ])('%s', (_, asked, outcome) => expect(outcomeOf(storeOf().load(asked()))).toBe(outcome));

  test('a file that the system will not give is unreadable, which may pass', () => {
    const failing: CandleFilePort = {
      ...candleFiles,
      read: () => ({ ok: false, code: 'candles_unreadable', detail: 'EIO' }),
    };
    const store = new CandleStore(failing, { folders: [path.join(home, 'windows')] });
    expect(outcomeOf(store.load('A.csv'))).toBe('candles_unreadable');
    expect(outcomeOf(storeOf().load('A.csv'))).toBe(50);
  });
});
