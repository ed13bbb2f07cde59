// Heap figures of a mailbox, for soak.test.ts: node --expose-gc mailbox-memory.mjs. Nobody else's garbage is in them.
import { Mailbox } from '../../../../dist/actors/kernel/mailbox.js';

function heapBytes() {
  // Twice: what the first collection finalises, the second one frees.
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

const filled = (mailbox, messages) => {
  for (let i = 0; i < messages; i++) mailbox.push(i, undefined, 0);
  return mailbox;
};
const drain = (mailbox) => {
  while (mailbox.size > 0) mailbox.shift();
  return mailbox;
};

drain(filled(new Mailbox(), 10_000));
const before = heapBytes();
const million = filled(new Mailbox(), 1_000_000);
const full = heapBytes() - before;
drain(million);
const drained = heapBytes() - before;
const many = Array.from({ length: 1_000 }, () => drain(filled(new Mailbox(), 5_000)));
const thousand = heapBytes() - before - drained;
process.stdout.write(
  `${JSON.stringify({ full, drained, thousand, kept: many.length, left: million.size })}\n`,
);
