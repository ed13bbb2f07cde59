// A doorbell that rings at most once a minute, tested three ways. Run it: it says nothing but "all as expected".
import assert from 'node:assert/strict';
import { child, name, startTree, supervisor } from 'holdfast';
import { probe, SimulationHost, told, turnsOf } from 'holdfast/testing';

const chime = name('chime');

const behavior = {
  init: () => ({ quiet: false }),
  handle(state, message, ctx) {
    switch (message.type) {
      case 'pressed':
        if (state.quiet) return state;
        ctx.tell(chime, { type: 'ring' });
        ctx.timer('quiet', 60_000, { type: 'quiet_over' });
        return { quiet: true };
      case 'quiet_over':
        return { quiet: false };
      case 'is_quiet':
        ctx.reply(message, state.quiet);
        return state;
    }
  },
};

// 1. A table of turns: no tree, no host, no waiting. What a turn asks for is its result.
const bell = turnsOf(behavior, null);
assert.deepEqual(bell.tell({ type: 'pressed' }), [
  { verb: 'tell', to: 'chime', message: { type: 'ring' } },
  { verb: 'timer', key: 'quiet', delayMs: 60_000, message: { type: 'quiet_over' } },
]);
assert.deepEqual(bell.tell({ type: 'pressed' }), []);
bell.advance(60_000);
assert.deepEqual(told(bell.tell({ type: 'pressed' }), chime), [{ type: 'ring' }]);

// 2. In a tree, on virtual time: a probe stands where the chime would.
const doorbell = child({ id: 'doorbell', behavior, args: null, mailbox: { capacity: 16 } });
async function inTree(host) {
  const listener = probe({ id: 'chime', name: chime, ...(host === undefined ? {} : { time: host }) });
  const options = { strategy: 'one_for_one', intensity: 1, periodMs: 1_000 };
  const root = supervisor('root', options, [listener.spec, doorbell]);
  const system = await startTree(root, host === undefined ? {} : { host });
  return { system, listener, press: () => system.find('root/doorbell').tell({ type: 'pressed' }) };
}
const { system, listener, press } = await inTree(new SimulationHost({ seed: 7, order: 'seeded' }));
press();
await listener.expect('ring');
press();
await listener.expectNothing(59_999); // a minute that takes no time
await listener.expectNothing(1);
press();
await listener.expect('ring');
await system.stop();

// 3. The same on real time, for what only real time shows.
const real = await inTree(undefined);
real.press();
await real.listener.expect('ring', 1_000);
await real.listener.expectNothing(10);
await real.system.stop();

console.log('all as expected');
