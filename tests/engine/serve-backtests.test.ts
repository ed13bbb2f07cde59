import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Push } from 'zeromq';
import { answerBacktest } from '../../actors/engine/answer.js';
import { CandleStore } from '../../actors/engine/candle-store.js';
import {
  encodeBacktestRequest,
  frameBytesMax,
  type BacktestRequest,
} from '../../protocols/backtest-wire/index.js';
import { encodeCandleCsv } from '../../protocols/candles/index.js';
import { candleFiles } from '../../runtime/node/candle-files.js';
import { serveDefaults } from '../../runtime/node/serve-backtests.js';
import { addServeBacktests } from '../../cli/serve-backtests.js';
import { PullSocket } from '../../runtime/node/zmq-pull.js';
import { goldenSeries } from './golden-series.js';
import { startServe, Wire, type ServeChild } from './serve-child.js';

let folder = '';
let wire: Wire;
const children: ServeChild[] = [];

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'serve-'));
  writeFileSync(path.join(folder, 'GOLD_H1.csv'), encodeCandleCsv(goldenSeries(600, 3_600)));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  wire = await Wire.open();
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.process.kill('SIGKILL');
    await child.ended;
  }
  await wire.close();
});

function start(...flags: string[]): ServeChild {
  const endpoints = ['--requests', 'tcp://127.0.0.1:*', '--results', wire.results.endpoint];
  const child = startServe([...endpoints, '--candles-root', folder, ...flags]);
  children.push(child);
  return child;
}

async function serve(...flags: string[]): Promise<ServeChild> {
  const child = start(...flags);
  await wire.connect((await child.ready).requests);
  return child;
}

const asked = (requestId: string, changes: Partial<BacktestRequest['strategy']> = {}): BacktestRequest => ({
  requestId,
  strategy: {
    name: `S-${requestId}`,
    smaShort: 5,
    smaLong: 20,
    sl: 0.3,
    tp: 0.4,
    volume: 0.01,
    indicatorType: 'sma',
    ...changes,
  },
  timeframeMinutes: 60,
  candlesFile: 'GOLD_H1.csv',
  includeTrades: false,
});

describe('answers', () => {
  test("200 requests in are 200 answers out, each the engine's own and each exactly once", async () => {
    await serve('--workers', '2');
    const requests = Array.from({ length: 200 }, (_, index) =>
      asked(`r-${index}`, { smaShort: 2 + (index % 9) }),
    );
    const sending = (async () => {
      for (const request of requests) await wire.ask(request);
    })();
    const answers: string[] = [];
    while (answers.length < requests.length) {
      const frame = await wire.frame();
      if (frame !== null) answers.push(Buffer.from(frame).toString());
    }
    await sending;
    const deps = { candles: new CandleStore(candleFiles, { folders: [folder] }) };
    const expected = requests.map((request) =>
      Buffer.from(answerBacktest(Buffer.from(encodeBacktestRequest(request)), deps)).toString(),
    );
    expect(answers.sort()).toEqual(expected.sort());
    expect(await wire.frame()).toBeNull();
  });

  test('candles outside of the roots are refused, not read', async () => {
    await serve();
    await wire.ask({ ...asked('out'), candlesFile: path.resolve('package.json') });
    expect(await wire.answer()).toMatchObject({ kind: 'failed', requestId: 'out', code: 'path_refused' });
  });

  test('a request whose reader is away is answered when the reader is back', async () => {
    await serve();
    const { endpoint } = wire.results;
    await wire.results.close();
    for (const id of ['a', 'b', 'c']) await wire.ask(asked(id));
    const reader = await PullSocket.open('results_in', { bind: endpoint });
    const ids: string[] = [];
    while (ids.length < 3) {
      const received = await reader.receive();
      if (received.type === 'closed') throw new Error('the wire is closed');
      if (received.type === 'frame')
        ids.push(/request_id \. "(.)"/.exec(Buffer.from(received.bytes).toString())?.[1] ?? '?');
    }
    expect(ids.sort()).toEqual(['a', 'b', 'c']);
    await reader.close();
  });
});

describe('hostile frames', () => {
  const large = (head: string, bytes: number): Uint8Array => {
    const frame = Buffer.alloc(bytes, ' ');
    frame.write(head);
    return frame;
  };
  const nothings: readonly (Uint8Array | string)[] = [
    '',
    '  \n',
    Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * 7919) % 256)),
    'hello',
    large('((action . "BACKTEST")', 20_000_000),
  ];

  test('what can be no request is dropped and counted, and the next request is answered', async () => {
    const child = await serve('--workers', '1');
    // By one connection, so that the request comes last.
    await sendForeign(child, ...nothings, encodeBacktestRequest(asked('after')));
    expect(await wire.answer()).toMatchObject({ kind: 'ok', requestId: 'after' });
    child.process.kill('SIGTERM');
    const { stderr } = await child.ended;
    expect(stderr).toContain('4 not_a_request, 1 too_large');
  });

  test('a frame over what a connection may carry ends only that connection', async () => {
    const child = await serve('--workers', '1');
    await sendForeign(child, new Uint8Array(2 * frameBytesMax + 1));
    await wire.ask(asked('after'));
    expect(await wire.answer()).toMatchObject({ kind: 'ok', requestId: 'after' });
  });

  test.each([
    ['a list that never closes', '((action . "BACKTEST"', { code: 'bad_request', requestId: null }],
    ['a deep pit', '('.repeat(100_000), { code: 'bad_request', requestId: null }],
    ['another message', '((action . "PING") (request_id . "p"))', { code: 'bad_request', requestId: 'p' }],
    ['JSON of another kind', '{"request_id": "j"}', { code: 'bad_request', requestId: 'j' }],
    ['no strategy', '((action . "BACKTEST") (request_id . "n"))', { code: 'bad_request', requestId: 'n' }],
  ])('%s is answered with a failure and never with figures', async (_what, frame, expected) => {
    await serve('--workers', '1');
    await wire.send(frame);
    expect(await wire.answer()).toMatchObject({ kind: 'failed', ...expected });
  });

  test('a request with two ids is answered once, to neither', async () => {
    await serve('--workers', '1');
    await wire.send(encodeBacktestRequest(asked('one')).replace(/\)\s*$/, ' (request_id . "two"))'));
    await wire.ask(asked('after'));
    expect(await wire.answer()).toMatchObject({ kind: 'failed', code: 'bad_request', requestId: null });
    expect(await wire.answer()).toMatchObject({ requestId: 'after' });
  });

  test('a request over the limit is answered by name', async () => {
    const child = await serve('--workers', '1');
    await sendForeign(child, large('((action . "BACKTEST") (request_id . "huge")', 20_000_000));
    expect(await wire.answer()).toMatchObject({ kind: 'failed', requestId: 'huge', code: 'bad_request' });
  });

  /** Our own sockets would refuse to send it. */
  async function sendForeign(child: ServeChild, ...frames: readonly (Uint8Array | string)[]): Promise<void> {
    const foreign = new Push({ linger: 10_000 });
    foreign.connect((await child.ready).requests);
    for (const frame of frames) await foreign.send(frame);
    foreign.close();
  }
});

describe('a process that ends', () => {
  test('by SIGTERM answers what it has read, and leaves with 143', async () => {
    const child = await serve('--workers', '1');
    await wire.ask(asked('a'));
    await wire.answer();
    child.process.kill('SIGTERM');
    expect(await child.ended).toMatchObject({ code: 143, signal: null });
  });

  test('by the end of its standard input, when told so', async () => {
    const child = await serve('--exit-with-stdin');
    child.process.stdin.end();
    expect(await child.ended).toMatchObject({ code: 0, signal: null });
  });

  test('leaves Ctrl-C to the parent that holds its standard input', async () => {
    const child = await serve('--exit-with-stdin');
    child.process.kill('SIGINT');
    await wire.ask(asked('a'));
    expect(await wire.answer()).toMatchObject({ requestId: 'a' });
  });

  test('a second instance on the same port says so in one line, exit code 75', async () => {
    const first = await serve();
    const { requests } = await first.ready;
    const second = startServe([
      '--requests',
      requests,
      '--results',
      wire.results.endpoint,
      '--candles-root',
      folder,
    ]);
    children.push(second);
    const { code, stderr, stdout } = await second.ended;
    expect({ code, stdout }).toEqual({ code: 75, stdout: '' });
    expect(stderr.trim().split('\n').at(-1)).toContain(`${requests} is in use`);
  });

  test.each([
    [['--candles-root', 'no/such/folder'], 66, 'expected a folder'],
    [['--results', 'nowhere'], 78, 'expected an endpoint'],
    [['--workers', '0'], 2, 'expected a whole number from 1 to 256'],
  ])('%j is refused with code %i', async (flags, expected, said) => {
    const child = start(...flags);
    const { code, stderr } = await child.ended;
    expect({ code, stderr }).toEqual({ code: expected, stderr: expect.stringContaining(said) });
  });
});

test('the command line and the program have the same defaults', () => {
  const command = addServeBacktests(new Command());
  expect(command.opts()).toMatchObject(serveDefaults);
});
