/** For the entry of a worker: `import { serveWorker } from 'holdfast/worker'`. Loads nothing of the kernel. */
export { serveWorker, WorkerFailure } from './worker-serve.js';
export type { ServeWorkerOptions, WorkerCall, WorkerHandler } from './worker-serve.js';
