// A tree from data, played on virtual time: who starts, who ends of what, and what supervisors answer, line by line.
import { child, failed, ignore, kill, shutdown, startTree, supervisor } from 'holdfast';
import { SimulationHost } from 'holdfast/testing';

/** `starts` scripts one start after another: ok, error or ignore; ok once the script is over. */
const worker = ({ id, restart = 'permanent', starts = [] }) => {
  const outcomes = starts.values();
  return child({
    id,
    restart,
    args: null,
    onRestart: 'dead_letter', // as OTP treats the mail of a crashed process
    mailbox: { capacity: 100 },
    behavior: {
      init() {
        const outcome = outcomes.next().value ?? 'ok';
        if (outcome === 'error') throw new Error(`${id} does not start`);
        return outcome === 'ignore' ? ignore : null;
      },
      handle(state, { reason }, ctx) {
        ctx.stop(reason); // an exit of its own; a message that throws would be a crash
        return state;
      },
    },
  });
};

const grow = (node) =>
  node.children === undefined
    ? worker(node)
    : supervisor(
        node.id,
        { strategy: node.strategy, intensity: node.intensity, periodMs: node.periodMs },
        node.children.map(grow),
      );

const tree = {
  ...{ id: 'root', strategy: 'one_for_one', intensity: 3, periodMs: 1_000 },
  children: [
    {
      ...{ id: 'group', strategy: 'rest_for_one', intensity: 2, periodMs: 1_000 },
      children: [{ id: 'a' }, { id: 'b', starts: ['ok', 'error'] }, { id: 'c', restart: 'transient' }],
    },
  ],
};

const host = new SimulationHost();
const note = (line) => console.log(`${host.nowMs} ms  ${line}`);

const system = await startTree(grow(tree), {
  host,
  // Told at once, in the middle of whatever does it. `start_ignored` is told as well.
  subscribers: [
    (event) => {
      if (event.type === 'started') note(`${event.path}#${event.handle.incarnation} starts`);
      if (event.type === 'start_failed') note(`${event.path}#${event.incarnation} does not start`);
      if (event.type === 'exited') note(`${event.path}#${event.incarnation} ends: ${event.reason.kind}`);
    },
  ],
});

const at = (path) => system.find(path);
system.exit(at('root/group/b'), failed('told so')); // an exit signal from outside
await system.quiescent(); // nothing is left to do but what time or the outside brings
await host.advance(500);
at('root/group/c').tell({ reason: shutdown }); // it ends by itself
await system.quiescent();
system.exit(at('root/group/a'), kill);
await system.quiescent();

const { value } = await system.terminateChild(at('root/group'), 'b');
note(`terminate b: ${JSON.stringify(value)}`);
const children = await system.whichChildren(at('root/group'));
for (const { id, state } of children.value) note(`${id} is ${state}`);
await system.stop();
