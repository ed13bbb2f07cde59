/** Starts a pipeline on a file, says when it receives, waits while it is off, and says how fast it then lets go. */
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';

const built = (file) => import(pathToFileURL(path.resolve('dist', file)).href);
const { startPipeline } = await built('runtime/pipeline/start-pipeline.js');
const { names: dispatch } = await built('protocols/backtest-dispatch.js');
const { names: db } = await built('protocols/db-writes.js');

const [file, ratePerS] = process.argv.slice(2);
const deadline = { deadlineMs: 30_000 };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const fromMs = performance.now();
const pipeline = await startPipeline({ file, dispatch: { paused: true }, workers: 1, subscribers: [] });
const ask = async (to, message) => (await pipeline.system.ask(to, message, deadline)).value;
const receiver = await ask(dispatch.resultReceiver, { type: 'receiver_standing' });
const receivingMs = performance.now() - fromMs;
const leased = async () => (await ask(dispatch.dispatcher, { type: 'status' })).counts.leased;

await pause(500);
const leasedWhileOff = await leased();
const { value: open } = await ask(db.reader, { type: 'open_request_counts' });
let released = null;
if (ratePerS !== undefined) {
  const settings = { paused: false, ratePerS: Number(ratePerS), batchMax: 5 };
  const releasedMs = performance.now();
  await ask(dispatch.dispatcher, { type: 'change_settings', settings, changedBy: 'test' });
  while ((await leased()) < 40 && performance.now() - releasedMs < 30_000) await pause(50);
  const count = await leased();
  released = { count, seconds: (performance.now() - releasedMs) / 1_000 };
}
await pipeline.stop();
const backlog = open.reduce((sum, { count }) => sum + count, 0);
const endpoint = receiver.endpoint;
process.stdout.write(`${JSON.stringify({ endpoint, receivingMs, leasedWhileOff, backlog, released })}\n`);
