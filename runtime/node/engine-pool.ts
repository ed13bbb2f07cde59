import type { EngineWorkerConfig } from '../../actors/engine/worker-protocol.js';
import type { ChildSpec } from '../../actors/kernel/child-spec.js';
import { frameBytesMax } from '../../protocols/backtest-wire/index.js';
import { supervisor } from '../../supervisors/kernel/supervisor-spec.js';
import { desk } from './engine-pool-desk.js';
import { replies } from './engine-pool-replies.js';
import { requests } from './engine-pool-requests.js';
import { EngineThread } from './engine-pool-thread.js';
import { engineWorker, type WorkerArgs } from './engine-pool-worker.js';
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

/** The desk waits this much longer for a worker than the worker for its thread. */
const askSlackMs = 30_000;

/**
 * Requests in, answers out, and the engine's threads between them.
 *
 * rest_for_one, answers first: the desk counts what is in hand by the answers that left, workers hold what the desk
 * gave them, and nothing may be read before there is somebody to take it.
 */
export function enginePool(config: EnginePoolConfig, ports: EnginePoolPorts): ChildSpec {
  const inHandMax = config.workers * requestsPerWorker;
  return supervisor('engine-pool', { strategy: 'rest_for_one', intensity: 3, periodMs: 60_000 }, [
    replies({ open: ports.openReplies, capacity: inHandMax + 16 }),
    desk({ inHandMax, askMs: config.requestLimitMs + askSlackMs, answerBytesMax: sendBytesMax }),
    crew(config),
    requests({ open: ports.openRequests, bytesMax: frameBytesMax, reportMs: 10_000, log: ports.log }),
  ]);
}

/**
 * one_for_one: threads share nothing. Ten deaths a minute are one poisonous request tried by everybody who sent it;
 * more is an engine that cannot work, and ends in the process leaving with a code.
 */
function crew(config: EnginePoolConfig): ChildSpec {
  const { workers, requestLimitMs, engine, engineEntry, restartDelaysMs = [20, 100, 500] } = config;
  const startThread = (): Promise<EngineThread> => EngineThread.start(engineEntry, engine);
  const args: WorkerArgs = { startThread, requestLimitMs, restartDelaysMs };
  return supervisor(
    'crew',
    { strategy: 'one_for_one', intensity: 10, periodMs: 60_000 },
    Array.from({ length: workers }, (_, index) => engineWorker(index + 1, args)),
  );
}
