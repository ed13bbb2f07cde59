/** One request from submit to settled, and everything that may come between, on real threads and sockets. */
import { afterEach, expect, test } from '@jest/globals';
import type { DbThreads } from '../../actors/db-writes/ports.js';
import { names as dispatch } from '../../protocols/backtest-dispatch.js';
import { kill } from '../../protocols/exit-reason.js';
import { names as letters } from '../../protocols/dead-letters.js';
import { names as db } from '../../protocols/db-writes.js';
import { storageErrorData } from '../../storage/errors.js';
import { failedBody, okBody, rig, type Rig, type RigOptions } from './rig.js';

const running: Rig[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

async function start(options: RigOptions = {}): Promise<Rig> {
  const one = await rig(options);
  running.push(one);
  return one;
}

const deadline = { deadlineMs: 10_000 };

test('a submitted request is leased, sent, answered and applied, with its trades and its result', async () => {
  const one = await start();
  const backend = await one.backend('a');
  await one.submit('r1');
  const attemptId = await backend.next();
  expect(await one.outcomes('r1')).toMatchObject([{ state: 'leased', leases: 1 }]);
  await backend.answer(attemptId);
  expect(await one.terminal('r1')).toMatchObject([{ state: 'succeeded', leases: 1, late: 0 }]);
  const result = await one.system.ask(db.reader, { type: 'result', requestId: 'r1' }, deadline);
  expect(result).toMatchObject({
    value: { value: { attemptId, sharpe: 0.5, trades: 2, winRate: 50, tradesCount: 2 } },
  });
});

test('submitting the same again attaches, and nothing is sent twice', async () => {
  const one = await start();
  const backend = await one.backend('a');
  await one.submit('r1');
  await one.submit('r1', 'r2');
  await backend.answer(await backend.next());
  await backend.answer(await backend.next());
  expect(await one.terminal('r1', 'r2')).toMatchObject([{ leases: 1 }, { leases: 1 }]);
  expect(backend.received).toEqual([]);
});

test('an answer that comes three times is applied once', async () => {
  const one = await start();
  const backend = await one.backend('a');
  await one.submit('r1', 'r2');
  const [first, second] = [await backend.next(), await backend.next()];
  await backend.answer(first);
  await backend.answer(first);
  await backend.answer(first);
  await backend.answer(second);
  await one.terminal('r1', 'r2');
  const standing = await one.system.ask(dispatch.resultApplier, { type: 'applier_standing' }, deadline);
  expect(standing).toMatchObject({ value: { pending: 0, dispositions: { applied: 2, duplicate: 2 } } });
});

test('an answer to an attempt that nobody leased is a letter and changes nothing', async () => {
  const one = await start();
  const backend = await one.backend('a');
  await one.submit('r1');
  const attemptId = await backend.next();
  await backend.answer('never-leased');
  await backend.answer(attemptId);
  expect(await one.terminal('r1')).toMatchObject([{ state: 'succeeded', late: 0 }]);
  const list = await one.system.ask(letters.deadLetters, { type: 'list', after: null, limit: 10 }, deadline);
  expect(list).toMatchObject({ value: { value: [{ reason: 'unknown_attempt' }] } });
});

test('a failure of weather is tried four times and then a dead letter; one of data ends at once', async () => {
  const one = await start();
  const backend = await one.backend('a');
  await one.submit('r1');
  for (let attempt = 1; attempt <= 4; attempt++)
    await backend.answer(await backend.next(), failedBody('engine_died'));
  expect(await one.terminal('r1')).toMatchObject([
    { state: 'dead_lettered', leases: 4, failureCode: 'engine_died' },
  ]);
  await one.submit('r2');
  await backend.answer(await backend.next(), failedBody('too_few_bars'));
  expect(await one.terminal('r2')).toMatchObject([
    { state: 'failed', leases: 1, failureCode: 'too_few_bars' },
  ]);
  const list = await one.system.ask(letters.deadLetters, { type: 'list', after: null, limit: 10 }, deadline);
  expect(list).toMatchObject({ value: { value: [{ reason: 'dead_lettered', attempts: 4 }] } });
});

test('when a backend dies its requests are queued again at once and go to the next one', async () => {
  const one = await start({ settings: { inFlightMax: 3 } });
  const first = await one.backend('a');
  await one.submit('r1', 'r2', 'r3');
  const answered = await first.next();
  await first.answer(answered);
  await one.terminal('r1');
  await one.down(first, true);
  const second = await one.backend('b');
  await second.answer(await second.next());
  await second.answer(await second.next());
  expect(await one.terminal('r2', 'r3')).toMatchObject([
    { state: 'succeeded', leases: 2 },
    { state: 'succeeded', leases: 2 },
  ]);
});

test('the answer of an abandoned attempt is applied while its request is open, and the second is late', async () => {
  const one = await start();
  const first = await one.backend('a');
  await one.submit('r1');
  const abandoned = await first.next();
  const second = await one.backend('b');
  const again = await second.next();
  expect(again).not.toBe(abandoned);
  await first.answer(abandoned);
  expect(await one.terminal('r1')).toMatchObject([{ state: 'succeeded', late: 0 }]);
  await second.answer(again);
  await one.submit('r2');
  await second.answer(await second.next());
  await one.terminal('r2');
  expect(await one.outcomes('r1')).toMatchObject([{ state: 'succeeded', late: 1 }]);
});

test('while paused nothing is leased, and it goes on when it is resumed', async () => {
  const one = await start();
  const backend = await one.backend('a');
  const set = (paused: boolean) =>
    one.system.ask(
      dispatch.dispatcher,
      { type: 'change_settings', settings: { paused }, changedBy: 'test' },
      deadline,
    );
  await set(true);
  await one.submit('r1');
  await one.system.ask(dispatch.dispatcher, { type: 'status' }, deadline);
  expect(await one.outcomes('r1')).toMatchObject([{ state: 'queued', leases: 0 }]);
  expect(await one.system.ask(dispatch.dispatcher, { type: 'status' }, deadline)).toMatchObject({
    value: { phase: 'paused', inFlight: 0 },
  });
  await set(false);
  await backend.answer(await backend.next());
  expect(await one.terminal('r1')).toMatchObject([{ state: 'succeeded' }]);
});

test('an answer that meets a full disk is applied when there is room again', async () => {
  let full = 0;
  const wrap = (threads: DbThreads): DbThreads => ({
    ...threads,
    openCore: async (onDeath) => {
      const writer = await threads.openCore(onDeath);
      const run: typeof writer.run = (verb) =>
        verb.statements.some(({ sql }) => sql.includes('into "results"')) && full-- > 0
          ? Promise.resolve({ ok: false, error: storageErrorData('disk_full', 'commit', 'no space') })
          : writer.run(verb);
      return {
        opened: writer.opened,
        run,
        commit: writer.commit.bind(writer),
        stats: writer.stats.bind(writer),
        close: writer.close.bind(writer),
      };
    },
  });
  const one = await start({ wrap });
  const backend = await one.backend('a');
  await one.submit('r1');
  const attemptId = await backend.next();
  full = 2;
  await backend.answer(attemptId);
  expect(await one.terminal('r1')).toMatchObject([{ state: 'succeeded', leases: 1 }]);
  const standing = await one.system.ask(dispatch.resultApplier, { type: 'applier_standing' }, deadline);
  expect(standing).toMatchObject({ value: { retries: 2, pending: 0 } });
});

test.each(['core writer', 'trades writer'])(
  'when the %s thread is killed with answers on their way, every request still ends once',
  async (thread) => {
    const one = await start({ settings: { inFlightMax: 50, batchMax: 50 } });
    const backend = await one.backend('a');
    const ids = Array.from({ length: 40 }, (_, number) => `r${number}`);
    await one.submit(...ids);
    for (let answered = 0; answered < ids.length; answered++) {
      const attemptId = await backend.next();
      await backend.answer(attemptId);
      if (answered === 20) void one.threads.get(thread)?.terminate();
    }
    const outcomes = await one.terminal(...ids);
    expect(outcomes.map(({ state }) => state)).toEqual(ids.map(() => 'succeeded'));
    expect(one.events.filter(({ type }) => type === 'restarting')).toHaveLength(1);
  },
);

test.each(['resultApplier', 'resultReceiver', 'backendLink', 'dispatcher'] as const)(
  'when the %s is killed with work out, it is queued again and every request ends once',
  async (victim) => {
    const one = await start();
    const backend = await one.backend('a');
    await one.submit('r1', 'r2', 'r3', 'r4');
    await backend.answer(await backend.next());
    await one.terminal('r1');
    const before = one.system.handle(dispatch[victim])?.incarnation ?? 0;
    one.system.exit(dispatch[victim], kill);
    const restarted = () => (one.system.handle(dispatch[victim])?.incarnation ?? 0) > before;
    while (!restarted()) await new Promise((resolve) => setTimeout(resolve, 5));
    const successor = await one.backend('b');
    const open = new Set(['r2', 'r3', 'r4']);
    const answering = (async () => {
      while (open.size > 0) await successor.answer(await successor.next());
    })();
    const outcomes = await one.terminal(...open);
    open.clear();
    expect(outcomes.map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    await Promise.race([answering, Promise.resolve()]);
  },
);

test('what was out when the process stopped is queued again for the next one, and used no attempt', async () => {
  const first = await start();
  const backend = await first.backend('a');
  await first.submit('r1');
  await backend.next();
  await backend.close();
  await first.system.stop();
  const second = await start({ file: first.file, bootId: 'boot-2' });
  const successor = await second.backend('b');
  await successor.answer(await successor.next(), okBody);
  expect(await second.terminal('r1')).toMatchObject([{ state: 'succeeded', leases: 2 }]);
});

test('a frame that nobody can read is kept as a letter, and the next answer is applied', async () => {
  const one = await start();
  const backend = await one.backend('a');
  await one.submit('r1');
  const attemptId = await backend.next();
  while ((await backend.results.send(Buffer.from('((((('))) === 'full') await Promise.resolve();
  await backend.answer(attemptId);
  expect(await one.terminal('r1')).toMatchObject([{ state: 'succeeded' }]);
  const list = await one.system.ask(letters.deadLetters, { type: 'list', after: null, limit: 10 }, deadline);
  expect(list).toMatchObject({ value: { value: [{ reason: 'unreadable' }] } });
});
