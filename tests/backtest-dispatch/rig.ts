/** The whole dispatch on real threads, files and sockets; only the backend is played by the test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { defaults as paceDefaults } from '../../actors/backtest-dispatch/settings.js';
import type { DbThreads } from '../../actors/db-writes/ports.js';
import { storageThreads } from '../../actors/db-writes/storage-threads.js';
import type { Spool } from '../../actors/dead-letters/ports.js';
import { decodeBacktestRequest } from '../../protocols/backtest-wire/index.js';
import { names as dispatch, payloadVersion } from '../../protocols/backtest-dispatch.js';
import type { DispatchSettings } from '../../protocols/backtest-dispatch.js';
import { names as db } from '../../protocols/db-writes.js';
import type { NewRequest, Strategy } from '../../protocols/db-rows.js';
import type { RequestOutcome } from '../../protocols/db-views.js';
import {
  child,
  type ChildSpec,
  type KernelEvent,
  nactHost,
  supervisor,
  System,
} from '../../runtime/index.js';
import { nodeCapabilities } from '../../runtime/node/capabilities.js';
import { PullSocket } from '../../runtime/node/zmq-pull.js';
import { PushSocket } from '../../runtime/node/zmq-push.js';
import { zmqSockets } from '../../runtime/node/zmq-sockets.js';
import { openWriter } from '../../storage/writer/client.js';
import { backtestDispatch } from '../../supervisors/backtest-dispatch.js';
import { core } from '../../supervisors/core.js';
import { dbWrites } from '../../supervisors/db-writes.js';
import { deadLetters } from '../../supervisors/dead-letters.js';
import { services } from '../../supervisors/services.js';

const entries = {
  writerEntry: path.resolve('dist', 'storage', 'writer', 'thread.js'),
  readerEntry: path.resolve('dist', 'storage', 'reader', 'thread.js'),
};

export const settings: DispatchSettings = {
  ...paceDefaults,
  inFlightMin: 4,
  inFlightMax: 4,
  batchMax: 4,
  intervalMs: 0,
};

class MemorySpool implements Spool {
  #text = '';
  get bytes(): number {
    return Buffer.byteLength(this.#text);
  }
  append(text: string): Promise<void> {
    this.#text += text;
    return Promise.resolve();
  }
  read = (): Promise<string> => Promise.resolve(this.#text);
  clear(): Promise<void> {
    this.#text = '';
    return Promise.resolve();
  }
  close = (): Promise<void> => Promise.resolve();
}

/** One life of a backend: bound for requests, connected for results, in the test's hands. */
export class PlayedBackend {
  readonly received: string[] = [];
  readonly #waiting: ((attemptId: string) => void)[] = [];

  private constructor(
    readonly session: string,
    readonly requests: PullSocket,
    readonly results: PushSocket,
  ) {
    void this.#read();
  }

  static async open(session: string, resultsEndpoint: string): Promise<PlayedBackend> {
    const requests = await PullSocket.open('requests_in', { bind: 'tcp://127.0.0.1:*' });
    const results = await PushSocket.open('results_out', { connect: resultsEndpoint });
    return new PlayedBackend(session, requests, results);
  }

  async #read(): Promise<void> {
    for (;;) {
      const received = await this.requests.receive();
      if (received.type === 'closed') return;
      if (received.type !== 'frame') continue;
      const request = decodeBacktestRequest(received.bytes);
      if (!request.ok) throw new Error(request.error.code);
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.received.push(request.value.requestId);
      else waiting(request.value.requestId);
    }
  }

  /** The next request's attempt. */
  next(): Promise<string> {
    const first = this.received.shift();
    if (first !== undefined) return Promise.resolve(first);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async answer(attemptId: string, body = okBody): Promise<void> {
    const frame = Buffer.from(
      `((type . "BACKTEST_RESULT") (result . ((request_id . "${attemptId}") ${body})))`,
    );
    while ((await this.results.send(frame)) === 'full')
      await new Promise((resolve) => setTimeout(resolve, 5));
  }

  async close(): Promise<void> {
    await Promise.all([this.requests.close(), this.results.close({ force: true })]);
  }
}

export const okBody =
  '(strategy_name . "s") (sharpe . 0.5) (trades . 2) (wins . 1) (losses . 1) (pnl . 1.5) (win_rate . 50.0)' +
  ' (profit_factor . 2.0) (max_dd . 0.01) (trade_list . (((timestamp . 100) (pnl . 1.0)) ((timestamp . 200) (pnl . 0.5))))';
export const failedBody = (code: string): string =>
  `(strategy_name . "s") (error . "it failed") (error_code . "${code}")`;

const strategy: Strategy = {
  strategyId: 's1',
  name: 's',
  symbol: 'USDJPY',
  timeframeMinutes: 60,
  indicatorType: 'sma',
  logicJson: '{}',
  claimedRank: null,
  environment: 'test',
  approximated: 0,
  approximationsJson: null,
  source: 'test',
  foreignHash: null,
  importedWallMs: 1,
};

export const request = (id: string): NewRequest => ({
  requestId: id,
  idempotencyKey: `key ${id}`,
  kind: 'backtest',
  strategyId: 's1',
  windowId: null,
  priority: 0,
  payloadVersion,
  payloadJson: JSON.stringify({
    strategy: { name: id, smaShort: 5, smaLong: 20, sl: 1, tp: 2, volume: 0.01, indicatorType: 'sma' },
    timeframeMinutes: 60,
    candlesFile: 'w.csv',
    includeTrades: true,
  }),
  attemptsMax: 4,
  dueWallMs: 1,
  submittedWallMs: 1,
  expiresWallMs: 4 * 10 ** 12,
});

export interface RigOptions {
  readonly file?: string;
  readonly bootId?: string;
  readonly settings?: Partial<DispatchSettings>;
  readonly wrap?: (threads: DbThreads) => DbThreads;
  readonly retryDelaysMs?: readonly number[];
}

export interface Rig {
  readonly system: System;
  readonly file: string;
  readonly events: KernelEvent[];
  /** Threads started so far, by name. */
  readonly threads: Map<string, Worker>;
  backend(session: string): Promise<PlayedBackend>;
  down(backend: PlayedBackend, crash: boolean): Promise<void>;
  submit(...ids: string[]): Promise<void>;
  outcomes(...ids: string[]): Promise<readonly RequestOutcome[]>;
  /** Waits, by hints, until all of these are terminal. */
  terminal(...ids: string[]): Promise<readonly RequestOutcome[]>;
  stop(): Promise<void>;
}

const idle: ChildSpec = child({
  id: 'played',
  behavior: { init: () => null, handle: (state) => state },
  args: undefined,
  mailbox: { capacity: 1 },
});

let rigs = 0;
let ids = 0;

export async function rig(options: RigOptions = {}): Promise<Rig> {
  const folder = options.file === undefined ? mkdtempSync(path.join(tmpdir(), 'holdfast-dispatch-')) : null;
  const file = options.file ?? path.join(folder ?? '', 'core.db');
  const events: KernelEvent[] = [];
  const workers = new Map<string, Worker>();
  const createWorker = (entry: string | URL, given: object): Worker => {
    const worker = new Worker(entry, given);
    workers.set((given as { name: string }).name, worker);
    return worker;
  };
  const threads = storageThreads({ file, ...entries, createWorker });
  const tree = supervisor('root', { strategy: 'one_for_one', intensity: 0, periodMs: 1_000 }, [
    core({
      deadLetters: deadLetters({
        openWriter: (onDeath) =>
          openWriter({
            file: `${file}.dead-letters`,
            kind: 'dead-letters',
            entry: entries.writerEntry,
            onDeath,
          }),
        openSpool: () => Promise.resolve(new MemorySpool()),
      }),
      dbWrites: dbWrites(options.wrap?.(threads) ?? threads),
      services: services([
        backtestDispatch({
          sockets: zmqSockets,
          backends: [idle],
          applier: { retryDelaysMs: options.retryDelaysMs ?? [20, 20, 20] },
          dispatcher: {
            bootId: options.bootId ?? 'boot-1',
            pid: 1,
            newId: () => `attempt-${++ids}`,
            settings: { ...settings, ...options.settings },
          },
        }),
      ]),
    }),
  ]);
  const system = await System.start(tree, {
    host: nactHost(`rig-${++rigs}`, nodeCapabilities),
    subscribers: [(event) => events.push(event)],
  });
  const deadline = { deadlineMs: 10_000 };
  const good = <T>(
    outcome:
      | { ok: true; value: { ok: true; value: T } | { ok: false; message: string } }
      | { ok: false; reason: unknown },
  ): T => {
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.reason));
    if (!outcome.value.ok) throw new Error(outcome.value.message);
    return outcome.value.value;
  };
  good(
    await system.ask(
      db.core,
      {
        type: 'import_records',
        records: [
          { recordId: 'r1', strategy, name: 's', source: 'test', anomaliesJson: null, importedWallMs: 1 },
        ],
      },
      deadline,
    ),
  );
  const backends: PlayedBackend[] = [];
  const self: Rig = {
    system,
    file,
    events,
    threads: workers,
    async backend(session) {
      const at = await system.ask(dispatch.resultReceiver, { type: 'results_endpoint' }, deadline);
      if (!at.ok) throw new Error('no receiver');
      const backend = await PlayedBackend.open(session, at.value);
      backends.push(backend);
      system.whereis(dispatch.backendLink)?.tell({
        type: 'backend_up',
        backend: 'played',
        session,
        requestsEndpoint: backend.requests.endpoint,
        workers: 1,
      });
      return backend;
    },
    async down(backend, crash) {
      await backend.close();
      const { session } = backend;
      system
        .whereis(dispatch.backendLink)
        ?.tell({ type: 'backend_down', backend: 'played', session, reason: 'the test', crash });
    },
    async submit(...wanted) {
      good(
        await system.ask(dispatch.dispatcher, { type: 'submit', requests: wanted.map(request) }, deadline),
      );
    },
    outcomes: async (...wanted) =>
      good(await system.ask(db.reader, { type: 'request_outcomes', requestIds: wanted }, deadline)),
    async terminal(...wanted) {
      for (let seen = 0; ;) {
        const outcomes = await self.outcomes(...wanted);
        const open = outcomes.filter(({ state }) => state === 'queued' || state === 'leased');
        if (open.length === 0 && outcomes.length === wanted.length) return outcomes;
        const hint = await system.ask(
          dispatch.dispatcher,
          { type: 'settled_since', seen },
          { deadlineMs: 500 },
        );
        seen = hint.ok ? hint.value.settled : 0;
      }
    },
    async stop() {
      await Promise.all(backends.map((backend) => backend.close()));
      await system.stop({ deadlineMs: 10_000 });
      if (folder !== null) rmSync(folder, { recursive: true, force: true });
    },
  };
  return self;
}
