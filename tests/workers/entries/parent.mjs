/** A program with a busy child, to be killed: what becomes of the child? Prints the child's pid. */
import { child, name, startTree, supervisor, workerChild, workerPool } from '../../../dist/runtime/index.js';

const pool = name('pool');
const listener = name('listener');
const listen = child({
  id: 'listener',
  name: listener,
  behavior: { init: () => null, handle: (_, { notice }) => console.log(notice) },
  args: null,
  mailbox: { capacity: 8 },
});
const worker = workerChild({ entry: new URL('bad-worker.mjs', import.meta.url) });
const notices = { to: listener, perSecondMax: 5 };
const system = await startTree(
  supervisor('root', { strategy: 'one_for_one', intensity: 0, periodMs: 1_000 }, [
    listen,
    workerPool({ id: 'pool', name: pool, size: 1, worker, requestMs: 600_000, notices }),
  ]),
);
const request = { way: 'orphan', busy: process.argv[2] === 'busy' };
await system.ask(pool, { type: 'work', request }, { deadlineMs: 600_000 });
