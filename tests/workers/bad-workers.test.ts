/** Real threads and real child processes that hang, die, lie and flood. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { name, type System, type WorkerNotice } from '../../runtime/index.js';
import { kinds, lives, rig, until, type Rig, type Way } from './rig.js';

let running: System | undefined;
const start = async (...args: Parameters<typeof rig>): Promise<Rig> => {
  const self = await rig(...args);
  running = self.system;
  return self;
};
afterEach(async () => {
  await running?.stop();
});

const failure = (code: string, message: RegExp) => ({
  ok: false,
  code,
  retryable: true,
  message: expect.stringMatching(message),
});

describe.each(['thread', 'child'] as const)('a %s', (kind) => {
  const worker = kinds[kind];

  test('answers what it is asked, and a failure of a handler is an answer', async () => {
    const { ask, counts } = await start({ worker });
    expect(await ask({ way: 'echo', value: { n: 1, bytes: new Uint8Array([1, 2]) } })).toEqual({
      ok: true,
      value: { n: 1, bytes: new Uint8Array([1, 2]) },
    });
    expect(await ask({ way: 'refuse' })).toEqual(failure('too_sour', /too sour/));
    expect(await ask({ way: 'key' }, { key: 'mine' })).toEqual({
      ok: true,
      value: { key: 'mine', attempt: 1 },
    });
    expect(await counts()).toMatchObject({ accepted: 3, done: 2, failed: 1, restarts: 0, losses: {} });
  });

  test.each<[way: Way, code: string, message: RegExp]>([
    [{ way: 'never' }, 'timeout', /not answered in its time/],
    [{ way: 'busy_loop' }, 'timeout', /not answered in its time/],
    [{ way: 'slow', ms: 60_000 }, 'timeout', /not answered in its time/],
    [{ way: 'exit', code: 3 }, 'worker_died', /exit code 3/],
    [{ way: 'throw' }, 'worker_died', /exit code 1, Error: a bug/],
    [{ way: 'throw_later' }, 'worker_died', /exit code 1, Error: a late bug/],
    [{ way: 'unknown_id' }, 'worker_lied', /request 999, which nobody made/],
    [{ way: 'nonsense' }, 'worker_lied', /makes no sense/],
    [{ way: 'ready_again' }, 'worker_lied', /ready twice/],
    [{ way: 'wrong_shape' }, 'worker_lied', /wrong shape/],
    [{ way: 'too_large', bytes: 2_000_000 }, 'worker_flooded', /of 2000\d\d\d bytes, at most 1000000/],
    [{ way: 'flood' }, 'worker_flooded', /more than/],
    [{ way: 'flood_without_end' }, 'worker_flooded', /more than/],
  ])('that is told %j is replaced, and its asker hears %s', async (way, code, message) => {
    const { ask, counts } = await start({
      worker,
      answerBytesMax: 1_000_000,
      isAnswer: (value): value is unknown => !JSON.stringify(value).includes('wrong'),
      notices: { to: name<WorkerNotice>('nobody'), perSecondMax: 20 },
    });
    expect(await ask({ way: 'echo', value: 1 })).toEqual({ ok: true, value: 1 });
    expect(await ask(way, { requestMs: code === 'timeout' ? 50 : 10_000 })).toEqual(failure(code, message));
    expect(await ask({ way: 'echo', value: 2 })).toEqual({ ok: true, value: 2 });
    expect(await counts()).toMatchObject({
      accepted: 3,
      done: 2,
      failed: 1,
      restarts: 1,
      killed: code === 'worker_died' ? 0 : 1,
      losses: { [code]: 1 },
      inFlight: 0,
      queued: 0,
    });
  });

  test('that answers twice has answered once, and is replaced for it', async () => {
    const { ask, counts, said } = await start({ worker });
    expect(await ask({ way: 'twice' })).toEqual({ ok: true, value: 'once' });
    await until('the lie is found', () => said.length > 0);
    expect(said.join()).toMatch(/worker_lied: it answered request 1 twice/);
    expect(await ask({ way: 'echo', value: 1 })).toEqual({ ok: true, value: 1 });
    expect(await counts()).toMatchObject({ done: 2, failed: 0, losses: { worker_lied: 1 } });
  });

  test('that is never ready is replaced until its supervisor gives up, and requests wait', async () => {
    const { ask, system } = await start({
      worker,
      startMs: 1,
      queueMs: 20_000,
      restart: { intensity: 2, periodMs: 60_000, delaysMs: [1] },
    });
    // Once the crew, and then the pool around it, has given up, whoever waits is told so by its end.
    await expect(ask({ way: 'echo' })).rejects.toThrow(/exit/);
    expect((await system.exited).kind).toBe('shutdown');
  });

  test('is given a repeatable request again, with the same key, and no other', async () => {
    const { ask, counts } = await start({ worker });
    expect(await ask({ way: 'die_first', times: 1 }, { repeatable: true, key: 'k' })).toEqual({
      ok: true,
      value: { key: 'k', attempt: 2 },
    });
    expect(await ask({ way: 'die_first', times: 2 }, { repeatable: true })).toEqual(
      failure('worker_died', /exit code 7/),
    );
    expect(await ask({ way: 'die_first', times: 1 })).toEqual(failure('worker_died', /exit code 7/));
    expect(await counts()).toMatchObject({ accepted: 3, done: 1, failed: 2, retried: 2 });
  });

  test('takes those along that it held beside the one it hung on, and these are tried again', async () => {
    const { ask, counts } = await start({ worker, inFlightMax: 3 });
    expect(await ask({ way: 'echo' })).toMatchObject({ ok: true });
    const innocent = ask({ way: 'slow', ms: 80 }, { repeatable: true });
    const lost = ask({ way: 'slow', ms: 60_000 });
    const guilty = ask({ way: 'busy_loop' }, { requestMs: 30, repeatable: true });
    expect(await guilty).toEqual(failure('timeout', /not answered/));
    expect(await lost).toEqual(failure('worker_killed', /not answered/));
    expect(await innocent).toEqual({ ok: true, value: 'late' });
    expect(await counts()).toMatchObject({ retried: 1, killed: 1, inFlight: 0 });
  });

  test('may say something unasked where somebody wants it', async () => {
    const { ask, counts } = await start({
      worker,
      notices: { to: name<WorkerNotice>('nobody'), perSecondMax: 20 },
    });
    expect(await ask({ way: 'notices', count: 10 })).toEqual({ ok: true, value: 'noticed' });
    expect(await counts()).toMatchObject({ losses: {} });
  });

  test('is told apart from a request that cannot be sent at all', async () => {
    const { ask, counts } = await start({ worker });
    const answer = await ask({ way: 'echo', value: () => 1 });
    expect(answer).toMatchObject({ ok: false, code: 'unsendable', retryable: false });
    expect(await counts()).toMatchObject({ failed: 1, restarts: 0, ready: 1 });
  });

  test('whose driver is killed is ended by the next one, and what it held is not tried again', async () => {
    const { ask, system, counts, driver, held: inHand } = await start({ worker });
    expect(await ask({ way: 'echo' })).toMatchObject({ ok: true });
    const held = ask({ way: 'never' }, { repeatable: true });
    await until('it is in hand', () => inHand().length === 1);
    system.exit(driver, { kind: 'kill' });
    expect(await held).toEqual(failure('worker_stuck', /driver was killed/));
    expect(await ask({ way: 'echo', value: 1 })).toEqual({ ok: true, value: 1 });
    expect(await counts()).toMatchObject({ restarts: 1, failed: 1 });
  });
});

test('a child that is killed from outside is missed at once', async () => {
  const { ask, pid, held: inHand } = await start({ worker: kinds.child });
  const victim = await pid();
  const held = ask({ way: 'never' });
  await until('it is in hand', () => inHand().length === 1);
  process.kill(victim, 'SIGKILL');
  expect(await held).toEqual(failure('worker_died', /SIGKILL/));
  expect(await ask({ way: 'kill_9' })).toEqual(failure('worker_died', /SIGKILL/));
  expect(lives(victim)).toBe(false);
});

test('a child that hangs up while it lives is ended', async () => {
  const { ask, pid } = await start({ worker: kinds.child });
  const child = await pid();
  expect(await ask({ way: 'hang_up' })).toEqual(failure('worker_died', /SIG/));
  expect(lives(child)).toBe(false);
});

test('a thread that wants more memory than it may have ends alone', async () => {
  const { ask } = await start();
  expect(await ask({ way: 'memory' })).toEqual(
    failure('worker_died', /Error: Worker terminated due to reaching memory limit/),
  );
});

test('what a thread gives away is moved, and what is given to it as well', async () => {
  const { ask } = await start();
  const bytes = new Uint8Array(1_000);
  const answer = await ask({ way: 'echo', value: bytes }, { transfer: [bytes.buffer] });
  expect(answer).toEqual({ ok: true, value: new Uint8Array(1_000) });
  expect(bytes.byteLength).toBe(0);
  expect(await ask({ way: 'move', bytes: 10 })).toEqual({ ok: true, value: new Uint8Array(10) });
});
