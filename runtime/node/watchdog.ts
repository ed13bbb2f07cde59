import { Worker } from 'node:worker_threads';
import { ProcessHandle } from '../../actors/kernel/process.js';
import type { Subscriber } from '../../actors/kernel/events.js';
import type { Hand } from '../../actors/kernel/turn-times.js';
import type { System } from '../system.js';
import { beatCell, cellCount } from './watchdog-messages.js';
import type { PlaceNote, Stuck, WatchdogData } from './watchdog-messages.js';

export interface WatchdogOptions {
  /** A loop that has not come round for so long is stuck, ms, at least 500. @defaultValue 5000 */
  readonly stuckMs?: number;
  /** Told once the loop is back. The thread itself says it on stderr, while the loop is stuck. */
  readonly onStuck?: (stuck: Stuck) => void;
  /** Whether the thread writes to stderr. @defaultValue true */
  readonly says?: boolean;
}

export interface Watchdog {
  /** Give both to `startTree`, and turns are watched from before the first start on. */
  readonly hand: Hand;
  readonly subscriber: Subscriber;
  /** Watches the turns of a system that runs already, from here on. */
  attach(system: System): void;
  stop(): Promise<void>;
}

const defaults = { stuckMs: 5_000, tickMs: 10, beatMs: 100 } as const;
const stuckMsMin = 500;
/** Places told to the thread at once, so that even the first turn of a tree has a name there. */
const toldAtOnce = 2_000;

/**
 * Starts the thread that moves the hand by which turns are timed, and that sees the loop hang when the loop cannot say
 * so. It costs one thread that wakes 40 to 100 times a second. It keeps no process alive.
 */
export function startWatchdog(options: WatchdogOptions = {}): Watchdog {
  const { stuckMs = defaults.stuckMs, onStuck = () => undefined, says = true } = options;
  if (!(stuckMs >= stuckMsMin && stuckMs < Infinity))
    throw new RangeError(`stuckMs: expected a finite number of at least ${stuckMsMin}, got ${stuckMs}`);
  const shared = new SharedArrayBuffer(cellCount * Int32Array.BYTES_PER_ELEMENT);
  const cells = new Int32Array(shared);
  const data: WatchdogData = { shared, tickMs: defaults.tickMs, stuckMs, says };
  const worker = new Worker(new URL('./watchdog-thread.js', import.meta.url), {
    workerData: data,
    name: 'holdfast-watchdog',
    resourceLimits: { maxOldGenerationSizeMb: 64 },
  });
  worker.unref();
  worker.on('message', onStuck);
  // Without its thread turns are not timed any more; that is no reason to end what it watched.
  worker.on('error', () => undefined);
  const notes = new NoteBatch((batch) => worker.postMessage(batch));
  const beat = setInterval(() => {
    Atomics.add(cells, beatCell, 1);
    notes.flush();
  }, defaults.beatMs);
  beat.unref();
  const hand: Hand = { cells, tickMs: defaults.tickMs };
  const subscriber: Subscriber = (event) => {
    if (event.type === 'started' && event.handle instanceof ProcessHandle)
      notes.add(event.handle.process.serial, event.path, event.handle.incarnation);
  };
  return {
    hand,
    subscriber,
    attach: (system) => {
      system.trace(subscriber);
      for (const { serial, path } of system.watchTurns(hand)) notes.add(serial, path, 1);
    },
    stop: async () => {
      clearInterval(beat);
      await worker.terminate();
    },
  };
}

/** A tree's first places are told at once; where thousands come and go they are told at each beat. */
class NoteBatch {
  #waiting: PlaceNote[] = [];
  #told = 0;

  constructor(readonly send: (notes: readonly PlaceNote[]) => void) {}

  add(serial: number, path: string, incarnation: number): void {
    if (incarnation > 1) return;
    this.#waiting.push({ serial, path });
    if (this.#told++ < toldAtOnce) this.flush();
  }

  flush(): void {
    if (this.#waiting.length === 0) return;
    this.send(this.#waiting);
    this.#waiting = [];
  }
}
