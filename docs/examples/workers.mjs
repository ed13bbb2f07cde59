// Two threads that factor numbers, of which some are fatal. Whoever asks gets an answer every time.
import { name, startTree, supervisor, workerPool, workerThread } from 'holdfast';

const factors = name('factors');
const pool = workerPool({
  id: 'factors',
  name: factors,
  size: 2,
  worker: workerThread({ entry: new URL('factors-worker.mjs', import.meta.url) }), // or workerChild({ … })
  requestMs: 300, // then the worker hangs, and is killed
  isAnswer: Array.isArray, // whatever else a worker answers is a lie, and it is killed
});

// Ten deaths of workers a minute are the pool's own affair; one that gives up is started anew three times in ten minutes.
const root = supervisor('root', { strategy: 'one_for_one', intensity: 3, periodMs: 600_000 }, [pool]);
const system = await startTree(root, { subscribers: [] });

async function ask(number, more = {}) {
  const work = { type: 'work', request: { number }, ...more };
  const outcome = await system.ask(factors, work, { deadlineMs: 10_000 });
  const answer = outcome.ok ? outcome.value : { ok: false, code: outcome.reason.type };
  console.log(number, answer.ok ? answer.value.join(' x ') : answer.code);
}

await Promise.all([ask(360), ask(-1), ask(13, { repeatable: true }), ask(17), ask(97)]);
const counts = await system.ask(factors, { type: 'worker_counts' }, { deadlineMs: 1_000 });
const { accepted, done, failed, retried, killed, losses } = counts.value;
console.log({ accepted, done, failed, retried, killed, losses });
await system.stop();
