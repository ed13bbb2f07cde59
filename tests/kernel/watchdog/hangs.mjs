/** A tree that hangs its loop, in a process of its own: `node hangs.mjs DIST MS where`. Facts go to stdout as JSON lines. */
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';

const [dist, ms, where] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(path.join(dist, file)).href);
const { child, startTree, supervisor } = await load('runtime/index.js');
const { startWatchdog } = await load('runtime/node/watchdog.js');
const tell = (fact) => process.stdout.write(`${JSON.stringify(fact)}\n`);

function hold() {
  const untilMs = performance.now() + Number(ms);
  while (performance.now() < untilMs);
}
const actor = (id) =>
  child({
    id,
    args: undefined,
    mailbox: { capacity: 1_000 },
    behavior: {
      init: () => undefined,
      handle(state, message) {
        if (message.type === 'hold') hold();
        return state;
      },
    },
  });
const watchdog = startWatchdog({ stuckMs: 500, onStuck: (stuck) => tell({ type: 'stuck', ...stuck }) });
const tree = supervisor('root', { strategy: 'one_for_one', intensity: 1, periodMs: 1_000 }, [
  actor('quick'),
  actor('slow'),
]);
const system = await startTree(tree, {
  hand: watchdog.hand,
  subscribers: [watchdog.subscriber, (event) => event.type === 'slow_turn' && tell(event)],
});
// The thread is up once the hand moves.
while (Atomics.load(watchdog.hand.cells, 0) < 30) await new Promise((resolve) => setTimeout(resolve, 10));
for (let round = 0; round < 200; round++) {
  system.find('root/quick').tell({ type: 'quick' });
  if (round === 100 && where === 'turn') system.find('root/slow').tell({ type: 'hold' });
  system.find('root/quick').tell({ type: 'quick' });
}
if (where === 'outside') hold();
await system.quiescent();
await new Promise((resolve) => setTimeout(resolve, 400));
for (const id of ['quick', 'slow'])
  tell({ type: 'turns', id, turns: system.inspect(system.find(`root/${id}`)).turns });
await system.stop();
await watchdog.stop();
