/** Refreshes the pairs of a core file once and says what came of it; somebody kills it at any moment. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [core, dist] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(path.join(dist, file)).href);
const { nactHost, supervisor, System } = await load('runtime/index.js');
const { nodeCapabilities } = await load('runtime/node/capabilities.js');
const { workerThread } = await load('runtime/node/worker-thread.js');
const { storageThreads } = await load('actors/db-writes/storage-threads.js');
const { dbWrites } = await load('supervisors/db-writes.js');
const { pairOverlay } = await load('supervisors/pair-overlay.js');
const { names } = await load('protocols/pair-overlay.js');

const threads = storageThreads({
  file: core,
  writerEntry: path.join(dist, 'storage/writer/thread.js'),
  readerEntry: path.join(dist, 'storage/reader/thread.js'),
});
const evaluator = workerThread({
  entry: path.join(dist, 'runtime/node/pair-worker.js'),
  data: { file: `${core}.trades` },
});
const tree = supervisor('root', { strategy: 'one_for_one', intensity: 1, periodMs: 1_000 }, [
  dbWrites(threads),
  pairOverlay({ evaluator }),
]);
const system = await System.start(tree, { host: nactHost('refresh', nodeCapabilities) });
process.stdout.write('started\n');
const outcome = await system.ask(names.refresher, { type: 'refresh' }, { deadlineMs: 60_000 });
process.stdout.write(`${JSON.stringify(outcome)}\n`);
await system.stop();
