/** The pool between its sockets, with real threads that die and hang on demand. */
import { afterEach, describe, expect, test } from '@jest/globals';
import type { KernelEvent, System } from '../../runtime/index.js';
import { startTree } from '../../runtime/index.js';
import { decodeBacktestResult, type BacktestResult } from '../../protocols/backtest-wire/index.js';
import { enginePool } from '../../runtime/node/engine-pool.js';
import { poolNames } from '../../runtime/node/engine-pool-messages.js';
import type { Received } from '../../runtime/node/zmq-pull.js';
import type { Sent } from '../../runtime/node/zmq-push.js';

/** Answers by the request's indicator: dies, hangs, answers too much, or says that there was no figure. */
const engine = `
  import { parentPort } from 'node:worker_threads';
  parentPort.postMessage({ type: 'ready' });
  parentPort.on('message', ({ id, request }) => {
    const text = new TextDecoder().decode(request);
    if (text.includes('"die"')) process.exit(3);
    if (text.includes('"throw"')) throw new Error('a bug in the engine');
    while (text.includes('"hang"'));
    const requestId = /request_id \\. "([^"]*)"/.exec(text)?.[1] ?? '';
    const padding = text.includes('"large"') ? ' '.repeat(17 * 1024 * 1024) : '';
    const answer = '((type . "BACKTEST_RESULT") (result . ((error . "none") (error_code . "done") (request_id . "'
      + requestId + '"))))' + padding;
    parentPort.postMessage({ type: 'answer', id, ok: true, value: new TextEncoder().encode(answer) });
  });
`;
const entry = (source: string): URL => new URL(`data:text/javascript,${encodeURIComponent(source)}`);

const request = (id: string, indicator = 'sma'): Uint8Array =>
  Buffer.from(
    `((action . "BACKTEST") (request_id . "${id}") (candles_file . "x.csv") (strategy . ((name . "S") ` +
      `(sma_short . 1) (sma_long . 2) (sl . 1) (tp . 1) (volume . 1) (indicator_type . "${indicator}"))))`,
  );

/** A socket to read from: what was put in, in order; then it waits. */
class Inbox {
  readonly #frames: Uint8Array[] = [];
  #waiting: ((received: Received) => void) | null = null;
  reads = 0;
  opened = 0;

  put(...frames: readonly Uint8Array[]): void {
    this.#frames.push(...frames);
    this.#serve();
  }

  readonly open = (): Promise<{ receive(): Promise<Received>; close(): Promise<void> }> => {
    this.opened += 1;
    let isClosed = false;
    return Promise.resolve({
      receive: () => {
        if (isClosed) return Promise.resolve({ type: 'closed' });
        return new Promise<Received>((resolve) => {
          this.#waiting = resolve;
          this.#serve();
        });
      },
      close: () => {
        isClosed = true;
        this.#waiting?.({ type: 'closed' });
        this.#waiting = null;
        return Promise.resolve();
      },
    });
  };

  #serve(): void {
    if (this.#waiting === null) return;
    const bytes = this.#frames.shift();
    if (bytes === undefined) return;
    const waiting = this.#waiting;
    this.#waiting = null;
    this.reads += 1;
    waiting({ type: 'frame', bytes });
  }
}

/** A socket to send to, that can be full. */
class Outbox {
  readonly answers: BacktestResult[] = [];
  isFull = false;
  #awaited: { count: number; resolve: () => void } | null = null;
  #refusals = 0;
  #refused: (() => void) | null = null;

  /** Takes nothing; resolves when so many sends were refused. */
  refuse(count: number): Promise<void> {
    this.isFull = true;
    this.#refusals = count;
    return new Promise((resolve) => (this.#refused = resolve));
  }

  readonly open = (): Promise<{ send(bytes: Uint8Array): Promise<Sent>; close(): Promise<void> }> =>
    Promise.resolve({
      send: (bytes) => {
        if (this.isFull) {
          if (--this.#refusals === 0) this.#refused?.();
          return Promise.resolve('full');
        }
        const decoded = decodeBacktestResult(bytes);
        if (!decoded.ok) throw new Error(decoded.error.code);
        this.answers.push(decoded.value);
        if (this.answers.length >= (this.#awaited?.count ?? Infinity)) this.#awaited?.resolve();
        return Promise.resolve('sent');
      },
      close: () => Promise.resolve(),
    });

  /** Id and code of the first `count` answers, once they are there, in the order of their ids. */
  async first(count: number): Promise<readonly string[]> {
    if (this.answers.length < count)
      await new Promise<void>((resolve) => {
        this.#awaited = { count, resolve };
      });
    return this.answers
      .map((answer) => `${answer.requestId} ${'code' in answer ? answer.code : 'ok'}`)
      .sort();
  }
}

let system: System | undefined;
let events: KernelEvent[] = [];
afterEach(async () => {
  await system?.stop();
  events = [];
});

async function startPool(
  options: { workers?: number; requestLimitMs?: number; source?: string } = {},
): Promise<{ inbox: Inbox; outbox: Outbox; log: string[] }> {
  const { workers = 2, requestLimitMs = 60_000, source = engine } = options;
  const [inbox, outbox, log] = [new Inbox(), new Outbox(), [] as string[]];
  const config = {
    workers,
    requestLimitMs,
    engine: { folders: [] },
    engineEntry: entry(source),
    restartDelaysMs: [1],
  };
  const ports = {
    openRequests: inbox.open,
    openReplies: outbox.open,
    log: (line: string) => void log.push(line),
  };
  system = await startTree(enginePool(config, ports), { subscribers: [(event) => events.push(event)] });
  return { inbox, outbox, log };
}

const ids = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(3, '0')}`);

describe('a worker', () => {
  test.each(['die', 'throw'])(
    'that ends on a request (%s) answers for it, once, and is replaced',
    async (end) => {
      const { inbox, outbox } = await startPool({ workers: 1 });
      inbox.put(request('a'), request('b', end), request('c'), request('d'));
      expect(await outbox.first(4)).toEqual(['a done', 'b worker_died', 'c done', 'd done']);
      expect(events.filter((event) => event.type === 'restarting').map(({ path }) => path)).toEqual([
        'engine-pool/engines/crew/worker-1',
      ]);
    },
  );

  test('that hangs is ended at the limit, its request answered engine_timeout, and it is replaced', async () => {
    const { inbox, outbox } = await startPool({ workers: 1, requestLimitMs: 100 });
    inbox.put(request('a', 'hang'), request('b'));
    expect(await outbox.first(2)).toEqual(['a engine_timeout', 'b done']);
  });

  test('that hangs holds up nobody else', async () => {
    const { inbox, outbox } = await startPool({ workers: 2 });
    inbox.put(request('stuck', 'hang'), ...ids('r', 20).map((id) => request(id)));
    expect(await outbox.first(20)).toEqual(ids('r', 20).map((id) => `${id} done`));
  });

  test('with an answer that no socket would carry is answered for, and goes on', async () => {
    const { inbox, outbox } = await startPool({ workers: 1 });
    inbox.put(request('a', 'large'), request('b'));
    expect(await outbox.first(2)).toEqual(['a answer_too_large', 'b done']);
    expect(events.filter((event) => event.type === 'restarting')).toEqual([]);
  });

  test('that cannot start at all fails the start', async () => {
    await expect(startPool({ source: 'import "no-such-module";' })).rejects.toThrow('no-such-module');
    system = undefined;
  });
});

describe('what is in hand', () => {
  test('is two requests for each worker, counted until the answers have left', async () => {
    const { inbox, outbox } = await startPool({ workers: 2 });
    const refused = outbox.refuse(6);
    inbox.put(...ids('r', 10).map((id) => request(id)));
    await refused;
    expect(inbox.reads).toBe(4);
    outbox.isFull = false;
    expect(await outbox.first(10)).toEqual(ids('r', 10).map((id) => `${id} done`));
    expect(inbox.reads).toBe(10);
  });

  test('is finished after reading has stopped, and nothing more is read', async () => {
    const { inbox, outbox } = await startPool({ workers: 1 });
    inbox.put(request('a'), request('b'));
    await outbox.first(1);
    const deadline = { deadlineMs: 10_000 };
    expect(await system?.ask(poolNames.requests, { type: 'stop_reading' }, deadline)).toEqual({
      ok: true,
      value: 'stopped',
    });
    inbox.put(request('late'));
    expect(await system?.ask(poolNames.desk, { type: 'idle' }, deadline)).toEqual({
      ok: true,
      value: 'idle',
    });
    expect(await outbox.first(2)).toEqual(['a done', 'b done']);
  });

  test('200 requests with deaths among them are 200 answers, each once', async () => {
    const { inbox, outbox } = await startPool({ workers: 2 });
    const dying = new Set(['r020', 'r021', 'r110', 'r199']);
    inbox.put(...ids('r', 200).map((id) => request(id, dying.has(id) ? 'die' : 'sma')));
    const expected = ids('r', 200).map((id) => `${id} ${dying.has(id) ? 'worker_died' : 'done'}`);
    expect(await outbox.first(200)).toEqual(expected);
  });
});

describe('supervision', () => {
  test('a pool whose threads die of every request gives up in the end', async () => {
    const { inbox, outbox } = await startPool({ workers: 1, source: engine.replace('"die"', 'BACKTEST') });
    inbox.put(...ids('r', 100).map((id) => request(id)));
    const reason = await system?.exited;
    expect(reason?.kind).toBe('shutdown');
    expect(outbox.answers.every((answer) => 'code' in answer && answer.code === 'worker_died')).toBe(true);
    expect(new Set(outbox.answers.map(({ requestId }) => requestId)).size).toBe(outbox.answers.length);
  });

  test('a desk that crashes takes the reader with it, and the next requests are answered', async () => {
    const { inbox, outbox } = await startPool({ workers: 1 });
    inbox.put(request('a'));
    await outbox.first(1);
    system?.exit(poolNames.desk, { kind: 'error', error: new Error('a bug') });
    await new Promise<void>((resolve) => {
      const release = system?.trace((event) => {
        if (event.type !== 'started' || event.path !== 'engine-pool/requests') return;
        release?.();
        resolve();
      });
    });
    expect(inbox.opened).toBe(2);
    inbox.put(request('b'));
    expect(await outbox.first(2)).toEqual(['a done', 'b done']);
  });
});
