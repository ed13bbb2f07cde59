/** Large lists: whole frames go to the trades thread, and only the summary and a receipt come back. */
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type EngineFigures, encodeBacktestResult } from '../../protocols/backtest-wire/index.js';
import { openReadOnly } from '../../storage/reader/read-only.js';
import { selectTradeList, selectTrades } from '../../storage/tables/trades.js';
import { tradesHash } from '../../storage/trades-hash.js';
import { storeTrades } from '../../storage/writer/ingest.js';
import { PreparedStatements } from '../../storage/prepared.js';
import { openTradesWriter, type TradesWriter } from '../../storage/writer/trades-client.js';
import { Store } from './core-store.js';
import { built, temporaryFile } from './temporary.js';

const opened: TradesWriter[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((writer) => writer.close()));
});

async function open(file: string): Promise<TradesWriter> {
  const writer = await openTradesWriter({ file, entry: built('writer/thread.js') });
  opened.push(writer);
  return writer;
}

const columns = (count: number) => ({
  exitS: Float64Array.from({ length: count }, (_, place) => 1_700_000_000 + place * 60),
  pnl: Float64Array.from({ length: count }, (_, place) => (place % 7) * 0.25 - 0.5),
});

const figures: EngineFigures = {
  trades: 3,
  wins: 2,
  losses: 1,
  pnl: 1.5,
  sharpe: 0.4,
  sortino: 0.5,
  max_drawdown: 0.01,
  win_rate: 66.5,
  profit_factor: 2,
  adjusted_sharpe: 0.3,
  sharpe_ci_lower: 0.1,
};

const frameOf = (requestId: string, count: number | null): Uint8Array =>
  Buffer.from(
    encodeBacktestResult({
      kind: 'ok',
      requestId,
      strategyName: 'demo',
      figures,
      ...(count === null ? {} : { trades: columns(count) }),
    }),
  );

function stored(file: string, attemptId: string) {
  const store = openReadOnly(file, 'trades', () => 0, { rowsMax: 200_000, queryMsMax: 1 });
  const list = store.query(selectTradeList({ attemptId }));
  const trades = store.query(selectTrades({ attemptId, afterSeq: -1, limit: 200_000 }));
  store.close();
  if (!list.ok || !trades.ok) throw new Error('cannot read');
  return { list: list.value.rows, trades: trades.value.rows };
}

describe('a result frame', () => {
  test('comes back as its summary and a receipt; its trades are in the file', async () => {
    const file = temporaryFile();
    const writer = await open(file);
    const frame = frameOf('attempt-1', 1_000);
    const { exitS, pnl } = columns(1_000);
    const sha256 = tradesHash(exitS, pnl);
    const outcome = await writer.ingestFrame(frame, 5_000);
    expect(outcome).toMatchObject({
      ok: true,
      value: {
        type: 'ingested',
        summary: { kind: 'ok', requestId: 'attempt-1', figures: { trades: 3, sharpe: 0.4 } },
        trades: { attemptId: 'attempt-1', count: 1_000, sha256, standing: 'stored' },
      },
    });
    expect(JSON.stringify(outcome)).not.toContain('exitS');
    expect(frame.byteLength).toBeGreaterThan(0);
    const { list, trades } = stored(file, 'attempt-1');
    expect(list).toMatchObject([{ attempt_id: 'attempt-1', count: 1_000, sha256, received_wall_ms: 5_000 }]);
    expect(trades.map((row) => row.exit_s)).toEqual([...exitS]);
    expect(trades.map((row) => row.pnl)).toEqual([...pnl]);
  });

  test('twice is once: the second finds the receipt', async () => {
    const file = temporaryFile();
    const writer = await open(file);
    const both = [writer.ingestFrame(frameOf('a', 10), 1), writer.ingestFrame(frameOf('a', 10), 2)];
    const receipts = (await Promise.all(both)).map((outcome) =>
      outcome.ok && outcome.value.type === 'ingested' ? outcome.value.trades?.standing : 'none',
    );
    expect(receipts).toEqual(['stored', 'duplicate']);
    const other = await writer.ingestFrame(frameOf('a', 11), 3);
    expect(other).toMatchObject({ value: { trades: { standing: 'different', count: 10 } } });
    expect(stored(file, 'a').trades).toHaveLength(10);
  });

  test('a list without trades is a list, an answer without a list has no receipt', async () => {
    const writer = await open(temporaryFile());
    expect(await writer.ingestFrame(frameOf('empty', 0), 1)).toMatchObject({
      value: { trades: { count: 0 } },
    });
    expect(await writer.ingestFrame(frameOf('none', null), 1)).toMatchObject({ value: { trades: null } });
  });

  test('bytes that are no result are a coded refusal, and store nothing', async () => {
    const file = temporaryFile();
    const writer = await open(file);
    const bad = [Buffer.from('((type . "OTHER"))'), Buffer.from([0xff, 0xfe]), Buffer.from('(((')];
    const codes = await Promise.all(bad.map((frame) => writer.ingestFrame(frame, 1)));
    expect(codes).toMatchObject([
      { ok: true, value: { type: 'refused', error: { code: 'wrong_type' } } },
      { ok: true, value: { type: 'refused' } },
      { ok: true, value: { type: 'refused' } },
    ]);
  });
});

describe('columns', () => {
  test('that were decoded elsewhere are stored the same way, also from a shared piece of memory', async () => {
    const file = temporaryFile();
    const writer = await open(file);
    const { exitS, pnl } = columns(20);
    const given = { attemptId: 'a', requestId: 'r', receivedWallMs: 1 };
    const part = { exitS: exitS.subarray(5, 10), pnl: pnl.subarray(5, 10) };
    const sha256 = tradesHash(part.exitS, part.pnl);
    const receipt = await writer.storeTrades({ ...given, ...part });
    expect(receipt).toEqual({ ok: true, value: { attemptId: 'a', count: 5, sha256, standing: 'stored' } });
    expect(exitS).toHaveLength(20);
    expect(stored(file, 'a').list).toMatchObject([{ request_id: 'r' }]);
  });

  test('a value that SQLite cannot keep exactly refuses the list as a whole', async () => {
    const file = temporaryFile();
    const writer = await open(file);
    const given = { attemptId: 'a', requestId: null, receivedWallMs: 1 };
    const halfSecond = { exitS: Float64Array.of(1, 2.5), pnl: Float64Array.of(1, 1) };
    const unknown = { exitS: Float64Array.of(1, 2), pnl: Float64Array.of(1, Number.NaN) };
    const refused = { ok: false, error: { code: 'constraint', retryable: false } };
    expect(await writer.storeTrades({ ...given, ...halfSecond })).toMatchObject(refused);
    expect(await writer.storeTrades({ ...given, ...unknown })).toMatchObject(refused);
    expect(stored(file, 'a').list).toEqual([]);
  });

  test('whatever finite list goes in comes out, with its count and hash', () => {
    const store = new Store('trades');
    const prepared = new PreparedStatements(store.connection);
    const trade = fc.tuple(
      fc.integer({ min: 0, max: 2_000_000_000 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((pnl) => (pnl === 0 ? 0 : pnl)),
    );
    let attempts = 0;
    fc.assert(
      fc.property(fc.array(trade, { maxLength: 30 }), (trades) => {
        const attemptId = `a${(attempts += 1)}`;
        const exitS = Float64Array.from(trades, ([exit]) => exit);
        const pnl = Float64Array.from(trades, ([, value]) => value);
        const receipt = storeTrades(prepared, { attemptId, requestId: null, exitS, pnl, receivedWallMs: 1 });
        expect(receipt).toMatchObject({ count: trades.length, sha256: tradesHash(exitS, pnl) });
        const rows = store.all(selectTrades({ attemptId, afterSeq: -1, limit: 100 }));
        expect(rows.map((row) => [row.exit_s, row.pnl])).toEqual(trades);
      }),
    );
  });
});
