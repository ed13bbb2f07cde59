import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { beatCell, type PlaceNote, type Stuck, type WatchdogData } from './watchdog-messages.js';
import { handCells } from '../../actors/kernel/turn-times.js';

/**
 * The thread that watches the main loop. It moves the hand by which turns are timed, and when the loop's heartbeat has
 * stood still for too long it says so by itself, on stderr, with the place whose turn it is: the loop cannot.
 */
if (parentPort === null) throw new Error('the watchdog runs as a worker thread only');

/** Between two looks while nothing runs; half of the shortest turn that can be asked for. */
const idleTickMs = 25;
/** Looks at rest before the hand goes slowly. */
const idleLooks = 50;
/** Places whose paths are remembered; the oldest go first. */
const pathsMax = 50_000;

const port = parentPort;
const { shared, tickMs, stuckMs, says } = workerData as WatchdogData;
const cells = new Int32Array(shared);
const paths = new Map<number, string>();
const startedMs = performance.now();
let atRest = 0;
let beat = -1;
let beatMs = startedMs;
let saidMs = 0;
/** The place at the time of the report: by the time the loop is back another may have its turn. */
let culprit: Pick<Stuck, 'path' | 'inTurn'> = { path: null, inTurn: false };

port.on('message', (notes: readonly PlaceNote[]) => {
  for (const { serial, path } of notes) paths.set(serial, path);
  for (const serial of paths.keys()) {
    if (paths.size <= pathsMax) break;
    paths.delete(serial);
  }
});

const say = (line: string): void => {
  // Not process.stderr: in a thread that waits for the very loop that is stuck.
  if (says) writeSync(2, `holdfast: ${line}\n`);
};

function whose(): typeof culprit {
  const serial = cells[handCells.turn] ?? 0;
  return { path: paths.get(Math.abs(serial)) ?? null, inTurn: serial > 0 };
}

const spoken = ({ path, inTurn }: typeof culprit): string => {
  const place = path ?? 'an actor that is too new to be known by name';
  if (inTurn) return `in a turn of ${place}`;
  return `outside every turn: in a callback, in an async handler behind its await, or in the collector${path === null ? '' : `; the last turn was of ${path}`}`;
};

const seconds = (ms: number): string => (ms / 1_000).toFixed(1);

function look(): void {
  const nowMs = performance.now();
  Atomics.store(cells, handCells.tick, Math.floor((nowMs - startedMs) / tickMs) | 0);
  atRest = (cells[handCells.turn] ?? 0) > 0 ? 0 : atRest + 1;
  watch(nowMs);
  setTimeout(look, atRest > idleLooks ? idleTickMs : tickMs);
}

function watch(nowMs: number): void {
  const seen = Atomics.load(cells, beatCell);
  if (seen !== beat) {
    if (saidMs > 0) back(nowMs - beatMs);
    beat = seen;
    beatMs = nowMs;
    return;
  }
  // Before the first beat the loop is still starting.
  const silentMs = nowMs - beatMs;
  // Said again at each doubling, so that a loop that never comes back does not fill the log.
  if (beat <= 0 || silentMs < Math.max(stuckMs, 2 * saidMs)) return;
  if (saidMs === 0) culprit = whose();
  saidMs = silentMs;
  say(`the loop has been stuck for ${seconds(silentMs)} s ${spoken(culprit)}`);
}

function back(ms: number): void {
  saidMs = 0;
  say(`the loop is back; it was stuck for ${seconds(ms)} s ${spoken(culprit)}`);
  port.postMessage({ ...culprit, ms } satisfies Stuck);
}

look();
