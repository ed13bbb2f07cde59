/** A worker that behaves as its requests say: in a thread and in a child process alike. */
import { parentPort } from 'node:worker_threads';
import { closeSync, writeSync } from 'node:fs';
import { serveWorker, WorkerFailure } from '../../../dist/runtime/node/worker-serve.js';
import { frame } from '../../../dist/runtime/node/worker-frames.js';

/** Past the library, as broken code would. */
const say = (message) => (parentPort === null ? write(frame(message)) : parentPort.postMessage(message));

/** The line takes what it can; a flood goes on as soon as there is room. */
function write(bytes) {
  for (let rest = bytes; rest.length > 0;) {
    try {
      rest = rest.subarray(writeSync(3, rest));
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

const never = () => new Promise(() => setInterval(() => undefined, 1_000));

const ways = {
  echo: ({ value }) => value,
  who: () => process.pid,
  die_first: ({ times }, { key, attempt }) => (attempt <= times ? process.exit(7) : { key, attempt }),
  move: ({ bytes }, { transfer }) => {
    const answer = new Uint8Array(bytes);
    transfer(answer.buffer);
    return answer;
  },
  key: (_, { key, attempt }) => ({ key, attempt }),
  slow: ({ ms }) => new Promise((resolve) => setTimeout(() => resolve('late'), ms)),
  never,
  busy_loop: () => {
    for (;;);
  },
  exit: ({ code }) => process.exit(code),
  kill_9: () => {
    process.kill(process.pid, 'SIGKILL');
    return never();
  },
  throw: () => {
    throw new Error('a bug');
  },
  throw_later: async () => {
    await null;
    throw new Error('a late bug');
  },
  refuse: () => {
    throw new WorkerFailure('too_sour', 'the lemon is too sour', { retryable: true });
  },
  hang_up: () => {
    closeSync(3);
    return never();
  },
  unknown_id: () => {
    say({ type: 'answer', id: 999, ok: true, value: 1 });
    return never();
  },
  twice: () => {
    setTimeout(() => say({ type: 'answer', id: 1, ok: true, value: 'again' }), 0);
    return 'once';
  },
  nonsense: () => {
    say({ hello: 'world' });
    return never();
  },
  ready_again: () => {
    say({ type: 'ready' });
    return never();
  },
  wrong_shape: () => ({ wrong: 'shape' }),
  notices: ({ count }, { notice }) => {
    for (let n = 0; n < count; n++) notice(n);
    return 'noticed';
  },
  flood: () => {
    for (let n = 0; n < 100_000; n++) say({ type: 'notice', notice: n });
    return never();
  },
  flood_without_end: () => {
    const pour = () => {
      for (let n = 0; n < 100; n++) say({ type: 'notice', notice: 'x'.repeat(1_000) });
      setTimeout(pour, 0);
    };
    pour();
    return never();
  },
  too_large: ({ bytes }) => new Uint8Array(bytes),
  memory: () => {
    const held = [];
    for (;;) held.push(new Array(100_000).fill(held.length));
  },
  orphan: async ({ busy }, { notice }) => {
    notice(process.pid);
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (!busy) return never();
    for (;;);
  },
};

await serveWorker((request, call) => ways[request.way](request, call), {
  setUp: (data) => (data?.startNever === true ? never() : undefined),
});
