// A nact program moves to holdfast one actor at a time: our actors are reached from nact, and nact's from ours.
import { dispatch, spawn, start, stop } from 'nact';
import { child, name, nactProxy, startTree, supervisor } from 'holdfast';

// What is there already: a printer, written for nact.
const old = start();
let printed = 0;
let finish;
const finished = new Promise((resolve) => (finish = resolve));
const printer = spawn(
  old,
  (_state, message) => {
    console.log('printer, on nact:', message.line);
    if (++printed === 2) finish();
  },
  'printer',
);

// What has moved: a counter, bounded and supervised. It reaches the printer through a proxy in its own tree.
const printerName = name('printer');
const counter = child({
  id: 'counter',
  args: 0,
  mailbox: { capacity: 1_000 },
  behavior: {
    init: (first) => first,
    handle(count, word, ctx) {
      ctx.tell(printerName, { line: `${word} is word ${count + 1}` });
      return count + 1;
    },
  },
});
const proxy = nactProxy('printer', printer, { capacity: 1_000, name: printerName });

const root = supervisor('root', { strategy: 'rest_for_one', intensity: 3, periodMs: 5_000 }, [
  proxy,
  counter,
]);
const system = await startTree(root);

// nact code sends to the new actor as to any other: its bounded mailbox is what is behind the reference.
const counterReference = system.nactReference(system.find('root/counter'));
dispatch(counterReference, 'one');
dispatch(counterReference, 'two');

await finished;
await system.stop();
stop(old);
