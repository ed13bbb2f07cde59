import type { EngineWorkerConfig } from '../../actors/engine/worker-protocol.js';
import type { ChildSpec } from '../../actors/kernel/child-spec.js';
import { frameBytesMax } from '../../protocols/backtest-wire/index.js';
import { supervisor } from '../../supervisors/kernel/supervisor-spec.js';
import { workerPool } from '../../supervisors/worker-pool.js';
import { desk } from './engine-pool-desk.js';
import { replies } from './engine-pool-replies.js';
import { requests } from './engine-pool-requests.js';
import { poolNames } from './engine-pool-messages.js';
import { workerThread } from './worker-thread.js';
import type { PullSocket } from './zmq-pull.js';
import type { PushSocket } from './zmq-push.js';
import { sendBytesMax } from './zmq-options.js';

export interface EnginePoolConfig {
  readonly workers: number;
  /** What one request may take before its thread is ended and it is answered `engine_timeout`. */
  readonly requestLimitMs: number;
  readonly engine: EngineWorkerConfig;
  /** The compiled entry of the engine's threads. */
  readonly engineEntry: string | URL;
  /** Before a thread that ended is replaced. @defaultValue 20, 100, then 500 ms: a thread starts in some 40 */
  readonly restartDelaysMs?: readonly number[];
}

export interface EnginePoolPorts {
  readonly openRequests: () => Promise<Pick<PullSocket, 'receive' | 'close'>>;
  readonly openReplies: () => Promise<Pick<PushSocket, 'send' | 'close'>>;
  readonly log: (line: string) => void;
}

/** One request per worker is computed while the next one is here already: more would only wait here, out of sight. */
const requestsPerWorker = 2;

/** The heap of one thread: the objects of the largest frame that is read are some 200 MB; bars live outside of it. */
const heapMebibytesMax = 1_024;

/** Above what can be sent, so that an answer too large for the socket is answered for and costs no thread. */
const answerBytesMax = 1_024 * 1024 * 1024;

/** Longer than the requests before it may take. */
const queueMs = 24 * 3_600_000;

/**
 * Requests in, answers out, and the engine's threads between them.
 *
 * rest_for_one, answers first: the desk counts what is in hand by the answers that left and by what the engines hold, and
 * nothing may be read before there is somebody to take it.
 */
export function enginePool(config: EnginePoolConfig, ports: EnginePoolPorts): ChildSpec {
  const inHandMax = config.workers * requestsPerWorker;
  return supervisor('engine-pool', { strategy: 'rest_for_one', intensity: 3, periodMs: 60_000 }, [
    replies({ open: ports.openReplies, capacity: inHandMax + 16 }),
    engines(config, inHandMax),
    desk({ inHandMax, answerBytesMax: sendBytesMax }),
    requests({ open: ports.openRequests, bytesMax: frameBytesMax, reportMs: 10_000, log: ports.log }),
  ]);
}

/**
 * Ten deaths of threads a minute are one poisonous request tried by everybody who sent it; more is an engine that cannot
 * work, and ends in the process leaving with a code. A thread that does not come up at all fails the start.
 */
function engines(config: EnginePoolConfig, queueMax: number): ChildSpec {
  const { workers, requestLimitMs, engine, engineEntry, restartDelaysMs = [20, 100, 500] } = config;
  return workerPool({
    id: 'engines',
    name: poolNames.engines,
    size: workers,
    worker: workerThread({
      name: 'engine',
      entry: engineEntry,
      data: engine,
      limits: { maxOldGenerationSizeMb: heapMebibytesMax },
    }),
    requestMs: requestLimitMs,
    queueMax,
    queueMs,
    answerBytesMax,
    isAnswer: (value): value is Uint8Array<ArrayBuffer> => value instanceof Uint8Array,
    waitForReady: true,
    restart: { intensity: 10, periodMs: 60_000, delaysMs: restartDelaysMs },
  });
}
