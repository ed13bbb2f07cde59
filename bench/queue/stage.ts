import { pathToFileURL } from 'node:url';
import { median } from '../statistics.js';
import type { OpenContender, Order, QueueContender, Round } from './contender.js';

/** A process in which one queue plays: enqueue, then process all of it, then single jobs in an idle queue. */
const [modulePath, exportName, folder, url] = process.argv.slice(2);
if (modulePath === undefined || exportName === undefined || folder === undefined)
  throw new Error('expected a module, the name of its export and a folder');
const loaded = (await import(pathToFileURL(modulePath).href)) as Record<string, OpenContender>;
const open = loaded[exportName];
if (open === undefined) throw new Error(`${modulePath} exports no ${exportName}`);
const contender = await open({ folder, url: url === '' ? undefined : url });
let jobsSoFar = 0;

process.on('message', (order: Order | 'name' | 'close') => {
  const answer = order === 'name' ? describe() : order === 'close' ? close() : play(contender, order);
  void answer.then(
    (said) => process.send?.(said),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  );
});
process.send?.('ready');

const describe = () => Promise.resolve({ name: contender.name, durability: contender.durability });

async function close(): Promise<string> {
  await contender.close();
  setImmediate(() => process.exit());
  return 'closed';
}

async function play(queue: QueueContender, { jobs, wakeUps }: Order): Promise<Round> {
  const enqueueMs = await timed(() => queue.enqueue(jobs));
  const processMs = await timed(() => queue.process(jobs));
  const waits = await queue.wakeUps(wakeUps);
  jobsSoFar += jobs + wakeUps;
  const done = await queue.done();
  if (done !== jobsSoFar) throw new Error(`${queue.name} has done ${done} of ${jobsSoFar} jobs`);
  return {
    enqueuedPerS: (1_000 * jobs) / enqueueMs,
    processedPerS: (1_000 * jobs) / processMs,
    wakeUpMs: median(waits),
  };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begunMs = performance.now();
  await work();
  return performance.now() - begunMs;
}
