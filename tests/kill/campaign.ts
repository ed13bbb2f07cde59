/** One job on one database, disturbed until it ends: who is killed is said, when is drawn. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { holdfast, untilNoneLeft } from '../run/program.js';
import type { Ended, Running, Workplace } from '../run/program.js';

/** `process` is the runtime itself, `engine` its backend child, `threads` those that hold the files, `all` all of them. */
export type Victim = 'process' | 'engine' | 'threads' | 'all';

/** Slow enough that most kills meet a job under way. */
export const pace = ['--once', '--json', '--batch', '4', '--interval-ms', '60'];

/** Kills of one kind in one life: fewer than what its supervisors take for a fault that does not go away. */
const perLife = { engine: 8, threads: 4 };
const livesMax = 8;

export interface Campaign {
  readonly file: string;
  readonly last: Ended;
  readonly kills: Readonly<Record<Exclude<Victim, 'all'>, number>>;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function engineOf(parent: number): number | undefined {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  const found = lines.map((line) => /^\s*(\d+)\s+(\d+)\s.*serve-backtests/.exec(line));
  return found.filter((match) => Number(match?.[2]) === parent).map((match) => Number(match?.[1]))[0];
}

const isRunning = ({ child }: Running): boolean => child.exitCode === null && child.signalCode === null;

/** Kills the backend of a life, each time another one. @returns how many */
async function killEngines(running: Running, draw: () => number, wholeMs: number): Promise<number> {
  let killed = 0;
  let last: number | undefined;
  while (isRunning(running) && killed < perLife.engine) {
    await Promise.race([pause((draw() * wholeMs) / perLife.engine), running.ended]);
    const parent = running.child.pid;
    const engine = !isRunning(running) || parent === undefined ? undefined : engineOf(parent);
    if (engine === undefined || engine === last) continue;
    last = engine;
    try {
      process.kill(engine, 'SIGKILL');
    } catch {
      // It ended by itself between the look and the kill.
      continue;
    }
    killed += 1;
  }
  return killed;
}

/** Three threads of one file killed in a row while they opened it: a start may end so, and is begun again like after a kill. */
const couldNotStart = ({ code, stderr }: Ended): boolean =>
  code === 1 && /cannot start: .*writer_died/.test(stderr);

export async function campaign(
  place: Workplace,
  name: string,
  victim: Victim,
  draw: () => number,
  wholeMs: number,
): Promise<Campaign> {
  const file = path.join(place.folder, name);
  const inputs = ['--candles', place.candles, '--strategies', place.strategies, '--db', file];
  const kills = { process: 0, engine: 0, threads: 0 };
  for (let life = 1; ; life += 1) {
    const spared = life === livesMax;
    const threads = { seed: Math.floor(draw() * 2 ** 32), kills: perLife.threads, betweenMs: wholeMs / 3 };
    const ends = (of: Victim): boolean => !spared && (victim === of || victim === 'all');
    const running = holdfast(['run', ...inputs, ...pace], place.folder, {
      nodeArgs: ['--import', path.resolve(__dirname, 'threads.mjs')],
      env: ends('threads') ? { HOLDFAST_THREAD_KILLS: JSON.stringify(threads) } : {},
    });
    const timer = ends('process')
      ? setTimeout(() => running.child.kill('SIGKILL'), 150 + draw() * wholeMs)
      : undefined;
    const engines = ends('engine') ? killEngines(running, draw, wholeMs) : Promise.resolve(0);
    const ended = await running.ended;
    clearTimeout(timer);
    // An engine may be killed by nobody but itself, once it has started: on a busy machine that takes its time.
    await untilNoneLeft(file, 60_000);
    kills.engine += await engines;
    kills.threads += ended.stderr.split('ended thread: ').length - 1;
    if (ended.signal === 'SIGKILL') kills.process += 1;
    if (ended.signal !== 'SIGKILL' && !couldNotStart(ended)) return { file, last: ended, kills };
  }
}
