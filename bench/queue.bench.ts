import { execFile, fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Order, Round } from './queue/contender.js';
import { postgres, redis } from './queue/servers.js';
import type { Server } from './queue/servers.js';
import { median, spread } from './statistics.js';
import { table } from './table.js';

const here = path.dirname(fileURLToPath(import.meta.url));
const peersFolder = path.resolve(here, '../../bench/peers-queue');
const stage = path.join(here, 'queue/stage.js');

/** What the store alone should reach on a machine with two quiet cores. */
const wanted = { enqueuedPerS: 60_000, processedPerS: 25_000, wakeUpMs: 5 } as const;

/** Peers that are slower play with fewer jobs; a rate is a rate. */
const contenders: readonly {
  readonly module: string;
  readonly share: number;
  readonly needs: 'redis' | 'postgres' | null;
}[] = [
  { module: path.join(here, 'queue/holdfast.js'), share: 1, needs: null },
  { module: path.join(peersFolder, 'plainjob.mjs'), share: 0.25, needs: null },
  { module: path.join(peersFolder, 'bullmq.mjs'), share: 0.25, needs: 'redis' },
  { module: path.join(peersFolder, 'graphile.mjs'), share: 0.25, needs: 'postgres' },
];

const jobs = 40_000;
const wakeUps = 100;
const answerMsMax = 180_000;

interface Options {
  readonly rounds: number;
  readonly say: (line: string) => void;
  readonly print: (line: string) => void;
}

/**
 * Races the store's queue against plainjob and, where their servers are to be had, BullMQ and graphile-worker; each in
 * a process of its own, rounds interleaved, and the done jobs counted by each queue's own records.
 */
export async function queueBench({ rounds, say, print }: Options): Promise<void> {
  await install(say);
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-bench-'));
  // PostgreSQL runs as a user of its own and has to get through.
  chmodSync(folder, 0o755);
  const servers: Server[] = [];
  const players: Player[] = [];
  try {
    const urls = {
      redis: await redis(path.join(folder, 'redis')),
      postgres: await postgres(path.join(folder, 'postgres')),
    };
    for (const [need, server] of Object.entries(urls)) {
      if (server === undefined) say(`no ${need} server is to be had: its queue is left out`);
      else servers.push(server);
    }
    for (const [index, { module, share, needs }] of contenders.entries()) {
      const url = needs === null ? '' : urls[needs]?.url;
      if (url !== undefined)
        players.push(await Player.enter(module, share, path.join(folder, `${index}`), url));
    }
    const played = new Map<Player, Round[]>(players.map((player) => [player, []]));
    for (let round = -1; round < rounds; round += 1) {
      say(round < 0 ? 'warming up ...' : `round ${round + 1} of ${rounds} ...`);
      for (const player of players) {
        const result = await player.play({ jobs: Math.round(jobs * player.share), wakeUps });
        if (round >= 0) played.get(player)?.push(result);
      }
    }
    print(report(played));
  } finally {
    for (const player of players) await player.leave();
    for (const server of servers) server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function install(say: (line: string) => void): Promise<void> {
  if (existsSync(path.join(peersFolder, 'node_modules', 'plainjob'))) return;
  say('installing the peers (plainjob, BullMQ, graphile-worker) from the registry ...');
  await promisify(execFile)('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: peersFolder,
    timeout: 300_000,
  });
}

function report(played: ReadonlyMap<Player, readonly Round[]>): string {
  const cell = (values: readonly number[], digits: number): string => {
    const { min, max } = spread(values);
    return `${median(values).toFixed(digits)} (${min.toFixed(digits)}-${max.toFixed(digits)})`;
  };
  const [ours] = [...played.values()];
  const ratio = (of: readonly Round[], key: keyof Round): string =>
    median((ours ?? []).map((round, index) => round[key] / (of[index]?.[key] ?? NaN))).toFixed(1);
  const body = [...played].map(([player, results]) => [
    player.name,
    player.durability,
    cell(
      results.map(({ enqueuedPerS }) => enqueuedPerS),
      0,
    ),
    ratio(results, 'enqueuedPerS'),
    cell(
      results.map(({ processedPerS }) => processedPerS),
      0,
    ),
    ratio(results, 'processedPerS'),
    cell(
      results.map(({ wakeUpMs }) => wakeUpMs),
      2,
    ),
  ]);
  const of = (key: keyof Round): number => median((ours ?? []).map((round) => round[key]));
  const verdict = (met: boolean): string => (met ? 'met' : 'MISSED');
  const goals = [
    `bulk accept >= ${wanted.enqueuedPerS}/s: ${verdict(of('enqueuedPerS') >= wanted.enqueuedPerS)}`,
    `process >= ${wanted.processedPerS}/s: ${verdict(of('processedPerS') >= wanted.processedPerS)}`,
    `wake-up p50 <= ${wanted.wakeUpMs} ms: ${verdict(of('wakeUpMs') <= wanted.wakeUpMs)}`,
  ];
  const header = [
    'queue',
    'an ack survives',
    'bulk accept /s',
    'ours x',
    'process /s',
    'ours x',
    'wake-up p50 ms',
  ];
  return `Jobs of 250 bytes, handler that does nothing: median (min-max) of interleaved rounds.\n\n${table(header, body)}\n\nWanted of holdfast: ${goals.join('; ')}`;
}

class Player {
  private constructor(
    readonly process: ChildProcess,
    readonly share: number,
    readonly name: string,
    readonly durability: string,
  ) {}

  static async enter(module: string, share: number, folder: string, url: string): Promise<Player> {
    mkdirSync(folder);
    const exportName = module.endsWith('holdfast.js') ? 'holdfast' : 'default';
    const child = fork(stage, [module, exportName, folder, url], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    await answerOf(child);
    const { name, durability } = await ask<{ name: string; durability: string }>(child, 'name');
    return new Player(child, share, name, durability);
  }

  async play(order: Order): Promise<Round> {
    const answer = await ask<Round | { readonly error: string }>(this.process, order);
    if ('error' in answer) throw new Error(`${this.name}: ${answer.error}`);
    return answer;
  }

  async leave(): Promise<void> {
    if (this.process.connected) await ask(this.process, 'close').catch(() => undefined);
    this.process.kill();
  }
}

function ask<Answer>(child: ChildProcess, order: object | string): Promise<Answer> {
  const answer = answerOf<Answer>(child);
  child.send(order);
  return answer;
}

function answerOf<Answer>(child: ChildProcess): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => done(() => reject(new Error(`no answer within ${answerMsMax} ms`))),
      answerMsMax,
    );
    const done = (end: () => void): void => {
      clearTimeout(late);
      child.off('message', onMessage);
      child.off('exit', onExit);
      end();
    };
    const onMessage = (answer: unknown): void => done(() => resolve(answer as Answer));
    const onExit = (code: number | null): void => done(() => reject(new Error(`ended with ${code}`)));
    child.once('message', onMessage);
    child.once('exit', onExit);
  });
}
