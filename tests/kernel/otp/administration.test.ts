import { describe, expect, test } from '@jest/globals';
import { kill, name } from '../../../runtime/index.js';
import type { ExitReason, StartChildAnswer } from '../../../runtime/index.js';
import { crash, error, note, stopWith, worker } from '../harness/child.js';
import type { Order } from '../harness/child.js';
import { deferred, startLab } from '../harness/lab.js';
import type { Lab } from '../harness/lab.js';
import { root, sup } from '../harness/trees.js';

const normal: ExitReason = { kind: 'normal' };
const start = (lab: Lab, ...args: Parameters<typeof worker>) =>
  lab.system.startChild(lab.supervisor(), worker(...args));
const terminate = (lab: Lab, id: string) => lab.system.terminateChild(lab.supervisor(), id);
const restart = (lab: Lab, id: string) => lab.system.restartChild(lab.supervisor(), id);
const remove = (lab: Lab, id: string) => lab.system.deleteChild(lab.supervisor(), id);
/** A child that crashed and whose second start is held open, so that calls queue up behind the first attempt. */
const ok = { ok: true, value: { ok: true } };
const no = (error: string) => ({ ok: true, value: { ok: false, error } });

describe('G1 to G3 start_child', () => {
  test('G1 an id in use is refused, with the handle when it runs; the given spec is discarded', async () => {
    const lab = await startLab(root([worker('a'), worker('b')]));
    await terminate(lab, 'b');
    lab.take();
    expect(await start(lab, 'a', { starts: ['fail'] })).toMatchObject({
      value: { ok: false, error: 'already_started', handle: { path: 'root/a', incarnation: 1, alive: true } },
    });
    expect(await start(lab, 'b')).toMatchObject(no('already_present'));
    expect(lab.take()).toEqual([]);
    await lab.stop();
  });

  test('G2 a free id is started, put last, and its handle returned; supervisors too', async () => {
    const lab = await startLab(root([worker('a')]));
    expect(await start(lab, 'b')).toMatchObject({
      value: { ok: true, handle: { path: 'root/b', incarnation: 1 } },
    });
    const answer = await lab.system.startChild(lab.supervisor(), sup('s', [worker('c')]));
    expect(answer).toMatchObject({ value: { ok: true, handle: { path: 'root/s' } } });
    expect(await lab.states()).toEqual(['a running', 'b running', 's running']);
    lab.tell('s/c', crash);
    expect(lab.take().slice(-2)).toEqual(['exit c#1 error', 'start c#2']);
    await lab.stop();
  });

  test('G3 a failing one returns the reason, keeps no spec and counts nothing', async () => {
    const lab = await startLab(root([worker('a')], { intensity: 0 }));
    expect(await start(lab, 'b', { starts: ['fail'] })).toMatchObject({
      value: { ok: false, error: 'failed', reason: { kind: 'error' } },
    });
    expect(await lab.states()).toEqual(['a running']);
    expect(lab.host.places).toEqual(['root', 'root/a']);
    expect(await start(lab, 'b')).toMatchObject(ok);
    await lab.stop();
  });

  test('G3 ignore returns ok without a handle and keeps the spec unless temporary', async () => {
    const lab = await startLab(root([]));
    for (const type of ['permanent', 'transient', 'temporary'] as const) {
      const answer = await start(lab, type, { restart: type, starts: ['ignore'] });
      expect(answer.ok && answer.value).toEqual({ ok: true, handle: undefined });
    }
    expect(await lab.states()).toEqual(['permanent down', 'transient down']);
    await lab.stop();
  });

  test('G3 an invalid spec is refused with its problem', async () => {
    const lab = await startLab(root([]));
    expect(await start(lab, 'a', { shutdownMs: -1 })).toMatchObject({
      value: {
        ok: false,
        error: 'invalid_spec',
        problem: expect.stringMatching(/shutdownMs/) as unknown as string,
      },
    });
    expect(await lab.states()).toEqual([]);
    await lab.stop();
  });

  test('G3 a supervisor killed while it starts has failed once its children have cleaned up', async () => {
    const cleanUp = deferred();
    const lab = await startLab(root([]));
    const s = () =>
      sup('s', [
        worker('a', { trap: true, onTerminate: () => cleanUp.promise }),
        worker('b', { starts: [() => new Promise(() => undefined)], shutdownMs: 'brutal_kill' }),
      ]);
    const log: string[] = [];
    const answer = lab.system.startChild(lab.supervisor(), s()).then(() => log.push('answered'));
    await lab.host.settle();
    lab.system.exit(lab.at('s'), kill);
    await lab.host.advance(1);
    expect(log).toEqual([]);
    cleanUp.resolve();
    await lab.host.advance(1);
    await answer;
    expect(lab.take().slice(-3)).toEqual(['fail s#1', 'fail b#1', 'exit a#1 killed']);
    expect(await lab.states()).toEqual([]);
    expect(lab.host.places).toEqual(['root']);
    await lab.stop();
  });

  test('G3, N4 a name of the spec that another holds is a failed start, and the supervisor carries on', async () => {
    const taken = name<Order>('taken');
    const lab = await startLab(root([worker('a', { name: taken })]));
    const answer = (await start(lab, 'b', { name: taken })) as { value: StartChildAnswer };
    expect(answer.value).toMatchObject({
      ok: false,
      error: 'failed',
      reason: { error: { code: 'already_started', holder: { path: 'root/a' } } },
    });
    expect(await lab.states()).toEqual(['a running']);
    await terminate(lab, 'a');
    await remove(lab, 'a');
    expect(await start(lab, 'b', { name: taken })).toMatchObject(ok);
    await lab.stop();
  });
});

describe('G4 to G6 terminate_child', () => {
  test.each(['one_for_one', 'one_for_all', 'rest_for_one'] as const)(
    'G4 under %s it stops one child, keeps the spec as down, counts nothing and moves no sibling',
    async (strategy) => {
      const lab = await startLab(root([worker('a'), worker('b'), worker('c')], { strategy, intensity: 0 }));
      lab.take();
      expect(await terminate(lab, 'a')).toEqual(ok);
      await lab.host.settle();
      expect(lab.take()).toEqual(['exit a#1 shutdown']);
      expect(await lab.states()).toEqual(['a down', 'b running', 'c running']);
      await lab.stop();
    },
  );

  test('G4 it answers when the child is dead, which its shutdown time bounds', async () => {
    const slow = worker('a', {
      trap: true,
      shutdownMs: 100,
      onTerminate: () => new Promise(() => undefined),
    });
    const lab = await startLab(root([slow]));
    lab.take();
    const log: string[] = [];
    void terminate(lab, 'a').then(() => log.push('answered'));
    await lab.host.advance(99);
    expect(log).toEqual([]);
    await lab.host.advance(1_000);
    expect(log).toEqual(['answered']);
    expect(lab.take()).toEqual(['exit a#1 killed']);
  });

  test('G4 a child supervisor is stopped with its whole subtree', async () => {
    const lab = await startLab(root([sup('s', [worker('a'), sup('t', [worker('b')])])]));
    lab.take();
    await terminate(lab, 's');
    expect(lab.take()).toEqual([
      'exit b#1 shutdown',
      'exit t#1 shutdown',
      'exit a#1 shutdown',
      'exit s#1 shutdown',
    ]);
    await lab.stop();
  });

  test('G5 of a temporary child it deletes the spec', async () => {
    const lab = await startLab(root([worker('a', { restart: 'temporary' })]));
    expect(await terminate(lab, 'a')).toEqual(ok);
    expect(await lab.states()).toEqual([]);
    expect(await start(lab, 'a', { restart: 'temporary' })).toMatchObject(ok);
    await lab.stop();
  });

  test('G6 of a down child it is ok; of an unknown id not_found', async () => {
    const lab = await startLab(root([worker('a')]));
    await terminate(lab, 'a');
    expect(await terminate(lab, 'a')).toEqual(ok);
    expect(await terminate(lab, 'nobody')).toEqual(no('not_found'));
    await lab.stop();
  });
});

describe('G7 to G9 restart_child and delete_child', () => {
  test('G7 a down child starts in its old place; ignore leaves it down, ok without handle', async () => {
    const lab = await startLab(root([worker('a', { starts: ['ok', 'ignore', 'ok'] }), worker('b')]));
    await terminate(lab, 'a');
    const ignored = await restart(lab, 'a');
    expect(ignored.ok && ignored.value).toEqual({ ok: true, handle: undefined });
    expect(await lab.states()).toEqual(['a down', 'b running']);
    expect(await restart(lab, 'a')).toMatchObject({ value: { ok: true, handle: { incarnation: 3 } } });
    expect(await lab.states()).toEqual(['a running', 'b running']);
    await lab.stop();
  });

  test('G7 a transient child that has finished can be run again', async () => {
    const lab = await startLab(root([worker('a', { restart: 'transient' })]));
    lab.tell('a', stopWith(normal));
    expect(await restart(lab, 'a')).toMatchObject(ok);
    expect(lab.take().slice(-2)).toEqual(['exit a#1 normal', 'start a#2']);
    await lab.stop();
  });

  test('G8 running, not_found, and a failing start that stays down without a retry', async () => {
    const lab = await startLab(root([worker('a', { starts: ['ok', 'fail'] })], { intensity: 0 }));
    expect(await restart(lab, 'a')).toEqual(no('running'));
    expect(await restart(lab, 'nobody')).toEqual(no('not_found'));
    await terminate(lab, 'a');
    lab.take();
    expect(await restart(lab, 'a')).toMatchObject({ value: { ok: false, error: 'failed' } });
    await lab.host.settle();
    expect(lab.take()).toEqual(['fail a#2']);
    expect(await lab.states()).toEqual(['a down']);
    await lab.stop();
  });

  test('G9 delete_child removes the spec of a down child only', async () => {
    const lab = await startLab(root([worker('a')]));
    expect(await remove(lab, 'a')).toEqual(no('running'));
    expect(await remove(lab, 'nobody')).toEqual(no('not_found'));
    await terminate(lab, 'a');
    expect(await remove(lab, 'a')).toEqual(ok);
    expect(await lab.states()).toEqual([]);
    expect(lab.host.places).toEqual(['root']);
    await lab.stop();
  });
});

describe('G10, G11 lists, counts and dead supervisors', () => {
  test('G10 which_children lists every spec, count_children counts specs, active and both types', async () => {
    const lab = await startLab(
      root([worker('a'), sup('s', []), sup('t', []), worker('b', { starts: ['ignore'] })]),
    );
    await terminate(lab, 't');
    expect(await lab.system.whichChildren(lab.supervisor())).toMatchObject({
      value: [
        { id: 'a', state: 'running', handle: { path: 'root/a' }, type: 'worker' },
        { id: 's', state: 'running', handle: { path: 'root/s' }, type: 'supervisor' },
        { id: 't', state: 'down', handle: undefined, type: 'supervisor' },
        { id: 'b', state: 'down', handle: undefined, type: 'worker' },
      ],
    });
    expect(await lab.system.countChildren(lab.supervisor())).toMatchObject({
      value: { specs: 4, active: 2, supervisors: 2, workers: 2 },
    });
    await lab.stop();
  });

  test('G10 a child whose death has not been handled yet is not active', async () => {
    const lab = await startLab(root([worker('a')]));
    const counted = lab.system.countChildren(lab.supervisor());
    lab.system.exit(lab.at('a'), error);
    expect(await counted).toMatchObject({ value: { specs: 1, active: 0 } });
    await lab.stop();
  });

  test('G11 any call to a supervisor that is not alive fails with noproc', async () => {
    const lab = await startLab(root([sup('s', [worker('a')], { restart: 'transient' })]));
    const s = lab.supervisor('s');
    await terminate(lab, 's');
    const noproc = { ok: false, reason: { type: 'noproc' } };
    expect(await lab.system.whichChildren(s)).toEqual(noproc);
    expect(await lab.system.countChildren(s)).toEqual(noproc);
    expect(await lab.system.startChild(s, worker('b'))).toEqual(noproc);
    expect(await lab.system.terminateChild(s, 'a')).toEqual(noproc);
    expect(await lab.system.restartChild(s, 'a')).toEqual(noproc);
    expect(await lab.system.deleteChild(s, 'a')).toEqual(noproc);
    await lab.stop();
  });

  test('G calls are answered one at a time in order of arrival', async () => {
    const gate = deferred<'ok'>();
    const lab = await startLab(root([]));
    const order: string[] = [];
    const first = start(lab, 'a', { starts: [() => gate.promise] }).then(() => order.push('start a'));
    const second = start(lab, 'a').then((answer) =>
      order.push(answer.ok && !answer.value.ok ? answer.value.error : 'started twice'),
    );
    await lab.host.settle();
    expect(order).toEqual([]);
    gate.resolve('ok');
    await Promise.all([first, second]);
    expect(order).toEqual(['start a', 'already_started']);
    lab.tell('a', note('x'));
    await lab.stop();
  });
});
