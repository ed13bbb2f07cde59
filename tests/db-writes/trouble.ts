/** The stores' tree on real files, with what befalls them in the test's hand. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { storageThreads } from '../../actors/db-writes/storage-threads.js';
import type { NewRequest } from '../../protocols/db-rows.js';
import { dbAnswer, names } from '../../protocols/db-writes.js';
import type { DbAnswer } from '../../protocols/db-writes.js';
import { nactHost, System } from '../../runtime/index.js';
import { nodeCapabilities } from '../../runtime/node/capabilities.js';
import type { Writer } from '../../storage/writer/client.js';
import { dbWrites } from '../../supervisors/db-writes.js';

const dist = (file: string): string => path.resolve('dist', 'storage', file);
const deadline = { deadlineMs: 20_000 };

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function until<T>(
  look: () => T | undefined | Promise<T | undefined>,
  msMax = 20_000,
): Promise<T> {
  const endMs = performance.now() + msMax;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > endMs) throw new Error('it did not come to that');
    await pause(10);
  }
}

let hosts = 0;

export class Stores {
  /** What was told of each file, in order; null is recovery. */
  readonly told: (readonly [file: string, code: string | null])[] = [];
  readonly losses: (readonly [file: string, lostCommits: number])[] = [];
  readonly workers = new Map<string, Worker>();
  /** The thread that has the core file now. */
  writer: Writer | undefined;

  private constructor(
    readonly file: string,
    readonly system: System,
  ) {}

  static async open(file: string, limits: { readonly busyMsMax?: number } = {}): Promise<Stores> {
    const holder: { stores?: Stores } = {};
    const early: (() => void)[] = [];
    const note = (run: (stores: Stores) => void): void => {
      if (holder.stores === undefined) early.push(() => holder.stores && run(holder.stores));
      else run(holder.stores);
    };
    const name = (of: string): string => path.basename(of);
    const threads = storageThreads({
      file,
      writerEntry: dist('writer/thread.js'),
      readerEntry: dist('reader/thread.js'),
      writerLimits: limits,
      onTrouble: (of, trouble) => note(({ told }) => told.push([name(of), trouble?.code ?? null])),
      onLoss: (of, lost) => note(({ losses }) => losses.push([name(of), lost])),
      createWorker(entry, options) {
        const worker = new Worker(entry, options);
        note(({ workers }) => workers.set(options.name ?? '', worker));
        return worker;
      },
    });
    const host = nactHost(`trouble-${++hosts}`, nodeCapabilities);
    const kept: { writer?: Writer } = {};
    const tree = dbWrites({
      ...threads,
      openCore: async (onDeath) => {
        const writer = await threads.openCore(onDeath);
        kept.writer = writer;
        note((stores) => (stores.writer = writer));
        return writer;
      },
    });
    const system = await System.start(tree, { host });
    const stores = new Stores(file, system);
    holder.stores = stores;
    for (const run of early) run();
    return stores;
  }

  async submit(...ids: string[]): Promise<DbAnswer<unknown>> {
    const requests = ids.map(request);
    return dbAnswer(await this.system.ask(names.core, { type: 'submit_requests', requests }, deadline));
  }

  /** As whoever wants something: again until it is taken. @returns the refusals before that */
  async insist(...ids: string[]): Promise<readonly string[]> {
    const refusals: string[] = [];
    for (;;) {
      const answer = await this.submit(...ids);
      if (answer.ok) return refusals;
      if (!answer.retryable) throw new Error(`${answer.code}: ${answer.message}`);
      refusals.push(answer.code);
      await pause(20);
    }
  }

  async import(): Promise<void> {
    const strategy = {
      strategyId: 's1',
      name: 's1',
      symbol: null,
      timeframeMinutes: null,
      indicatorType: null,
      logicJson: '{}',
      claimedRank: null,
      environment: 'test',
      approximated: 0,
      approximationsJson: null,
      source: 'test',
      foreignHash: null,
      importedWallMs: 1,
    } as const;
    const record = {
      recordId: 'x',
      strategy,
      name: 'x',
      source: 't',
      anomaliesJson: null,
      importedWallMs: 1,
    };
    const verb = { type: 'import_records', records: [record] } as const;
    const answer = dbAnswer(await this.system.ask(names.core, verb, deadline));
    if (!answer.ok) throw new Error(answer.message);
  }

  async queued(): Promise<number> {
    return until(async () => {
      const counts = dbAnswer(await this.system.ask(names.reader, { type: 'request_counts' }, deadline));
      return counts.ok ? (counts.value[0]?.count ?? 0) : undefined;
    });
  }

  /** A pragma on the writer's own connection. */
  async pragma(text: string): Promise<void> {
    const outcome = await this.writer?.commit({
      statements: [{ sql: `PRAGMA ${text}`, mode: 'all', params: [] }],
    });
    if (outcome?.ok !== true) throw new Error(`PRAGMA ${text} was refused`);
  }
}

export const request = (requestId: string): NewRequest => ({
  requestId,
  idempotencyKey: requestId,
  kind: 'backtest',
  strategyId: 's1',
  windowId: null,
  priority: 0,
  payloadVersion: 1,
  payloadJson: JSON.stringify({ pad: 'x'.repeat(2_000) }),
  attemptsMax: 4,
  dueWallMs: 1,
  submittedWallMs: 1,
  expiresWallMs: 10 ** 13,
});

/** The longest that this thread's loop stood still while `body` ran, ms. */
export async function loopDelayMs(body: () => Promise<void>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  await body();
  delay.disable();
  return delay.max / 1e6;
}

export function newFolder(folders: string[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-trouble-'));
  folders.push(folder);
  return folder;
}

export const removeFolders = (folders: string[]): void => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
};
