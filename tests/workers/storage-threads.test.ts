/** The stores keep a driver of their own, because thousands of calls are in flight; it must not believe threads either. */
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { threadDriver } from '../../actors/db-writes/thread-driver.js';
import type { DbAnswer } from '../../protocols/db-writes.js';
import { child, name, startTree, supervisor, type Replies } from '../../runtime/index.js';
import { SimulationHost } from '../../runtime/testing/simulation-host.js';
import { storageErrorData } from '../../storage/errors.js';
import { startThread } from '../../storage/thread/channel.js';
import type { Outcome } from '../../storage/thread/messages.js';
import { until } from './rig.js';

const opened = "{ type: 'ready', opened: { pragmas: {}, schemaVersion: 1, migrated: [] } }";

const threadThat = (does: string) => () =>
  new Worker(
    `const { parentPort: port } = require('node:worker_threads');
     const answer = (...ids) =>
       port.postMessage({ type: 'answers', answers: ids.map((id) => ({ id, ok: true, value: id })), stats: null });
     port.postMessage(${opened});
     port.on('message', (message) => { ${does} });`,
    { eval: true },
  );

test.each([
  ['of nobody', 'answer(1, 999)'],
  ['for the second time', 'answer(1); answer(1)'],
])(
  'a thread that answers a call %s is ended, and what it still had is answered writer_died',
  async (_, does) => {
    const deaths: string[] = [];
    const createWorker = threadThat(does);
    const onDeath = (reason: string): void => void deaths.push(reason);
    const channel = await startThread('core writer', null, { entry: '', createWorker, onDeath });
    const [first, second] = [channel.call('a', 1), channel.call('b', 1)];
    expect(await first).toEqual({ ok: true, value: 1 });
    expect(await second).toMatchObject({ ok: false, error: { code: 'writer_died', retryable: true } });
    expect(deaths).toEqual([expect.stringMatching(/it answered call (1|999), which does not wait/)]);
    expect(await channel.call('c', 1)).toMatchObject({ error: { code: 'writer_died' } });
    await channel.close();
  },
);

test('a thread that cannot open says why, and one that ends first has died', async () => {
  const refuse =
    "new Error(port.postMessage({ type: 'open_failed', error: { code: 'corrupt', message: 'm' } }))";
  const refusing = () =>
    new Worker(`const { parentPort: port } = require('node:worker_threads'); ${refuse}`, { eval: true });
  await expect(startThread('w', null, { entry: '', createWorker: refusing })).rejects.toMatchObject({
    code: 'corrupt',
  });
  const dying = () => new Worker('process.exit(4)', { eval: true });
  await expect(startThread('w', null, { entry: '', createWorker: dying })).rejects.toMatchObject({
    code: 'writer_died',
    message: expect.stringMatching(/exit code 4/) as unknown,
  });
});

type Verb = { readonly type: 'verb' } & Replies<DbAnswer<unknown>>;

/** A thread of virtual time: it answers at once, or hangs, or does not even end. */
class Thread {
  static lives = 0;
  readonly #pending: ((outcome: Outcome<unknown>) => void)[] = [];

  constructor(readonly way: 'works' | 'hangs' | 'stays') {
    Thread.lives += 1;
  }

  readonly perform = (): Promise<Outcome<unknown>> =>
    this.way === 'works'
      ? Promise.resolve({ ok: true, value: 'done' })
      : new Promise((resolve) => void this.#pending.push(resolve));

  readonly close = (deadline?: AbortSignal): Promise<void> => {
    if (this.way === 'stays') return new Promise(() => undefined);
    const error = storageErrorData('writer_died', 'use the thread', 'it was ended');
    if (deadline?.aborted === true) for (const resolve of this.#pending) resolve({ ok: false, error });
    return Promise.resolve();
  };
}

test.each(['hangs', 'stays'] as const)(
  'a thread that %s is noticed by its silence, and replaced; whoever asked is told',
  async (way) => {
    const host = new SimulationHost();
    Thread.lives = 0;
    const store = name<Verb>('store');
    const behavior = threadDriver<Verb, Thread>({
      open: () => Promise.resolve(new Thread(Thread.lives === 0 ? way : 'works')),
      perform: (thread) => thread.perform(),
      depth: () => ({ queueBytes: 0, thread: null }),
    });
    const driver = child({
      id: 'store',
      name: store,
      behavior,
      args: { silentMsMax: 1_000 },
      shutdownMs: 500,
      mailbox: { capacity: 16 },
    });
    const root = supervisor('root', { strategy: 'one_for_one', intensity: 1, periodMs: 60_000 }, [driver]);
    const system = await startTree(root, { host, subscribers: [] });
    const ask = () => system.ask(store, { type: 'verb' }, { deadlineMs: 60_000 });
    // Silence with nothing under way is none.
    await host.advance(5_000);
    const asked = ask();
    await host.advance(999);
    expect(Thread.lives).toBe(1);
    await host.advance(2_000);
    const outcome = await asked;
    if (way === 'hangs')
      expect(outcome).toMatchObject({ ok: true, value: { code: 'writer_died', retryable: true } });
    else expect(outcome).toMatchObject({ ok: false, reason: { type: 'exit' } });
    expect(Thread.lives).toBe(2);
    expect(await ask()).toMatchObject({ ok: true, value: { ok: true, value: 'done' } });
    const stopped = system.stop();
    await host.advance(2_000);
    // What could not be ended is told as left behind.
    expect(await stopped).toMatchObject({ ok: way === 'hangs' });
  },
);

test('no thread of these tests is left', async () => {
  await until('no port is open', () => !process.getActiveResourcesInfo().includes('MessagePort'));
});
