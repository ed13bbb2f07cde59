import { describe, expect, test } from '@jest/globals';
import { kill, killed, shutdown, shutdownWith } from '../../../runtime/index.js';
import type { ChildSpec } from '../../../runtime/index.js';
import { act, crash, Diary, error, note, stopWith, worker } from '../harness/child.js';
import { deferred, startLab } from '../harness/lab.js';
import type { Lab } from '../harness/lab.js';
import { dynamic, root, sup } from '../harness/trees.js';

const never = (): Promise<never> => new Promise(() => undefined);
/** Cleans up for ever. */
const stubborn = (id: string, options: Parameters<typeof worker>[1] = {}): ChildSpec =>
  worker(id, { trap: true, onTerminate: never, ...options });

/** Asks the supervisor under test to stop a child, and leaves the answer for later. */
const terminate = (lab: Lab, id: string): Promise<unknown> => lab.system.terminateChild(lab.supervisor(), id);

describe('B1, B2 order', () => {
  test('B1 children stop in reverse start order, and the supervisor after them', async () => {
    const lab = await startLab(root([worker('a'), sup('s', [worker('b'), worker('c')]), worker('d')]));
    lab.take();
    await lab.stop();
    expect(lab.take()).toEqual([
      'exit d#1 shutdown',
      'exit c#1 shutdown',
      'exit b#1 shutdown',
      'exit s#1 shutdown',
      'exit a#1 shutdown',
      'exit root#1 shutdown',
    ]);
  });

  test('B1 the next child is asked only when the one before is dead', async () => {
    const gate = deferred();
    const lab = await startLab(
      root([worker('a'), worker('b', { trap: true, onTerminate: () => gate.promise })]),
    );
    lab.take();
    const stopping = lab.stop();
    await lab.host.settle();
    expect(lab.take()).toEqual([]);
    gate.resolve();
    await stopping;
    expect(lab.take()).toEqual(['exit b#1 shutdown', 'exit a#1 shutdown', 'exit root#1 shutdown']);
  });

  test('B2 a restarted child and one terminated and restarted by hand keep their places', async () => {
    const lab = await startLab(root([worker('a'), worker('b'), worker('c')]));
    lab.tell('a', crash);
    await terminate(lab, 'b');
    await lab.system.restartChild(lab.supervisor(), 'b');
    lab.take();
    await lab.stop();
    expect(lab.take().slice(0, 3)).toEqual(['exit c#1 shutdown', 'exit b#2 shutdown', 'exit a#2 shutdown']);
  });

  test('B2 start_child appends, and delete_child with start_child moves to the end', async () => {
    const lab = await startLab(root([worker('a'), worker('b')]));
    await lab.system.startChild(lab.supervisor(), worker('c'));
    await terminate(lab, 'a');
    await lab.system.deleteChild(lab.supervisor(), 'a');
    await lab.system.startChild(lab.supervisor(), worker('a'));
    lab.take();
    await lab.stop();
    expect(lab.take().slice(0, 3)).toEqual(['exit a#1 shutdown', 'exit c#1 shutdown', 'exit b#1 shutdown']);
  });
});

describe('B3 to B6 the shutdown rules', () => {
  test('B3 a child that is not dead after its shutdown time is killed, and stopping goes on', async () => {
    const lab = await startLab(root([worker('a'), stubborn('b', { shutdownMs: 300 })]));
    lab.take();
    const stopping = lab.system.stop();
    await lab.host.advance(299);
    expect(lab.take()).toEqual([]);
    await lab.host.advance(1);
    // What is left of the killed handler may take its shutdown time once more before it counts as an orphan.
    expect(lab.take()).toEqual(['exit b#1 killed']);
    await lab.host.advance(2_000);
    expect(lab.take()).toEqual(['exit a#1 shutdown', 'exit root#1 shutdown']);
    expect(await stopping).toMatchObject({ ok: false, orphans: ['root/b'] });
  });

  test('B3 the kill at the end of the shutdown time is seen as killed by whoever watches', async () => {
    const diary = new Diary();
    const lab = await startLab(root([worker('w', { diary }), stubborn('b', { shutdownMs: 10 })]));
    lab.tell(
      'w',
      act((ctx) => void ctx.monitor(lab.at('b'))),
    );
    const done = terminate(lab, 'b');
    await lab.host.advance(100);
    await done;
    expect(diary.take()).toEqual(['down killed']);
    await lab.host.advance(100);
    await lab.stop().catch(() => undefined);
  });

  test('B4 brutal_kill runs no clean-up, even of a child that traps exits', async () => {
    const diary = new Diary();
    const lab = await startLab(root([worker('a', { trap: true, diary, shutdownMs: 'brutal_kill' })]));
    lab.take();
    await lab.stop();
    expect(lab.take()[0]).toBe('exit a#1 killed');
    expect(diary.lines).toEqual([]);
  });

  test('B5 a child that does not trap dies on the spot without clean-up', async () => {
    const diary = new Diary();
    const lab = await startLab(root([worker('a', { diary })]));
    lab.take();
    const done = terminate(lab, 'a');
    lab.at('a').tell(note('waits behind the signal'));
    await done;
    expect(lab.take()).toEqual(['exit a#1 shutdown']);
    expect(diary.lines).toEqual([]);
    await lab.stop();
  });

  test('B5 a trapping child handles what came before the request, cleans up with shutdown and ends so', async () => {
    const diary = new Diary();
    const lab = await startLab(root([worker('a', { trap: true, diary })]));
    lab.at('a').tell(note('before'));
    await lab.stop();
    expect(diary.lines).toEqual(['before', 'terminate shutdown']);
    expect(lab.take().at(-2)).toBe('exit a#1 shutdown');
  });

  test('B6 infinity waits for ever, and is allowed for workers', async () => {
    const gate = deferred();
    const slow = worker('a', { trap: true, onTerminate: () => gate.promise, shutdownMs: 'infinity' });
    const lab = await startLab(root([slow]));
    lab.take();
    const stopping = lab.system.stop();
    await lab.host.advance(1_000_000_000);
    expect(lab.take()).toEqual([]);
    gate.resolve();
    await lab.host.settle();
    expect(await stopping).toMatchObject({ ok: true });
  });

  test('B6 the default is 5000 ms for workers and infinity for supervisors', async () => {
    expect(worker('a').shutdown).toBe(5_000);
    expect(sup('s', []).shutdown).toBe('infinity');
    expect(dynamic('d', () => worker('x')).shutdown).toBe('infinity');
    const lab = await startLab(root([stubborn('b')]));
    lab.take();
    const stopping = lab.system.stop();
    await lab.host.advance(4_999);
    expect(lab.take()).toEqual([]);
    await lab.host.advance(1);
    expect(lab.take()).toEqual(['exit b#1 killed']);
    await lab.host.advance(20_000);
    await stopping;
  });
});

describe('B7, B8 deaths during a stop', () => {
  test.each([error, { kind: 'normal' } as const, kill])(
    'B7 a child that ends otherwise while it is stopped (%j) is just dead',
    async (reason) => {
      const lab = await startLab(
        root(
          [worker('a'), worker('b', { trap: true, onTerminate: () => Promise.reject(new Error('late')) })],
          {
            intensity: 0,
          },
        ),
      );
      const b = lab.at('b');
      lab.take();
      const done = terminate(lab, 'b');
      b.tell({ type: 'stop', reason });
      await lab.host.settle();
      expect(await done).toMatchObject({ value: { ok: true } });
      expect(lab.take()).toHaveLength(1);
      expect(await lab.states()).toEqual(['a running', 'b down']);
      await lab.stop();
    },
  );

  test('B8 a child found dead when its turn comes is not handled a second time as a crash', async () => {
    const lab = await startLab(
      root([worker('a'), worker('b'), worker('c')], { strategy: 'one_for_all', intensity: 1 }),
    );
    lab.take();
    for (const path of ['b', 'a', 'c']) lab.at(path).tell(crash);
    lab.host.run();
    expect(lab.take()).toEqual([
      'exit b#1 error',
      'exit a#1 error',
      'exit c#1 error',
      'start a#2',
      'start b#2',
      'start c#2',
    ]);
    expect(await lab.states()).toEqual(['a running', 'b running', 'c running']);
    await lab.stop();
  });

  test('B8 a crash that waits to be handled is consumed by terminate_child', async () => {
    const lab = await startLab(root([worker('a')], { intensity: 0 }));
    const done = terminate(lab, 'a');
    lab.system.exit(lab.at('a'), error);
    expect(await done).toMatchObject({ value: { ok: true } });
    expect(lab.take()).toEqual(['start a#1', 'start root#1', 'exit a#1 error']);
    expect(await lab.states()).toEqual(['a down']);
    await lab.stop();
  });
});

describe('B9, B10 who may stop a supervisor', () => {
  test('B9 a supervisor ends with the reason of its parent, and its children are told shutdown', async () => {
    // A killed parent gives the reason killed to its child supervisors.
    const lab = await startLab(root([sup('p', [sup('s', [worker('a', { trap: true })])])]));
    lab.take();
    lab.system.exit(lab.at('p'), kill);
    lab.host.run();
    expect(lab.take().slice(0, 3)).toEqual(['exit p#1 killed', 'exit a#1 shutdown', 'exit s#1 killed']);
    await lab.stop();
  });

  test('B9 calls wait while a child is stopped, and are answered afterwards', async () => {
    const gate = deferred();
    const lab = await startLab(root([worker('a', { trap: true, onTerminate: () => gate.promise })]));
    const log: string[] = [];
    const done = terminate(lab, 'a').then(() => log.push('terminated'));
    const listed = lab.states().then((states) => log.push(...states));
    await lab.host.settle();
    expect(log).toEqual([]);
    gate.resolve();
    await Promise.all([done, listed]);
    expect(log).toEqual(['terminated', 'a down']);
    await lab.stop();
  });

  test('B9 calls that wait when the supervisor itself ends fail with its exit reason', async () => {
    const gate = deferred();
    const lab = await startLab(
      root([sup('s', [worker('a', { trap: true, onTerminate: () => gate.promise })])]),
    );
    const done = lab.system.terminateChild(lab.supervisor(), 's');
    await lab.host.settle();
    const waiting = lab.system.countChildren(lab.supervisor('s'));
    gate.resolve();
    await done;
    expect(await waiting).toMatchObject({
      ok: false,
      reason: { type: 'exit', reason: { kind: 'shutdown' } },
    });
    await lab.stop();
  });

  test.each([shutdown, shutdownWith('x'), { kind: 'normal' } as const, error, killed])(
    'B10 an exit signal %j from anyone but the parent does not touch a supervisor',
    async (reason) => {
      const lab = await startLab(root([sup('s', [worker('a')]), worker('b')]));
      lab.take();
      lab.system.exit(lab.at('s'), reason);
      lab.tell(
        'b',
        act((ctx) => ctx.exit(lab.at('s'), reason)),
      );
      expect(lab.take()).toEqual([]);
      await lab.stop();
    },
  );

  test('B10 the exit of a linked process does not touch a supervisor, not even with the reason kill', async () => {
    const lab = await startLab(root([sup('s', [worker('a')]), worker('b', { restart: 'temporary' })]));
    lab.take();
    lab.tell(
      'b',
      act((ctx) => ctx.link(lab.at('s'))),
      stopWith(kill),
    );
    expect(lab.take()).toEqual(['exit b#1 kill']);
    await lab.stop();
  });

  test('B10 only kill is not ignored', async () => {
    const lab = await startLab(root([sup('s', [worker('a')])]));
    lab.take();
    lab.system.exit(lab.at('s'), kill);
    lab.host.run();
    expect(lab.take()).toEqual(['exit s#1 killed', 'exit a#1 killed', 'start a#2', 'start s#2']);
    await lab.stop();
  });
});

describe('B11 a killed supervisor', () => {
  test('B11 its plain children die killed, trapping ones clean up with killed, inner supervisors in order', async () => {
    const diary = new Diary();
    const s = sup('s', [
      worker('plain'),
      worker('trapping', { trap: true, diary }),
      sup('inner', [worker('x'), worker('y')]),
    ]);
    const lab = await startLab(root([s]));
    lab.take();
    lab.system.exit(lab.at('s'), kill);
    lab.host.run();
    const lines = lab.take();
    expect(lines[0]).toBe('exit s#1 killed');
    expect(lines.slice(1, 6).sort()).toEqual([
      'exit inner#1 killed',
      'exit plain#1 killed',
      'exit trapping#1 killed',
      'exit x#1 shutdown',
      'exit y#1 shutdown',
    ]);
    expect(lines.indexOf('exit y#1 shutdown')).toBeLessThan(lines.indexOf('exit x#1 shutdown'));
    expect(lines.indexOf('exit x#1 shutdown')).toBeLessThan(lines.indexOf('exit inner#1 killed'));
    expect(lines.slice(6)).toEqual([
      'start plain#2',
      'start trapping#2',
      'start x#2',
      'start y#2',
      'start inner#2',
      'start s#2',
    ]);
    expect(diary.take()).toEqual(['terminate killed']);
    await lab.stop();
  });

  test('B11 to its parent it is an abnormal exit, also of a transient supervisor', async () => {
    const lab = await startLab(root([sup('s', [worker('a')], { restart: 'transient' })]));
    lab.take();
    lab.system.exit(lab.at('s'), kill);
    lab.host.run();
    expect(lab.take().at(-1)).toBe('start s#2');
    await lab.stop();
  });

  test('B11 it starts again only when its old children are gone', async () => {
    const gate = deferred();
    const lab = await startLab(
      root([
        sup('s', [worker('a', { trap: true, onTerminate: () => gate.promise, shutdownMs: 'infinity' })]),
      ]),
    );
    lab.take();
    lab.system.exit(lab.at('s'), kill);
    await lab.host.settle();
    expect(lab.take()).toEqual(['exit s#1 killed']);
    gate.resolve();
    await lab.host.settle();
    expect(lab.take()).toEqual(['exit a#1 killed', 'start a#2', 'start s#2']);
    await lab.stop();
  });

  test.each(['static', 'dynamic'] as const)(
    'B11 a temporary one under a %s supervisor lets its children clean up before it is forgotten',
    async (kind) => {
      const diary = new Diary();
      const gate = deferred();
      const inner = (): ChildSpec =>
        sup('s', [worker('a', { trap: true, diary, onTerminate: () => gate.promise })], {
          restart: 'temporary',
        });
      const lab = await startLab(root([kind === 'static' ? sup('p', [inner()]) : dynamic('p', inner)]));
      if (kind === 'dynamic') await lab.system.startDynamicChild(lab.supervisor('p'), undefined);
      const path = kind === 'static' ? 'p/s' : 'p/~1';
      lab.take();
      lab.system.exit(lab.at(path), kill);
      await lab.host.settle();
      gate.resolve();
      await lab.host.settle();
      expect(diary.take()).toEqual(['terminate killed']);
      expect(lab.take()[1]).toBe('exit a#1 killed');
      expect(await lab.states('p')).toEqual([]);
      expect(lab.host.places).toEqual(['root', 'root/p']);
      await lab.stop();
    },
  );

  test('B11 one that is killed while it stops a child leaves the next life alone', async () => {
    const gate = deferred();
    const slow = worker('a', { trap: true, onTerminate: () => gate.promise, shutdownMs: 1_000 });
    const lab = await startLab(root([sup('s', [slow])]));
    void lab.system.terminateChild(lab.supervisor('s'), 'a');
    await lab.host.settle();
    lab.system.exit(lab.at('s'), kill);
    await lab.host.advance(500);
    gate.resolve();
    await lab.host.advance(2_000);
    expect(lab.take().slice(-4)).toEqual(['exit s#1 killed', 'exit a#1 shutdown', 'start a#2', 'start s#2']);
    await lab.stop();
  });
});

describe('B an async handler in flight', () => {
  test('B5 is abandoned: dead for everybody at once, and its successor waits until it has settled', async () => {
    const diary = new Diary();
    const gate = deferred();
    const lab = await startLab(root([worker('a', { diary }), worker('b', { diary })]));
    lab.tell(
      'a',
      act(async (ctx) => {
        await gate.promise;
        ctx.tell(lab.at('b'), note('from the dead'));
      }),
    );
    lab.take();
    lab.system.exit(lab.at('a'), kill);
    await lab.host.settle();
    expect(lab.take()).toEqual(['exit a#1 killed']);
    gate.resolve();
    await lab.host.settle();
    expect(lab.take()).toEqual(['start a#2']);
    expect(diary.take()).toEqual([]);
    expect(lab.system.census().fencedEffects).toBe(1);
    await lab.stop();
  });

  test('B5 that never settles is listed as an orphan after the shutdown time, and the successor starts', async () => {
    const lab = await startLab(root([worker('a', { shutdownMs: 50 })]));
    lab.tell('a', act(never));
    lab.take();
    lab.system.exit(lab.at('a'), kill);
    await lab.host.advance(49);
    expect(lab.take()).toEqual(['exit a#1 killed']);
    await lab.host.advance(1);
    expect(lab.take()).toEqual(['start a#2']);
    expect(lab.recording.of('orphaned')).toMatchObject([{ path: 'root/a', incarnation: 1 }]);
  });
});
