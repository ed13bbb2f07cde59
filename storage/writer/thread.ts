/** The writer thread's entry: opens and migrates its file, then commits until it is told to close. */
import { parentPort, workerData } from 'node:worker_threads';
import { lostCommits } from '../commit-mark.js';
import { openDatabase } from '../database.js';
import { storageErrorFrom } from '../errors.js';
import type { StoreKind } from '../migrations/index.js';
import { schemas } from '../migrations/index.js';
import { migrate } from '../migrations/run.js';
import type { FromThread, Opened } from '../thread/messages.js';
import { serve } from '../thread/serve.js';
import { tradesJob } from './ingest.js';
import { type GroupLimits, WriterSession } from './session.js';

export interface WriterThreadData extends GroupLimits {
  readonly file: string;
  readonly kind: StoreKind;
  readonly busyMsMax: number;
  readonly walBytesMax: number;
}

/** Somebody must wake a sleeper that nobody wakes: the timeout does. */
const sleeper = new Int32Array(new SharedArrayBuffer(4));

function start(data: WriterThreadData, send: (message: FromThread) => void): WriterSession | undefined {
  try {
    const { connection, pragmas } = openDatabase(data.file);
    // Here SQLite may do the waiting: nobody has sent anything yet.
    connection.pragma(`busy_timeout = ${data.busyMsMax}`);
    const { version, applied } = migrate(connection, schemas[data.kind], data.file);
    connection.pragma(`busy_timeout = ${String(pragmas['busy_timeout'])}`);
    const opened: Opened = {
      pragmas,
      schemaVersion: version,
      migrated: applied,
      lostCommits: lostCommits(data.file, connection),
    };
    send({ type: 'ready', opened });
    return new WriterSession({
      ...data,
      connection,
      patience: {
        waitMs: (ms) => void Atomics.wait(sleeper, 0, 0, ms),
        busyMsMax: data.busyMsMax,
        onBusy: (waitedMs) => send({ type: 'busy', waitedMs }),
      },
      onWal: (bytesOver) => send({ type: 'wal', bytesOver }),
      ...(data.kind === 'trades' ? { job: tradesJob } : {}),
    });
  } catch (cause) {
    const error = storageErrorFrom(cause, `open ${data.file}`);
    if (error === undefined) throw cause;
    send({ type: 'open_failed', error });
    return undefined;
  }
}

if (parentPort === null) throw new Error('the writer thread must be started as a worker');
const port = parentPort;
const session = start(workerData as WriterThreadData, (message) => port.postMessage(message));
if (session === undefined) port.close();
else serve(port, session);
