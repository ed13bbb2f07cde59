import { embeddedBackend } from '../../actors/backtest-dispatch/embedded-backend.js';
import { storageThreads, tradesFileOf, watched } from '../../actors/db-writes/storage-threads.js';
import type { ChildSpec } from '../../actors/kernel/child-spec.js';
import { openWriter } from '../../storage/writer/client.js';
import type { RetentionSettings } from '../../protocols/db-retention.js';
import { backtestDispatch } from '../../supervisors/backtest-dispatch.js';
import { core } from '../../supervisors/core.js';
import { dbWrites } from '../../supervisors/db-writes.js';
import { deadLetters } from '../../supervisors/dead-letters.js';
import { pairOverlay } from '../../supervisors/pair-overlay.js';
import type { PairOverlayOptions } from '../../supervisors/pair-overlay.js';
import { notifier } from '../../supervisors/notifier.js';
import type { NotifierOptions } from '../../supervisors/notifier.js';
import { services } from '../../supervisors/services.js';
import { oosRequests } from '../../supervisors/oos-requests.js';
import { newId } from '../node/boot.js';
import type { Boot } from '../node/boot.js';
import { backendProcesses } from '../node/child-process-backend.js';
import { candleChecks } from '../node/candle-checks.js';
import { monteCarloPool } from '../node/monte-carlo.js';
import type { PipelinePaths } from '../node/paths.js';
import { intakePool } from '../node/intake.js';
import { openSpoolFile } from '../node/spool-file.js';
import { workerThread } from '../node/worker-thread.js';
import { zmqSockets } from '../node/zmq-sockets.js';
import type { System } from '../system.js';
import type { StoreWatch } from './store-watch.js';

export interface CoreTreeOptions {
  readonly paths: PipelinePaths;
  readonly boot: Boot;
  /** Undefined while it starts. */
  readonly system: () => Pick<System, 'ask'> | undefined;
  /** Threads of the embedded engine; undefined leaves it to the engine. */
  readonly workers: number | undefined;
  /** @defaultValue strict rules, and refreshes only when they are asked for */
  readonly pairs?: Omit<PairOverlayOptions, 'evaluator'>;
  readonly notifier: NotifierOptions;
  /** How long what is kept; what is left out has its default. */
  readonly retention: Partial<RetentionSettings>;
  /** What the engine's process says on its standard error. */
  readonly logBackend: (line: string) => void;
  /** What is wrong with the stores' files. */
  readonly storeWatch: Pick<StoreWatch, 'trouble' | 'loss' | 'wal'>;
  /** While a store waits for somebody else's lock. */
  readonly logBusy: (file: string, waitedMs: number) => void;
}

const threadEntry = (file: string): URL => new URL(`../../storage/${file}`, import.meta.url);

const writerEntry = threadEntry('writer/thread.js');
const readerEntry = threadEntry('reader/thread.js');

/** Reads the trades by itself: no list of them ever crosses this thread. */
const pairEvaluator = (paths: PipelinePaths) =>
  workerThread({
    entry: new URL('../node/pair-worker.js', import.meta.url),
    data: { file: tradesFileOf(paths.core) },
    name: 'pair evaluator',
  });

/** Everything below `core`, on real threads, sockets and child processes. */
export function coreTree({
  paths,
  boot,
  system,
  workers,
  pairs,
  retention,
  notifier: notifying,
  logBackend,
  logBusy,
  storeWatch,
}: CoreTreeOptions): ChildSpec {
  const backend = embeddedBackend({
    processes: backendProcesses({ candlesRoots: [paths.windows], workers, log: logBackend }),
    newSession: newId,
  });
  const weather = { onTrouble: storeWatch.trouble, onLoss: storeWatch.loss, onWal: storeWatch.wal };
  return core({
    deadLetters: deadLetters({
      openWriter: (onDeath) =>
        watched(
          paths.deadLetters,
          weather,
          openWriter({
            file: paths.deadLetters,
            kind: 'dead-letters',
            entry: writerEntry,
            onDeath,
            onTrouble: (trouble) => storeWatch.trouble(paths.deadLetters, trouble),
          }),
        ),
      openSpool: () => openSpoolFile(paths.spool),
    }),
    dbWrites: dbWrites(
      storageThreads({ file: paths.core, writerEntry, readerEntry, onBusy: logBusy, ...weather }),
      retention,
    ),
    services: services([
      intakePool(),
      notifier(notifying),
      backtestDispatch({
        sockets: zmqSockets,
        backends: [backend],
        dispatcher: { bootId: boot.bootId, pid: boot.pid, newId },
      }),
      oosRequests({
        gate: { checks: candleChecks(system) },
        monteCarlo: monteCarloPool({ file: tradesFileOf(paths.core) }),
      }),
      pairOverlay({ ...pairs, evaluator: pairEvaluator(paths) }),
    ]),
  });
}
