import { describe, expect, test } from '@jest/globals';
import { crash, stopWith, worker } from '../harness/child.js';
import type { StartScript } from '../harness/child.js';
import { deferred, startLab } from '../harness/lab.js';
import type { Lab } from '../harness/lab.js';
import { root, strategies, sup } from '../harness/trees.js';

const times = (count: number, script: StartScript): StartScript[] => Array<StartScript>(count).fill(script);

/** A worker that starts, and whose second start stays open until the test says how it ends. */
function held(id: string) {
  const gate = deferred<'ok' | 'ignore' | 'fail'>();
  return { gate, spec: worker(id, { starts: ['ok', () => gate.promise, 'ok'] }) };
}

/** Crashes `a`, whose restart hangs, and lets the test put calls behind it before the attempt fails. */
async function betweenAttempts(
  calls: (lab: Lab) => Promise<unknown>[],
): Promise<{ lab: Lab; answers: unknown[] }> {
  const { gate, spec } = held('a');
  const lab = await startLab(root([spec, worker('b')]));
  lab.tell('a', crash);
  lab.take();
  const waiting = Promise.all(calls(lab));
  gate.resolve('fail');
  await lab.host.settle();
  return { lab, answers: await waiting };
}

describe('F restarts that fail to start', () => {
  test.each(strategies)(
    'F1 under %s a child that never starts again is tried intensity times after its crash',
    async (strategy) => {
      const lab = await startLab(
        root([
          sup('s', [worker('a', { starts: ['ok', 'fail'] })], {
            strategy,
            intensity: 3,
            restart: 'temporary',
          }),
        ]),
      );
      lab.take();
      lab.tell('s/a', crash);
      expect(lab.take()).toEqual(['exit a#1 error', 'fail a#2', 'fail a#3', 'fail a#4', 'exit s#1 shutdown']);
      await lab.stop();
    },
  );

  test('F1 an attempt that succeeds ends the row', async () => {
    const lab = await startLab(root([worker('a', { starts: ['ok', ...times(3, 'fail'), 'ok'] })]));
    lab.take();
    lab.tell('a', crash);
    expect(lab.take()).toEqual(['exit a#1 error', 'fail a#2', 'fail a#3', 'fail a#4', 'start a#5']);
    await lab.stop();
  });

  test('F2 between two attempts the supervisor serves what waits: the child is restarting and not active', async () => {
    const { lab, answers } = await betweenAttempts((lab) => [
      lab.states(),
      lab.system.countChildren(lab.supervisor()),
    ]);
    expect(answers).toEqual([
      ['a restarting', 'b running'],
      { ok: true, value: { specs: 2, active: 1, supervisors: 0, workers: 2 } },
    ]);
    expect(lab.take()).toEqual(['fail a#2', 'start a#3']);
    await lab.stop();
  });

  test('F3 a restarting child is present, and can be neither restarted nor deleted by hand', async () => {
    const { lab, answers } = await betweenAttempts((lab) => [
      lab.system.startChild(lab.supervisor(), worker('a')),
      lab.system.restartChild(lab.supervisor(), 'a'),
      lab.system.deleteChild(lab.supervisor(), 'a'),
    ]);
    expect(answers).toMatchObject([
      { value: { ok: false, error: 'already_present' } },
      { value: { ok: false, error: 'restarting' } },
      { value: { ok: false, error: 'restarting' } },
    ]);
    await lab.stop();
  });

  test('F3 terminate_child of a restarting child cancels the retry and leaves it down', async () => {
    const { lab, answers } = await betweenAttempts((lab) => [
      lab.system.terminateChild(lab.supervisor(), 'a'),
      lab.states(),
    ]);
    expect(answers).toEqual([{ ok: true, value: { ok: true } }, ['a down', 'b running']]);
    expect(lab.take()).toEqual(['fail a#2']);
    await lab.stop();
  });

  test('F4 one_for_all: those before the failing one run, it is restarting, those after are down; then all again', async () => {
    const { gate, spec } = held('b');
    const lab = await startLab(root([worker('a'), spec, worker('c')], { strategy: 'one_for_all' }));
    lab.take();
    lab.tell('c', crash);
    const listed = lab.states();
    gate.resolve('fail');
    await lab.host.settle();
    expect(await listed).toEqual(['a running', 'b restarting', 'c down']);
    expect(lab.take()).toEqual([
      'exit c#1 error',
      'exit b#1 shutdown',
      'exit a#1 shutdown',
      'start a#2',
      'fail b#2',
      'exit a#2 shutdown',
      'start a#3',
      'start b#3',
      'start c#2',
    ]);
    await lab.stop();
  });

  test('F4 one_for_all: past the limit the running ones are stopped', async () => {
    const lab = await startLab(
      root([worker('a'), worker('b', { starts: ['ok', 'fail'] }), worker('c')], {
        strategy: 'one_for_all',
        intensity: 1,
      }),
    );
    lab.take();
    lab.tell('c', crash);
    expect(lab.take().slice(3)).toEqual([
      'start a#2',
      'fail b#2',
      'exit a#2 shutdown',
      'exit root#1 shutdown',
    ]);
    await lab.stop();
  });

  test('F5 rest_for_one: the retry is for the child that failed and those after it', async () => {
    const { gate, spec } = held('c');
    const lab = await startLab(
      root([worker('a'), worker('b'), spec, worker('d')], { strategy: 'rest_for_one' }),
    );
    lab.take();
    lab.tell('b', crash);
    const listed = lab.states();
    gate.resolve('fail');
    await lab.host.settle();
    expect(await listed).toEqual(['a running', 'b running', 'c restarting', 'd down']);
    expect(lab.take()).toEqual([
      'exit b#1 error',
      'exit d#1 shutdown',
      'exit c#1 shutdown',
      'start b#2',
      'fail c#2',
      'start c#3',
      'start d#2',
    ]);
    await lab.stop();
  });

  test('F5 rest_for_one: a crash before the failing child takes the retry over', async () => {
    const { gate, spec } = held('b');
    const lab = await startLab(root([worker('a'), spec], { strategy: 'rest_for_one' }));
    lab.take();
    lab.tell('b', crash);
    lab.tell('a', crash);
    gate.resolve('fail');
    await lab.host.settle();
    expect(lab.take()).toEqual(['exit b#1 error', 'exit a#1 error', 'fail b#2', 'start a#2', 'start b#3']);
    expect(lab.recording.of('restarting')).toHaveLength(2);
    await lab.stop();
  });

  test('F6 ignore in a restart ends it: the child is down', async () => {
    const lab = await startLab(root([worker('a', { starts: ['ok', 'ignore'] })]));
    lab.take();
    lab.tell('a', crash);
    expect(lab.take()).toEqual(['exit a#1 error', 'ignore a#2']);
    expect(await lab.states()).toEqual(['a down']);
    await lab.stop();
  });

  test('F7 a stop is served between two attempts, however many are allowed', async () => {
    const gate = deferred<'fail'>();
    const script = worker('a', { starts: ['ok', () => gate.promise, 'fail'] });
    const lab = await startLab(root([sup('s', [script], { intensity: 100_000, periodMs: 1e9 })]));
    lab.tell('s/a', crash);
    lab.take();
    const stopped = lab.system.terminateChild(lab.supervisor(), 's');
    await lab.host.settle();
    gate.resolve('fail');
    await lab.host.settle();
    expect(await stopped).toMatchObject({ value: { ok: true } });
    expect(lab.take()).toEqual(['fail a#2', 'exit s#1 shutdown']);
    await lab.stop();
  });

  test('F7 a child that never starts does not starve the other actors', async () => {
    const lab = await startLab(
      root([
        sup('s', [worker('a', { starts: ['ok', 'fail'] })], {
          intensity: 10_000,
          periodMs: 1e9,
          restart: 'temporary',
        }),
        worker('b'),
      ]),
    );
    lab.at('s/a').tell(crash);
    expect(await lab.ask('b')).toMatchObject({ ok: true });
    await lab.stop();
  });
});

describe('F with a backoff, which OTP does not have', () => {
  const backoff = { delaysMs: [5_000, 10_000, 15_000] };
  const patient = { intensity: 10, periodMs: 1e9 };

  test('F1 attempts wait for their delays, also of a child that had been up for long before', async () => {
    const lab = await startLab(
      root([worker('a', { starts: ['ok', 'fail', 'fail', 'fail', 'ok'], backoff })], patient),
    );
    await lab.host.advance(1_000_000);
    lab.take();
    lab.tell('a', crash);
    await lab.host.settle();
    expect(await lab.states()).toEqual(['a restarting']);
    expect(lab.take()).toEqual(['exit a#1 error']);
    const attempts: [number, string[]][] = [];
    for (const ms of [4_999, 1, 9_999, 1, 14_999, 1, 14_999, 1]) {
      await lab.host.advance(ms);
      attempts.push([ms, lab.take()]);
    }
    expect(attempts.map(([, lines]) => lines)).toEqual([
      [],
      ['fail a#2'],
      [],
      ['fail a#3'],
      [],
      ['fail a#4'],
      [],
      ['start a#5'],
    ]);
    expect(lab.recording.of('restart_alert')).toMatchObject([{ path: 'root/a', failures: 4 }]);
    await lab.stop();
  });

  test('F1 a child that stayed up for longer than twice the longest delay begins with the first delay again', async () => {
    const lab = await startLab(root([worker('a', { backoff })], patient));
    const delays = () => lab.recording.of('restarting').map(({ delayMs }) => delayMs);
    lab.tell('a', crash);
    await lab.host.advance(5_000);
    lab.tell('a', crash);
    await lab.host.advance(10_000 + 30_001);
    lab.tell('a', crash);
    expect(delays()).toEqual([5_000, 10_000, 5_000]);
    await lab.stop();
  });

  test('F3 terminate_child ends the wait, and the next crash waits for its own delay', async () => {
    const lab = await startLab(root([worker('a', { backoff: { delaysMs: [10_000] } })], patient));
    lab.tell('a', crash);
    await lab.system.terminateChild(lab.supervisor(), 'a');
    await lab.host.advance(5_000);
    await lab.system.restartChild(lab.supervisor(), 'a');
    lab.take();
    lab.tell('a', crash);
    await lab.host.advance(9_999);
    expect(lab.take()).toEqual(['exit a#2 error']);
    await lab.host.advance(1);
    expect(lab.take()).toEqual(['start a#3']);
    await lab.stop();
  });

  test('D2 the siblings of a group are down while it waits, and start with it', async () => {
    const lab = await startLab(
      root([worker('a'), worker('b', { backoff: { delaysMs: [100] } })], {
        strategy: 'one_for_all',
        ...patient,
      }),
    );
    lab.take();
    lab.tell('b', crash);
    expect(await lab.states()).toEqual(['a down', 'b restarting']);
    await lab.host.advance(100);
    expect(lab.take()).toEqual(['exit b#1 error', 'exit a#1 shutdown', 'start a#2', 'start b#2']);
    lab.tell('b', stopWith({ kind: 'normal' }));
    await lab.stop();
  });
});
