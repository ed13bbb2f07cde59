/** A reader thread's entry: a read-only connection of its own, so that status queries never wait for the writer. */
import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { storageErrorFrom } from '../errors.js';
import type { StoreKind } from '../migrations/index.js';
import type { FromThread } from '../thread/messages.js';
import { serve } from '../thread/serve.js';
import { openCurrent } from './read-only.js';
import { type ReadLimits, ReaderSession } from './session.js';

export interface ReaderThreadData extends ReadLimits {
  readonly file: string;
  readonly kind: StoreKind;
}

function start(data: ReaderThreadData, send: (message: FromThread) => void): ReaderSession | undefined {
  try {
    const { connection, opened } = openCurrent(data.file, data.kind);
    send({ type: 'ready', opened });
    return new ReaderSession(connection, data, () => performance.now());
  } catch (cause) {
    const error = storageErrorFrom(cause, `open ${data.file}`);
    if (error === undefined) throw cause;
    send({ type: 'open_failed', error });
    return undefined;
  }
}

if (parentPort === null) throw new Error('the reader thread must be started as a worker');
const port = parentPort;
const session = start(workerData as ReaderThreadData, (message) => port.postMessage(message));
if (session === undefined) port.close();
else serve(port, session);
