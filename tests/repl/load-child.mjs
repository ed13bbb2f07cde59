/**
 * A busy tree with a REPL, in a process of its own: `node load-child.mjs DIST SOCKET`. At each line on stdin it measures
 * the loop's delay for that many ms, and prints p99 and the messages handled.
 */
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [dist, socketPath] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(path.join(dist, file)).href);
const { child, startTree, supervisor } = await load('runtime/index.js');
const { serveRepl } = await load('runtime/repl.js');

let handled = 0;
const player = (id) =>
  child({
    id,
    args: undefined,
    mailbox: { capacity: 4 },
    behavior: {
      init: () => undefined,
      handle(state, message, ctx) {
        handled++;
        ctx.tell(message.to, { to: ctx.self });
        return state;
      },
    },
  });
const idlers = Array.from({ length: 500 }, (_unused, index) => player(`idle-${index}`));
const system = await startTree(
  supervisor('root', { strategy: 'one_for_one', intensity: 1, periodMs: 1_000 }, [
    player('a'),
    player('b'),
    ...idlers,
  ]),
  { subscribers: [] },
);
await serveRepl(system, { socketPath });
system.find('root/a').tell({ to: system.find('root/b') });
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  const before = handled;
  histogram.enable();
  await new Promise((resolve) => setTimeout(resolve, Number(line)));
  histogram.disable();
  process.stdout.write(
    `${JSON.stringify({ p99Ms: histogram.percentile(99) / 1e6, handled: handled - before })}\n`,
  );
}
await system.stop();
process.exit();
