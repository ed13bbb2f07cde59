/** The embedded backend with real processes; the link and the receiver are played. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { embeddedBackend } from '../../actors/backtest-dispatch/embedded-backend.js';
import type { BackendProcess, BackendProcesses } from '../../actors/backtest-dispatch/ports.js';
import {
  names,
  type BackendDown,
  type BackendLinkMsg,
  type BackendUp,
  type ResultReceiverMsg,
} from '../../protocols/backtest-dispatch.js';
import { encodeCandleCsv } from '../../protocols/candles/index.js';
import { child, startTree, supervisor, type KernelEvent, type System } from '../../runtime/index.js';
import { backendProcesses, type BackendProcessConfig } from '../../runtime/node/child-process-backend.js';
import { goldenSeries } from '../engine/golden-series.js';
import { gone, isAlive, Wire } from '../engine/serve-child.js';

const command = [process.execPath, path.resolve('dist/cli/main.js'), 'serve-backtests'] as const;

let folder = '';
let wire: Wire;
let system: System | undefined;
let log: string[] = [];
let events: KernelEvent[] = [];
let told: News;
let started: BackendProcess[] = [];

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'embedded-'));
  writeFileSync(path.join(folder, 'GOLD_H1.csv'), encodeCandleCsv(goldenSeries(600, 3_600)));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  wire = await Wire.open();
  [log, events, started, told] = [[], [], [], new News()];
});
afterEach(async () => {
  await system?.stop();
  system = undefined;
  await wire.close();
});

type Said = BackendUp | BackendDown;

/** What the link was told, one after the other. */
class News {
  readonly #said: Said[] = [];
  #waiting: ((said: Said) => void) | null = null;

  add(said: Said): void {
    if (this.#waiting === null) this.#said.push(said);
    else this.#waiting(said);
    this.#waiting = null;
  }

  next(): Promise<Said> {
    const said = this.#said.shift();
    return said === undefined ? new Promise((resolve) => (this.#waiting = resolve)) : Promise.resolve(said);
  }

  async up(): Promise<BackendUp> {
    const said = await this.next();
    if (said.type !== 'backend_up') throw new Error(`expected backend_up, got ${said.type}: ${said.reason}`);
    return said;
  }
}

const receiver = () =>
  child<null, ResultReceiverMsg, null>({
    id: 'receiver',
    name: names.resultReceiver,
    args: null,
    mailbox: { capacity: 10 },
    behavior: {
      init: () => null,
      handle: (state, message, ctx) => {
        if (message.type === 'results_endpoint') ctx.reply(message, wire.results.endpoint);
        return state;
      },
    },
  });

const link = () =>
  child<null, BackendLinkMsg, null>({
    id: 'link',
    name: names.backendLink,
    args: null,
    mailbox: { capacity: 10 },
    behavior: {
      init: () => null,
      handle: (state, message) => {
        if (message.type === 'backend_up' || message.type === 'backend_down') told.add(message);
        return state;
      },
    },
  });

/** The processes as they are, and a list of those that were started. */
const recorded = (processes: BackendProcesses): BackendProcesses => ({
  start: (options) => {
    const process = processes.start(options);
    started.push(process);
    return process;
  },
});

async function startBackend(
  config: Partial<BackendProcessConfig> = {},
  { readyMs = 20_000, intensity = 5 } = {},
): Promise<void> {
  const processes = backendProcesses({
    command,
    candlesRoots: [folder],
    workers: 1,
    log: (line) => void log.push(line),
    ...config,
  });
  let sessions = 0;
  const backend = embeddedBackend({
    processes: recorded(processes),
    newSession: () => `s-${++sessions}`,
    readyMs,
  });
  system = await startTree(
    supervisor('root', { strategy: 'rest_for_one', intensity, periodMs: 60_000 }, [
      receiver(),
      link(),
      backend,
    ]),
    { subscribers: [(event) => events.push(event)] },
  );
}

const node = (program: string) => [process.execPath, '-e', program, '--'] as const;

describe('a backend', () => {
  test('that is up says where it is, and answers', async () => {
    await startBackend();
    const up = await told.up();
    expect(up).toMatchObject({ backend: 'embedded', session: 's-1', workers: 1 });
    await wire.connect(up.requestsEndpoint);
    await wire.send(
      '((action . "BACKTEST") (request_id . "a") (candles_file . "GOLD_H1.csv") (timeframe . 60) (strategy . ' +
        '((name . "S") (sma_short . 5) (sma_long . 20) (sl . 0.3) (tp . 0.4) (volume . 0.01))))',
    );
    expect(await wire.answer()).toMatchObject({ kind: 'ok', requestId: 'a', figures: { trades: 39 } });
  });

  test.each([
    ['is killed is told as down, which is not counted against what was out', 'SIGKILL', false],
    ['crashes is told as down', 'SIGSEGV', true],
  ] as const)('that %s, and its successor as another session', async (_what, signal, crash) => {
    await startBackend();
    await told.up();
    process.kill(started[0]?.pid ?? 0, signal);
    expect(await told.next()).toMatchObject({ type: 'backend_down', session: 's-1', reason: signal, crash });
    expect(await told.up()).toMatchObject({ session: 's-2' });
    expect(started).toHaveLength(2);
  });

  test('goes with its tree, told as down on purpose', async () => {
    await startBackend();
    await told.up();
    const report = await system?.stop();
    expect(report).toMatchObject({ ok: true, orphans: [] });
    expect(await told.next()).toMatchObject({ type: 'backend_down', session: 's-1', crash: false });
    expect(isAlive(started[0]?.pid ?? 0)).toBe(false);
  });

  test('that does not end when asked to is killed', async () => {
    const stubborn = node(
      `process.on('SIGTERM', () => {}); process.stdin.resume(); setInterval(() => {}, 1e6);
       console.log('{"ready":true,"requests":"tcp://127.0.0.1:1","workers":1}')`,
    );
    await startBackend({ command: stubborn, killAfterMs: 50 });
    await told.up();
    await system?.stop();
    expect(await started[0]?.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });
});

describe('a child that never is a backend', () => {
  const crash = (): string =>
    String(
      events.flatMap((event) =>
        event.type === 'exited' && event.id === 'embedded-backend' && event.reason.kind === 'error'
          ? [event.reason.error]
          : [],
      )[0],
    );

  // A child that says or does something needs time to begin, on a busy machine more than the silent one is given.
  test.each([
    ['ends at once', node('process.exit(3)'), 30_000, 'it ended before it was ready: exit code 3'],
    [
      'says something else',
      node('console.log("hello"); setInterval(() => {}, 1e6)'),
      30_000,
      'found "hello"',
    ],
    ['says nothing', node('setInterval(() => {}, 1e6)'), 300, 'it was not ready within 300 ms'],
    [
      'says too much',
      node('process.stdout.write("x".repeat(1e6)); setInterval(() => {}, 1e6)'),
      300,
      'not ready within',
    ],
  ])('because it %s fails its driver, and is gone', async (_what, program, readyMs, why) => {
    await startBackend({ command: program }, { readyMs, intensity: 0 }).catch(() => undefined);
    await system?.exited;
    expect(crash()).toContain(why);
    for (const { pid } of started) expect(isAlive(pid)).toBe(false);
  });

  test('because there is no such program fails its driver', async () => {
    await startBackend({ command: ['no-such-program'] }, { intensity: 0 }).catch(() => undefined);
    await system?.exited;
    expect(events.find((event) => event.type === 'crashed')).toMatchObject({
      error: { message: 'no-such-program cannot be started' },
    });
  });
});

test('what the child says on its standard error comes through, line by line and cut to size', async () => {
  const loud = node(
    `console.error('first'); console.error('x'.repeat(5000)); console.error('last');
     for (let i = 0; i < 1000; i++) console.error('flood'); setInterval(() => {}, 1e6);
     console.log('{"ready":true,"requests":"tcp://127.0.0.1:1","workers":1}')`,
  );
  await startBackend({ command: loud });
  await told.up();
  await system?.stop();
  expect(log.slice(0, 3)).toEqual(['first', 'x'.repeat(2_000), 'last']);
  expect(log.length).toBeLessThan(150);
});

test('kill -9 of the parent leaves no child behind', async () => {
  const program = `
    import { backendProcesses } from './dist/runtime/node/child-process-backend.js';
    const child = backendProcesses({ candlesRoots: [${JSON.stringify(folder)}], workers: 1, log: () => {} })
      .start({ resultsEndpoint: ${JSON.stringify(wire.results.endpoint)} });
    const ready = await child.ready;
    console.log(JSON.stringify({ pid: child.pid, ...ready }));
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve) => createInterface(parent.stdout).once('line', resolve));
  const { pid } = JSON.parse(line) as { pid: number };
  expect(isAlive(pid)).toBe(true);
  const startedMs = performance.now();
  parent.kill('SIGKILL');
  await gone(pid);
  expect(performance.now() - startedMs).toBeLessThan(5_000);
});
