import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { embeddedBackend } from '../actors/backtest-dispatch/embedded-backend.js';
import { defaults as pace } from '../actors/backtest-dispatch/settings.js';
import { storageThreads } from '../actors/db-writes/storage-threads.js';
import type { ChildSpec } from '../actors/kernel/child-spec.js';
import { names as dispatch, payloadVersion } from '../protocols/backtest-dispatch.js';
import type { NewRequest, Strategy } from '../protocols/db-rows.js';
import { names as db, dbAnswer } from '../protocols/db-writes.js';
import type { DbAnswer } from '../protocols/db-writes.js';
import type { AskOutcome } from '../runtime/index.js';
import { startTree, supervisor } from '../runtime/index.js';
import type { System } from '../runtime/index.js';
import { newBoot, newId } from '../runtime/node/boot.js';
import { backendProcesses } from '../runtime/node/child-process-backend.js';
import { openSpoolFile } from '../runtime/node/spool-file.js';
import { zmqSockets } from '../runtime/node/zmq-sockets.js';
import { openWriter } from '../storage/writer/client.js';
import { backtestDispatch } from '../supervisors/backtest-dispatch.js';
import { core } from '../supervisors/core.js';
import { dbWrites } from '../supervisors/db-writes.js';
import { deadLetters } from '../supervisors/dead-letters.js';
import { services } from '../supervisors/services.js';
import { median, spread } from './statistics.js';
import { table } from './table.js';

const here = path.dirname(fileURLToPath(import.meta.url));
const noOp = path.resolve(here, '../../bench/dispatch/no-op-backend.mjs');
const writerEntry = new URL('../storage/writer/thread.js', import.meta.url);
const readerEntry = new URL('../storage/reader/thread.js', import.meta.url);

/** What the whole path should carry on a machine with two quiet cores. */
const wantedPerS = 3_000;
const requests = 15_000;
const submitAtOnce = 500;
const deadline = { deadlineMs: 60_000 };

interface Options {
  readonly rounds: number;
  readonly say: (line: string) => void;
  readonly print: (line: string) => void;
}

/**
 * Full lives of requests: submitted, durable, leased, sent over a real socket to a backend that does nothing, answered
 * over another, applied; with every guarantee switched on. Each round is counted by its rows.
 */
export async function dispatchBench({ rounds, say, print }: Options): Promise<void> {
  const played: Round[] = [];
  for (let round = -1; round < rounds; round += 1) {
    say(round < 0 ? 'warming up ...' : `round ${round + 1} of ${rounds} ...`);
    const result = await playRound(round < 0 ? requests / 5 : requests, say);
    if (round >= 0) played.push(result);
  }
  print(report(played));
}

interface Round {
  readonly perS: number;
  /** Share of the time that the main loop was busy. */
  readonly loopBusy: number;
  /** Medians, ms. */
  readonly hops: Readonly<Record<(typeof hopNames)[number], number>>;
}

const hopNames = ['wait for a place', 'lease to socket', 'socket to applied'] as const;

async function playRound(count: number, say: (line: string) => void): Promise<Round> {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-bench-'));
  const file = path.join(folder, 'core.db');
  const system = await startTree(tree(file, folder, say), { subscribers: [] });
  try {
    await importStrategy(system);
    const busyBefore = performance.eventLoopUtilization();
    const begunMs = performance.now();
    for (let at = 0; at < count; at += submitAtOnce) {
      const part = Array.from({ length: Math.min(submitAtOnce, count - at) }, (_, n) => request(at + n));
      good(await system.ask(dispatch.dispatcher, { type: 'submit', requests: part }, deadline));
    }
    for (let seen = 0; seen < count;) {
      const answer = await system.ask(dispatch.dispatcher, { type: 'settled_since', seen }, deadline);
      if (!answer.ok) throw new Error(`the dispatcher did not answer: ${answer.reason.type}`);
      seen = answer.value.settled;
    }
    const ms = performance.now() - begunMs;
    const loopBusy = performance.eventLoopUtilization(busyBefore).utilization;
    return { perS: (1_000 * count) / ms, loopBusy, hops: hopsOf(file, count) };
  } finally {
    await system.stop({ deadlineMs: 20_000 });
    rmSync(folder, { recursive: true, force: true });
  }
}

function tree(file: string, folder: string, say: (line: string) => void): ChildSpec {
  const { bootId, pid } = newBoot();
  const processes = backendProcesses({ command: [process.execPath, noOp], candlesRoots: [folder], log: say });
  return supervisor('root', { strategy: 'one_for_one', intensity: 0, periodMs: 1_000 }, [
    core({
      deadLetters: deadLetters({
        openWriter: (onDeath) =>
          openWriter({ file: `${file}.dead-letters`, kind: 'dead-letters', entry: writerEntry, onDeath }),
        openSpool: () => openSpoolFile(`${file}.spool.jsonl`),
      }),
      dbWrites: dbWrites(storageThreads({ file, writerEntry, readerEntry })),
      services: services([
        backtestDispatch({
          sockets: zmqSockets,
          backends: [embeddedBackend({ processes, newSession: newId })],
          dispatcher: {
            bootId,
            pid,
            newId,
            settings: { ...pace, inFlightMax: 512, inFlightMin: 256, batchMax: 256, intervalMs: 0 },
          },
        }),
      ]),
    }),
  ]);
}

const strategy: Strategy = {
  strategyId: 's',
  name: 's',
  symbol: 'USDJPY',
  timeframeMinutes: 60,
  indicatorType: 'sma',
  logicJson: '{}',
  claimedRank: null,
  environment: 'test',
  approximated: 0,
  approximationsJson: null,
  source: 'bench',
  foreignHash: null,
  importedWallMs: 1,
};

async function importStrategy(system: System): Promise<void> {
  const records = [
    { recordId: 'r', strategy, name: 's', source: 'bench', anomaliesJson: null, importedWallMs: 1 },
  ];
  good(await system.ask(db.core, { type: 'import_records', records }, deadline));
}

const payloadJson = JSON.stringify({
  strategy: { name: 's', smaShort: 5, smaLong: 20, sl: 1, tp: 2, volume: 0.01, indicatorType: 'sma' },
  timeframeMinutes: 60,
  candlesFile: 'none.csv',
  includeTrades: false,
});

const request = (number: number): NewRequest => ({
  requestId: `request-${number}`,
  idempotencyKey: `key-${number}`,
  kind: 'backtest',
  strategyId: 's',
  windowId: null,
  priority: 100,
  payloadVersion,
  payloadJson,
  attemptsMax: 4,
  dueWallMs: 1,
  submittedWallMs: Date.now(),
  expiresWallMs: Date.now() + 86_400_000,
});

function good<T>(outcome: AskOutcome<DbAnswer<T>>): T {
  const answer = dbAnswer(outcome);
  if (answer.ok) return answer.value;
  throw new Error(`${answer.code}: ${answer.message}`);
}

/** From the rows, which are what counts. */
function hopsOf(file: string, count: number): Round['hops'] {
  const connection = new Database(file, { readonly: true });
  try {
    const rows = connection
      .prepare(
        `SELECT leased_wall_ms - submitted_wall_ms AS waited, sent_wall_ms - leased_wall_ms AS left,
           applied_wall_ms - sent_wall_ms AS answered
         FROM requests JOIN attempts ON attempt_id = accepted_attempt_id JOIN results USING (attempt_id)
         WHERE state = 'succeeded'`,
      )
      .all() as { waited: number; left: number | null; answered: number | null }[];
    if (rows.length !== count) throw new Error(`${rows.length} of ${count} requests succeeded`);
    const known = (values: readonly (number | null)[]): number =>
      median(values.filter((value) => value !== null));
    return {
      'wait for a place': known(rows.map(({ waited }) => waited)),
      'lease to socket': known(rows.map(({ left }) => left)),
      'socket to applied': known(rows.map(({ answered }) => answered)),
    };
  } finally {
    connection.close();
  }
}

function report(rounds: readonly Round[]): string {
  const rates = rounds.map(({ perS }) => perS);
  const { min, max } = spread(rates);
  const body = [
    ['full request lives /s', `${median(rates).toFixed(0)} (${min.toFixed(0)}-${max.toFixed(0)})`],
    ['main loop busy', `${(100 * median(rounds.map(({ loopBusy }) => loopBusy))).toFixed(0)} %`],
    ...hopNames.map((hop) => [`${hop}, p50`, `${median(rounds.map(({ hops }) => hops[hop])).toFixed(0)} ms`]),
  ];
  const verdict = median(rates) >= wantedPerS ? 'met' : 'MISSED';
  return `${requests} requests a round, backend that does nothing, real sockets, FULL durability.\n\n${table(['', ''], body)}\n\nWanted: >= ${wantedPerS} lives/s: ${verdict}`;
}
