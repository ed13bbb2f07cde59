import { describe, expect, test } from '@jest/globals';
import { kill, killed, noproc, normal } from '../../../runtime/index.js';
import { act, crash, Diary, error, note, stopWith, worker } from '../harness/child.js';
import { startLab } from '../harness/lab.js';
import { root, strategies, sup } from '../harness/trees.js';

describe('C restart types', () => {
  test.each([killed, noproc, { kind: 'kill' } as const, error])(
    'C3 a transient child is restarted after %j, whether it failed itself, by signal or by link',
    async (reason) => {
      const lab = await startLab(
        root([worker('a', { restart: 'transient' }), worker('b', { restart: 'temporary' })]),
      );
      lab.take();
      lab.tell('a', stopWith(reason));
      expect(lab.take()).toEqual([`exit a#1 ${reason.kind}`, 'start a#2']);
      lab.system.exit(lab.at('a'), reason);
      lab.host.run();
      expect(lab.take()).toEqual([
        `exit a#2 ${reason.kind === 'kill' ? 'killed' : reason.kind}`,
        'start a#3',
      ]);
      lab.tell(
        'a',
        act((ctx) => ctx.link(lab.at('b'))),
      );
      lab.tell('b', stopWith(reason));
      expect(lab.take()).toEqual([`exit b#1 ${reason.kind}`, `exit a#3 ${reason.kind}`, 'start a#4']);
      await lab.stop();
    },
  );

  test('C4 a temporary child is forgotten the moment it is gone, so its id can be added again', async () => {
    const lab = await startLab(root([worker('a', { restart: 'temporary' })], { intensity: 0 }));
    lab.tell('a', crash);
    expect(await lab.states()).toEqual([]);
    expect(await lab.system.startChild(lab.supervisor(), worker('a'))).toMatchObject({ value: { ok: true } });
    expect(lab.host.places).toEqual(['root', 'root/a']);
    await lab.stop();
  });

  test('C7 a restart gives a new handle, fresh state and an empty mailbox', async () => {
    const diary = new Diary();
    const lab = await startLab(root([worker('a', { diary })]));
    const before = lab.system.handle(lab.at('a'));
    lab.tell('a', note('one'), crash, note('lost'));
    expect(diary.take()).toEqual(['one', 'terminate error']);
    const after = lab.system.handle(lab.at('a'));
    expect(after).not.toBe(before);
    expect([before?.alive, after?.alive, after?.incarnation]).toEqual([false, true, 2]);
    expect(lab.system.deadLetters().map(({ reason }) => reason)).toEqual(['crashed', 'stopped']);
    await lab.stop();
  });

  test('C a rejected promise of a handler is an abnormal exit like a throw', async () => {
    const lab = await startLab(root([worker('a', { restart: 'transient' })]));
    lab.take();
    lab.tell(
      'a',
      act(() => Promise.reject(new Error('late'))),
    );
    await lab.host.settle();
    expect(lab.take()).toEqual(['exit a#1 error', 'start a#2']);
    await lab.stop();
  });
});

describe('D strategies', () => {
  test('D1 one_for_one leaves a down sibling down', async () => {
    const lab = await startLab(root([worker('a'), worker('b', { restart: 'transient' })]));
    lab.tell('b', stopWith(normal));
    lab.tell('a', crash);
    expect(await lab.states()).toEqual(['a running', 'b down']);
    await lab.stop();
  });

  test('D2 one_for_all stops siblings by their own shutdown rules', async () => {
    const diary = new Diary();
    const lab = await startLab(
      root([worker('a', { trap: true, diary }), worker('b'), worker('c', { shutdownMs: 'brutal_kill' })], {
        strategy: 'one_for_all',
      }),
    );
    lab.take();
    lab.tell('b', crash);
    expect(lab.take()).toEqual([
      'exit b#1 error',
      'exit c#1 killed',
      'exit a#1 shutdown',
      'start a#2',
      'start b#2',
      'start c#2',
    ]);
    expect(diary.take()).toEqual(['terminate shutdown']);
    await lab.stop();
  });

  test.each(['one_for_all', 'rest_for_one'] as const)(
    'D4 the start part of %s covers what was down before: terminated, finished and ignored children',
    async (strategy) => {
      const lab = await startLab(
        root(
          [
            worker('a'),
            worker('b'),
            worker('c', { restart: 'transient' }),
            worker('d', { starts: ['ignore', 'ok'] }),
          ],
          { strategy },
        ),
      );
      await lab.system.terminateChild(lab.supervisor(), 'b');
      lab.tell('c', stopWith(normal));
      lab.take();
      lab.tell('a', crash);
      expect(lab.take()).toEqual(['exit a#1 error', 'start a#2', 'start b#2', 'start c#2', 'start d#2']);
      await lab.stop();
    },
  );

  test('D4 rest_for_one leaves what is down before the failed child down', async () => {
    const lab = await startLab(root([worker('a'), worker('b')], { strategy: 'rest_for_one' }));
    await lab.system.terminateChild(lab.supervisor(), 'a');
    lab.tell('b', crash);
    expect(await lab.states()).toEqual(['a down', 'b running']);
    await lab.stop();
  });

  test.each(['one_for_all', 'rest_for_one'] as const)(
    'D5 %s stops, forgets and does not start temporary siblings in its range',
    async (strategy) => {
      const temporary = { restart: 'temporary' } as const;
      const lab = await startLab(
        root([worker('a', temporary), worker('b'), worker('c', temporary), worker('d')], { strategy }),
      );
      lab.take();
      lab.tell('b', crash);
      const all = strategy === 'one_for_all';
      expect(lab.take()).toEqual([
        'exit b#1 error',
        'exit d#1 shutdown',
        'exit c#1 shutdown',
        ...(all ? ['exit a#1 shutdown'] : []),
        'start b#2',
        'start d#2',
      ]);
      expect(await lab.states()).toEqual([...(all ? [] : ['a running']), 'b running', 'd running']);
      await lab.stop();
    },
  );

  test.each(['one_for_all', 'rest_for_one'] as const)(
    'D6 a group restart of %s is counted once',
    async (strategy) => {
      const lab = await startLab(root([worker('a'), worker('b'), worker('c')], { strategy, intensity: 2 }));
      lab.tell('a', crash);
      lab.tell('a', crash);
      expect(await lab.states()).toEqual(['a running', 'b running', 'c running']);
      lab.tell('a', crash);
      expect(lab.take().at(-1)).toBe('exit root#1 shutdown');
      await lab.stop();
    },
  );

  test('D7 deaths before the supervisor reacts are handled in the order of death', async () => {
    const burst = async (strategy: (typeof strategies)[number], order: readonly string[]) => {
      const lab = await startLab(root([worker('a'), worker('b'), worker('c')], { strategy }));
      lab.take();
      for (const id of order) lab.system.exit(lab.at(id), error);
      lab.host.run();
      const lines = lab.take().slice(order.length);
      const restarting = lab.recording.of('restarting').length;
      await lab.stop();
      return { restarting, lines };
    };
    expect(await burst('one_for_one', ['c', 'a'])).toEqual({
      restarting: 2,
      lines: ['start c#2', 'start a#2'],
    });
    expect(await burst('one_for_all', ['c', 'a'])).toEqual({
      restarting: 1,
      lines: ['exit b#1 shutdown', 'start a#2', 'start b#2', 'start c#2'],
    });
    // The death handled first swallows those behind it, not those before it.
    expect(await burst('rest_for_one', ['b', 'c'])).toEqual({
      restarting: 1,
      lines: ['start b#2', 'start c#2'],
    });
    expect(await burst('rest_for_one', ['c', 'b'])).toEqual({
      restarting: 2,
      lines: ['start c#2', 'exit c#2 shutdown', 'start b#2', 'start c#3'],
    });
  });
});

describe('E restart intensity', () => {
  test.each(strategies)(
    'E1, E5 under %s intensity 2 allows two restarts, and the third crash ends all with shutdown',
    async (strategy) => {
      const lab = await startLab(
        root([
          sup('s', [worker('a'), worker('b'), worker('c')], { strategy, intensity: 2, restart: 'temporary' }),
        ]),
      );
      lab.tell('s/b', crash);
      lab.tell('s/b', crash);
      expect(await lab.states('s')).toHaveLength(3);
      lab.take();
      lab.tell('s/b', crash);
      const lines = lab.take();
      expect(lines.map((line) => line.replace(/#\d/, ''))).toEqual([
        'exit b error',
        'exit c shutdown',
        'exit a shutdown',
        'exit s shutdown',
      ]);
      await lab.stop();
    },
  );

  test('E1 intensity 0 allows no restart', async () => {
    const lab = await startLab(root([worker('a')], { intensity: 0 }));
    lab.take();
    lab.tell('a', crash);
    expect(lab.take()).toEqual(['exit a#1 error', 'exit root#1 shutdown']);
    await lab.stop();
  });

  test('E2 the window slides: an entry as old as the period still counts, an older one does not', async () => {
    const lab = await startLab(root([worker('a')], { intensity: 1, periodMs: 1_000 }));
    lab.tell('a', crash);
    await lab.host.advance(1_001);
    lab.tell('a', crash);
    await lab.host.advance(1_001);
    lab.tell('a', crash);
    expect(await lab.states()).toEqual(['a running']);
    await lab.host.advance(1_000);
    lab.tell('a', crash);
    expect(lab.take().at(-1)).toBe('exit root#1 shutdown');
    await lab.stop();
  });

  test('E3 all children share one history, those started later included', async () => {
    const lab = await startLab(root([worker('a')], { intensity: 1 }));
    await lab.system.startChild(lab.supervisor(), worker('b'));
    lab.tell('a', crash);
    lab.tell('b', crash);
    expect(lab.take().at(-1)).toBe('exit root#1 shutdown');
    await lab.stop();
  });

  test('E4 only automatic restart attempts are counted', async () => {
    const lab = await startLab(
      root([worker('a'), worker('t', { restart: 'transient' }), worker('x', { restart: 'temporary' })], {
        intensity: 0,
      }),
    );
    lab.tell('x', crash);
    lab.tell('t', stopWith(normal));
    await lab.system.restartChild(lab.supervisor(), 't');
    await lab.system.terminateChild(lab.supervisor(), 'a');
    await lab.system.restartChild(lab.supervisor(), 'a');
    await lab.system.startChild(lab.supervisor(), worker('n'));
    expect(await lab.states()).toEqual(['a running', 't running', 'n running']);
    await lab.stop();
  });

  test('E6 a supervisor that its parent restarts begins with an empty history', async () => {
    const lab = await startLab(root([sup('s', [worker('a')], { intensity: 1 })]));
    lab.tell('s/a', crash);
    lab.system.exit(lab.at('s'), kill);
    lab.host.run();
    lab.take();
    lab.tell('s/a', crash);
    expect(lab.take()).toEqual(['exit a#3 error', 'start a#4']);
    await lab.stop();
  });
});
