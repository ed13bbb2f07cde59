import { describe, expect, test } from '@jest/globals';
import { dynamicSupervisor, InvalidSpec, kill, normal, shutdown } from '../../../runtime/index.js';
import type { DynamicOptions, Handle, Restart } from '../../../runtime/index.js';
import { crash, Diary, error, stopWith, worker } from '../harness/child.js';
import type { WorkerOptions } from '../harness/child.js';
import { deferred, failLab, startLab } from '../harness/lab.js';
import type { Lab } from '../harness/lab.js';
import { dynamic, root, sup } from '../harness/trees.js';

/** A root with one dynamic supervisor `d` whose children take their options as arguments. */
const pool = (restart: Restart = 'permanent', options: Partial<DynamicOptions> = {}): Promise<Lab> =>
  startLab(root([dynamic('d', (given: WorkerOptions) => worker('x', { restart, ...given }), options)]));

async function add(lab: Lab, options: WorkerOptions = {}): Promise<Handle> {
  const answer = await lab.system.startDynamicChild(lab.supervisor('d'), options);
  if (!answer.ok || !answer.value.ok || answer.value.handle === undefined)
    throw new Error(JSON.stringify(answer));
  return answer.value.handle;
}
const counts = async (lab: Lab): Promise<unknown> => {
  const answer = await lab.system.countChildren(lab.supervisor('d'));
  return answer.ok ? answer.value : answer.reason;
};
const terminate = (lab: Lab, child: Handle | string): Promise<unknown> =>
  lab.system.terminateChild(lab.supervisor('d'), child);
const ok = { ok: true, value: { ok: true } };
const no = (error: string) => ({ ok: true, value: { ok: false, error } });

describe('H dynamic supervisors', () => {
  test('H1 no child at start; start_child adds one with its own arguments; specs is always 1', async () => {
    const lab = await pool();
    expect(await counts(lab)).toEqual({ specs: 1, active: 0, supervisors: 0, workers: 0 });
    await add(lab);
    await add(lab);
    expect(await counts(lab)).toEqual({ specs: 1, active: 2, supervisors: 0, workers: 2 });
    expect(await lab.states('d')).toEqual(['~1 running', '~2 running']);
    await lab.stop();
  });

  test('H2 restart types work per child, a restart reuses its arguments, and what is not restarted disappears', async () => {
    const lab = await pool();
    const starts: string[] = [];
    const counting = (id: string, restart: Restart): WorkerOptions => ({
      restart,
      starts: [() => (starts.push(id), 'ok')],
    });
    const handles = [
      await add(lab, counting('p', 'permanent')),
      await add(lab, counting('t', 'transient')),
      await add(lab, counting('x', 'temporary')),
    ];
    for (const handle of handles) lab.system.exit(handle, error);
    lab.host.run();
    expect(starts).toEqual(['p', 't', 'x', 'p', 't']);
    expect(await lab.states('d')).toEqual(['~1 running', '~2 running']);
    lab.tell('d/~1', stopWith(normal));
    lab.tell('d/~2', stopWith(normal));
    expect(await lab.states('d')).toEqual(['~1 running']);
    expect(lab.host.places).toEqual(['root', 'root/d', 'root/d/~1']);
    await lab.stop();
  });

  test('H3 terminate_child by handle stops and forgets the child, also a permanent one', async () => {
    const lab = await pool('permanent', { intensity: 0 });
    const handle = await add(lab);
    lab.take();
    expect(await terminate(lab, handle)).toEqual(ok);
    expect(lab.take()).toEqual(['exit ~1#1 shutdown']);
    expect(await lab.states('d')).toEqual([]);
    await lab.stop();
  });

  test('H4 calls by id are refused; a dead handle is ok; a live stranger is not found and not touched', async () => {
    const lab = await pool();
    const handle = await add(lab);
    expect(await terminate(lab, '~1')).toEqual(no('simple_one_for_one'));
    expect(await lab.system.restartChild(lab.supervisor('d'), '~1')).toEqual(no('simple_one_for_one'));
    expect(await lab.system.deleteChild(lab.supervisor('d'), '~1')).toEqual(no('simple_one_for_one'));
    lab.tell('d/~1', crash);
    expect(await terminate(lab, handle)).toEqual(ok);
    expect(await lab.states('d')).toEqual(['~1 running']);
    await lab.system.startChild(lab.supervisor(), worker('stranger'));
    const stranger = lab.system.handle(lab.at('stranger'));
    if (stranger === undefined) throw new Error('no stranger');
    expect(await terminate(lab, stranger)).toEqual(no('not_found'));
    expect(stranger.alive).toBe(true);
    await lab.stop();
  });

  test('H5 a start that fails or is ignored leaves nothing behind', async () => {
    const lab = await pool();
    const start = (options: WorkerOptions) => lab.system.startDynamicChild(lab.supervisor('d'), options);
    expect(await start({ starts: ['fail'] })).toMatchObject(no('failed'));
    const ignored = await start({ starts: ['ignore'] });
    expect(ignored.ok && ignored.value).toEqual({ ok: true, handle: undefined });
    expect(await start({ shutdownMs: -1 })).toMatchObject(no('invalid_spec'));
    expect(await lab.states('d')).toEqual([]);
    expect(lab.host.places).toEqual(['root', 'root/d']);
    await lab.stop();
  });

  test('H5 a template that throws is a failed start', async () => {
    const lab = await startLab(
      root([
        dynamic('d', () => {
          throw new Error('no such child');
        }),
      ]),
    );
    expect(await lab.system.startDynamicChild(lab.supervisor('d'), undefined)).toMatchObject(no('failed'));
    expect(await lab.states('d')).toEqual([]);
    await lab.stop();
  });

  test('H6 a failing restart is retried and counted; meanwhile it is listed as restarting and not active', async () => {
    const lab = await pool('permanent', { intensity: 2, restart: 'temporary' });
    const gate = deferred<'fail'>();
    await add(lab, { starts: ['ok', () => gate.promise, 'fail'] });
    lab.tell('d/~1', crash);
    lab.take();
    const listed = lab.states('d');
    const counted = counts(lab);
    gate.resolve('fail');
    await lab.host.settle();
    expect(await listed).toEqual(['~1 restarting']);
    expect(await counted).toEqual({ specs: 1, active: 0, supervisors: 0, workers: 1 });
    expect(lab.take()).toEqual(['fail ~1#2', 'fail ~1#3', 'exit d#1 shutdown']);
    await lab.stop();
  });

  test('H6 terminate_child with the last handle of a restarting child ends the retries', async () => {
    const lab = await pool();
    const gates = [deferred<'fail'>(), deferred<'fail'>()];
    const handle = await add(lab, { starts: ['ok', () => gates[0]?.promise ?? 'fail', 'fail'] });
    lab.tell('d/~1', crash);
    lab.take();
    const done = terminate(lab, handle);
    gates[0]?.resolve('fail');
    await lab.host.settle();
    expect(await done).toEqual(ok);
    expect(lab.take()).toEqual(['fail ~1#2']);
    expect(await lab.states('d')).toEqual([]);
    await lab.stop();
  });

  test('H6 a restart answered with ignore drops the entry', async () => {
    const lab = await pool();
    await add(lab, { starts: ['ok', 'ignore'] });
    lab.tell('d/~1', crash);
    expect(await lab.states('d')).toEqual([]);
    await lab.stop();
  });

  test('H7 all children are asked at once and share one timeout; those left are killed together', async () => {
    const diary = new Diary();
    const lab = await pool();
    const forever = (): Promise<never> => new Promise(() => undefined);
    for (const id of ['one', 'two', 'three'])
      await add(lab, { trap: true, shutdownMs: 1_000, onTerminate: () => (diary.lines.push(id), forever()) });
    await add(lab, { trap: true, shutdownMs: 1_000, onTerminate: () => void diary.lines.push('four') });
    lab.take();
    const stopping = lab.system.terminateChild(lab.supervisor(), 'd');
    await lab.host.settle();
    expect(diary.take()).toEqual(['one', 'two', 'three', 'four']);
    expect(lab.take()).toEqual(['exit ~4#1 shutdown']);
    await lab.host.advance(999);
    expect(lab.take()).toEqual([]);
    await lab.host.advance(1);
    expect(lab.take()).toEqual(['exit ~1#1 killed', 'exit ~2#1 killed', 'exit ~3#1 killed']);
    await lab.host.advance(1_000);
    expect(lab.take()).toEqual(['exit d#1 shutdown']);
    await stopping;
  });

  test('H7 brutal_kill kills them all at once', async () => {
    const lab = await pool();
    await add(lab, { trap: true, shutdownMs: 'brutal_kill' });
    await add(lab, { trap: true, shutdownMs: 'brutal_kill' });
    lab.take();
    await lab.stop();
    expect(lab.take().slice(0, 3)).toEqual(['exit ~1#1 killed', 'exit ~2#1 killed', 'exit d#1 shutdown']);
  });

  test.each([
    ['transient', []],
    ['permanent', ['~1 running']],
  ] as const)('H8 a %s child supervisor that gives up leaves %j', async (restart, left) => {
    const lab = await startLab(
      root([dynamic('d', () => sup('s', [worker('a')], { restart, intensity: 0 }))]),
    );
    await lab.system.startDynamicChild(lab.supervisor('d'), undefined);
    expect(await counts(lab)).toEqual({ specs: 1, active: 1, supervisors: 1, workers: 0 });
    lab.tell('d/~1/a', crash);
    expect(await lab.states('d')).toEqual(left);
    await lab.stop();
  });

  test('H: auto shutdown and significant children are refused', async () => {
    const given = { intensity: 1, periodMs: 1_000, autoShutdown: 'any_significant' } as DynamicOptions;
    const { error: refused } = await failLab(root([dynamicSupervisor('d', given, () => worker('x'))]));
    expect(refused).toBeInstanceOf(InvalidSpec);
    const lab = await pool('transient');
    expect(await lab.system.startDynamicChild(lab.supervisor('d'), { significant: true })).toMatchObject(
      no('invalid_spec'),
    );
    await lab.stop();
  });

  test('H3 and E3: ten thousand children, one killed, one terminated, all stopped, with no step that costs all', async () => {
    const lab = await pool('permanent', { intensity: 20_000, periodMs: 1e9 });
    const starting = [];
    for (let child = 0; child < 10_000; child++)
      starting.push(lab.system.startDynamicChild(lab.supervisor('d'), {}));
    await Promise.all(starting);
    for (let id = 1; id <= 10_000; id++) {
      const handle = lab.system.handle(lab.supervisor(`d/~${id}`));
      if (handle === undefined) throw new Error(`no ~${id}`);
      if (id % 2 === 0) lab.system.exit(handle, kill);
      else void terminate(lab, handle);
      if (id % 100 === 0) lab.host.run();
    }
    await lab.host.settle();
    expect(await counts(lab)).toEqual({ specs: 1, active: 5_000, supervisors: 0, workers: 5_000 });
    await lab.stop();
    expect(lab.take().at(-2)).toBe('exit d#1 shutdown');
    expect(shutdown.kind).toBe('shutdown');
  });
});
