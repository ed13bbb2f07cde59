import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  allocateCandles,
  contentHash,
  decodeCandleCsv,
  encodeCandleCsv,
} from '../../protocols/candles/index.js';
import { importStrategies } from '../../protocols/strategies/index.js';
import { IntakeError, openIntake, type Intake, type IntakePoolOptions } from '../../runtime/node/intake.js';
import { sampleStrategyLines } from '../../runtime/samples/index.js';

const entry = path.resolve('dist', 'runtime', 'node', 'intake-worker.js');

let folder = '';
const opened: Intake[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'holdfast-intake-'));
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((intake) => intake.close()));
  rmSync(folder, { recursive: true, force: true });
});

function open(options: IntakePoolOptions = {}): Intake {
  const intake = openIntake({ entry, ...options });
  opened.push(intake);
  return intake;
}

const at = (name: string): string => path.join(folder, name);

/** Hourly bars that rise by a step each; 300 days of them by default. */
function candleCsv(rows = 7_200, price = 100): Uint8Array {
  const candles = allocateCandles(rows);
  for (let row = 0; row < rows; row += 1) {
    candles.timeS[row] = 1_700_000_000 - (1_700_000_000 % 3_600) + row * 3_600;
    for (const column of [candles.open, candles.high, candles.low, candles.close])
      column[row] = price + row / 1_000;
  }
  return encodeCandleCsv(candles);
}

const errorOf = (reason: unknown): IntakeError | null => (reason instanceof IntakeError ? reason : null);

/** An entry of a thread that does something else. */
function thread(source: string): string {
  writeFileSync(at('thread.cjs'), source);
  return at('thread.cjs');
}

describe('importing strategies', () => {
  const lines = sampleStrategyLines('holdfast').join('\n');

  test('gives what the import itself gives, page by page and as a whole', async () => {
    writeFileSync(at('some.sexp'), lines);
    const direct = importStrategies(lines, { source: 'some.sexp' });
    if (!direct.ok) throw new Error(direct.message);
    const { ok: _, ...expected } = direct;
    const intake = open({ pageRecords: 7 });
    expect(await intake.importStrategies(at('some.sexp'))).toEqual(expected);
    const pages: string[] = [];
    const report = await intake.importStrategyPages(
      at('some.sexp'),
      (page, { page: number, pages: total }) => {
        pages.push(`${number}/${total}: ${page.records.length}`);
      },
    );
    expect(report).toEqual(expected.report);
    expect(pages).toEqual([
      '1/9: 7',
      '2/9: 7',
      '3/9: 7',
      '4/9: 7',
      '5/9: 7',
      '6/9: 7',
      '7/9: 7',
      '8/9: 7',
      '9/9: 7',
    ]);
  });

  test('keeps two imports at once apart', async () => {
    writeFileSync(at('one.sexp'), lines);
    writeFileSync(at('two.sexp'), lines.split('\n').slice(0, 10).join('\n'));
    const intake = open({ pageRecords: 3 });
    const [one, two] = await Promise.all([
      intake.importStrategies(at('one.sexp')),
      intake.importStrategies(at('two.sexp')),
    ]);
    expect([one.records.length, two.records.length]).toEqual([63, 10]);
  });

  test('says why a file cannot be read, and goes on', async () => {
    const intake = open();
    await expect(intake.importStrategies(at('none.sexp'))).rejects.toMatchObject({ code: 'input_missing' });
    await expect(intake.importStrategies(folder)).rejects.toMatchObject({ code: 'input_unreadable' });
    writeFileSync(at('empty.sexp'), '');
    expect((await intake.importStrategies(at('empty.sexp'))).report.read).toBe(0);
  });
});

describe('checking candles', () => {
  test('tells content and name apart', async () => {
    const csv = candleCsv(48);
    writeFileSync(at('USDJPY_H1.csv'), csv);
    writeFileSync(at('USDJPY_M5.csv'), csv);
    writeFileSync(at('bars.csv'), csv);
    const seen: string[] = [];
    const paths = ['USDJPY_H1.csv', 'USDJPY_M5.csv', 'bars.csv'].map(at);
    const checks = await open().checkAllCandles(paths, {
      onFile: ({ file }, done, total) => void seen.push(`${file} ${done}/${total}`),
    });
    expect(seen).toEqual(['USDJPY_H1.csv 1/3', 'USDJPY_M5.csv 2/3', 'bars.csv 3/3']);
    expect(checks[0]).toEqual({
      path: at('USDJPY_H1.csv'),
      file: 'USDJPY_H1.csv',
      verdict: 'accepted',
      fileId: contentHash(csv),
      bytes: csv.length,
      name: { symbol: 'USDJPY', timeframeLabel: 'H1', minutes: 60 },
      nameConfirmed: true,
      reason: null,
      message: null,
      row: null,
      found: null,
      expected: null,
      rows: 48,
      first: 1_699_999_200,
      last: 1_699_999_200 + 47 * 3_600,
      stepSeconds: 3_600,
      warnings: [],
    });
    expect(checks.slice(1)).toMatchObject([
      { verdict: 'accepted', nameConfirmed: false },
      { verdict: 'accepted', name: null, nameConfirmed: false },
    ]);
  });

  test('refuses what cannot be read like what cannot be used', async () => {
    writeFileSync(at('USDJPY_H1.csv'), 'timestamp,open,high,low,close,volume\n1700000000,1,1,1,x,1\n');
    const checks = await open().checkAllCandles([at('USDJPY_H1.csv'), at('none.csv'), folder]);
    expect(checks).toMatchObject([
      { verdict: 'refused', reason: 'not_a_number', row: 1, rows: null },
      { verdict: 'refused', reason: 'file_missing', fileId: null },
      { verdict: 'refused', reason: 'file_missing', fileId: null },
    ]);
  });

  test('sees that a file was changed in between', async () => {
    const intake = open();
    writeFileSync(at('USDJPY_H1.csv'), candleCsv(48));
    const before = await intake.checkCandles(at('USDJPY_H1.csv'));
    writeFileSync(at('USDJPY_H1.csv'), candleCsv(48, 101));
    const after = await intake.checkCandles(at('USDJPY_H1.csv'));
    expect(after.fileId).not.toBe(before.fileId);
    const { fileId } = before;
    await expect(
      intake.cutWindows(at('USDJPY_H1.csv'), { folder, fileId: fileId ?? '' }),
    ).rejects.toMatchObject({
      code: 'file_changed',
    });
  });

  test.each([0, 400_000])(
    'gives the same with room for %i bytes of parsed candles',
    async (cacheBytesMax) => {
      for (let file = 0; file < 4; file += 1)
        writeFileSync(at(`S${file}_H1.csv`), candleCsv(2_000, 100 + file));
      const paths = [0, 1, 2, 3, 0, 3].map((file) => at(`S${file}_H1.csv`));
      const bounded = await open({ cacheBytesMax }).checkAllCandles(paths);
      expect(bounded).toEqual(await open().checkAllCandles(paths));
    },
  );
});

describe('cutting windows', () => {
  test('writes both windows under the hash of what they hold', async () => {
    const csv = candleCsv();
    writeFileSync(at('USDJPY_H1.csv'), csv);
    const cut = await open().cutWindows(at('USDJPY_H1.csv'), { folder: at('windows') });
    const { inSample, outOfSample } = cut;
    if (inSample === null || outOfSample === null) throw new Error('expected two windows');
    // 300 days: the newest 30 % are shorter than 180 days.
    expect([inSample.rows, outOfSample.rows]).toEqual([5_040, 2_160]);
    expect(cut).toMatchObject({ fileId: contentHash(csv), stepSeconds: 3_600 });
    for (const window of [inSample, outOfSample]) {
      const bytes = readFileSync(window.path);
      expect(path.basename(window.path)).toBe(`${contentHash(bytes)}.csv`);
      const { windowId, rows, firstS, lastS } = window;
      expect(windowId).toBe(contentHash(bytes));
      expect(decodeCandleCsv(bytes)).toMatchObject({ verdict: 'accepted', rows, first: firstS, last: lastS });
    }
    expect(readdirSync(at('windows'))).toHaveLength(2);
  });

  test('cuts at the days asked for, and no window is made of no bars', async () => {
    writeFileSync(at('USDJPY_H1.csv'), candleCsv());
    writeFileSync(at('single.csv'), candleCsv(1));
    const intake = open();
    const week = await intake.cutWindows(at('USDJPY_H1.csv'), { folder, oosDays: 7 });
    expect(week.outOfSample?.rows).toBe(7 * 24);
    const single = await intake.cutWindows(at('single.csv'), { folder });
    expect([single.inSample?.rows, single.outOfSample]).toEqual([1, null]);
  });

  test('replaces a file of that name that holds something else, and the left-over of a killed process', async () => {
    writeFileSync(at('USDJPY_H1.csv'), candleCsv());
    const intake = open();
    const first = await intake.cutWindows(at('USDJPY_H1.csv'), { folder: at('windows') });
    const file = first.inSample?.path ?? '';
    const sound = readFileSync(file);
    writeFileSync(file, sound.subarray(0, 100));
    writeFileSync(path.join(path.dirname(file), `.${path.basename(file)}.tmp`), 'half');
    expect(await intake.cutWindows(at('USDJPY_H1.csv'), { folder: at('windows') })).toEqual(first);
    expect(readFileSync(file)).toEqual(sound);
    expect(readdirSync(at('windows')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('says why it could not, and leaves no half file', async () => {
    writeFileSync(at('bad.csv'), 'timestamp,open\n');
    writeFileSync(at('USDJPY_H1.csv'), candleCsv());
    writeFileSync(at('taken'), '');
    const intake = open();
    await expect(intake.cutWindows(at('bad.csv'), { folder })).rejects.toMatchObject({
      code: 'candles_refused',
    });
    await expect(intake.cutWindows(at('none.csv'), { folder })).rejects.toMatchObject({
      code: 'candles_refused',
    });
    await expect(intake.cutWindows(at('USDJPY_H1.csv'), { folder: at('taken') })).rejects.toMatchObject({
      code: 'not_writable',
      retryable: false,
    });
  });
});

describe('writing samples', () => {
  test('fills a folder once, and not one of somebody else', async () => {
    const intake = open();
    const samples = await intake.writeSamples(at('samples'));
    expect(samples).toEqual({
      candlesFolder: at('samples'),
      strategiesFile: path.join(at('samples'), 'strategies.sexp'),
      written: true,
    });
    expect(await intake.writeSamples(at('samples'))).toMatchObject({ written: false });
    expect((await intake.importStrategies(samples.strategiesFile)).report).toMatchObject({
      read: 63,
      imported: 60,
    });
    mkdirSync(at('mine'));
    writeFileSync(path.join(at('mine'), 'strategies.sexp'), '');
    await expect(intake.writeSamples(at('mine'))).rejects.toMatchObject({ code: 'folder_in_use' });
  });
});

describe('a thread that fails', () => {
  /** Says that it is ready, and then does this with each message. */
  const threadThat = (does: string): string =>
    thread(`const { parentPort: port } = require('node:worker_threads');
      port.postMessage({ type: 'ready' });
      port.on('message', (message) => { ${does} });`);

  test('is replaced, and what it had is tried again', async () => {
    const check = "port.postMessage({ type: 'answer', id: message.id, ok: true, value: message.attempt })";
    const mortal = threadThat(`if (message.attempt === 1) throw new Error('a bug'); ${check}`);
    const intake = open({ entry: mortal });
    expect(await Promise.all([intake.checkCandles('a'), intake.checkCandles('b')])).toEqual([2, 2]);
  });

  test('at the same file twice rejects what it had, and goes on with what waited', async () => {
    const intake = open({ entry: threadThat("throw new Error('a bug')") });
    const asked = [intake.checkCandles('a'), intake.checkCandles('b')];
    for (const outcome of await Promise.allSettled(asked)) {
      const error = outcome.status === 'rejected' ? errorOf(outcome.reason) : null;
      expect(error?.message).toMatch(/check_candles: .*a bug/);
      expect(error).toMatchObject({ code: 'thread_died', retryable: true });
    }
  });

  test('has forgotten the import that it had open', async () => {
    writeFileSync(at('some.sexp'), sampleStrategyLines('holdfast').join('\n'));
    const opened =
      "port.postMessage({ type: 'answer', id: message.id, ok: true, value: { report: {}, pages: 2 } })";
    const mortal = threadThat(`if (message.request.op === 'strategy_page') process.exit(1); ${opened}`);
    await expect(open({ entry: mortal }).importStrategies(at('some.sexp'))).rejects.toMatchObject({
      code: 'thread_died',
    });
  });

  test('is ended when it does not answer in time', async () => {
    const intake = open({ entry: threadThat('for (;;);'), deadlineMs: 50 });
    await expect(intake.checkCandles('a')).rejects.toMatchObject({ code: 'timeout' });
  });

  test('refuses more than may wait', async () => {
    const up = "port.postMessage({ type: 'answer', id: message.id, ok: true, value: 'up' })";
    const intake = open({
      entry: threadThat(`if (message.request.request.path === 'up') ${up}`),
      queueMax: 1,
    });
    await intake.checkCandles('up');
    const asked = ['held', 'waiting', 'refused'].map((file) => intake.checkCandles(file));
    const settled = Promise.allSettled(asked);
    await expect(asked[2]).rejects.toMatchObject({ code: 'busy' });
    await intake.close();
    expect(
      (await settled).map((outcome) =>
        outcome.status === 'rejected' ? errorOf(outcome.reason)?.code : null,
      ),
    ).toEqual(['closed', 'closed', 'busy']);
  });

  test('takes nothing more once it was closed', async () => {
    const intake = open({ entry: threadThat('') });
    await intake.close();
    await expect(intake.checkCandles('a')).rejects.toMatchObject({ code: 'closed', retryable: false });
  });
});
