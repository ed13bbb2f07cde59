import { describe, expect, test } from '@jest/globals';
import { normal, supervisor } from '../../../runtime/index.js';
import type { ChildSpec } from '../../../runtime/index.js';
import { crash, stopWith, worker } from '../harness/child.js';
import { startLab } from '../harness/lab.js';
import { dynamic, root, sup } from '../harness/trees.js';

describe('J nesting and escalation', () => {
  test('J1 a permanent supervisor that gave up is restarted with its whole subtree', async () => {
    const lab = await startLab(root([sup('s', [worker('a'), sup('t', [worker('b')])], { intensity: 0 })]));
    lab.take();
    lab.tell('s/a', crash);
    expect(lab.take()).toEqual([
      'exit a#1 error',
      'exit b#1 shutdown',
      'exit t#1 shutdown',
      'exit s#1 shutdown',
      'start a#2',
      'start b#2',
      'start t#2',
      'start s#2',
    ]);
    await lab.stop();
  });

  test('J1 when the new start fails, the parent counts and tries again', async () => {
    const inner = sup('s', [worker('a', { starts: ['ok', 'fail'] })], { intensity: 1 });
    const lab = await startLab(root([inner], { intensity: 2 }));
    lab.take();
    lab.tell('s/a', crash);
    expect(lab.take()).toEqual([
      'exit a#1 error',
      'fail a#2',
      'exit s#1 shutdown',
      'fail a#3',
      'fail s#2',
      'fail a#4',
      'fail s#3',
      'exit root#1 shutdown',
    ]);
    await lab.stop();
  });

  test.each([
    ['transient', ['s down', 'w running']],
    ['temporary', ['w running']],
  ] as const)(
    'J2 a %s supervisor that gave up is not restarted, and nothing is counted',
    async (restart, left) => {
      const lab = await startLab(
        root([sup('s', [worker('a')], { intensity: 0, restart }), worker('w')], { intensity: 0 }),
      );
      lab.tell('s/a', crash);
      expect(await lab.states()).toEqual(left);
      await lab.stop();
    },
  );

  test.each([
    [1, 1],
    [2, 1],
    [1, 3],
    [3, 2],
  ])(
    'J3 with intensity %i at each of %i levels, a leaf that always fails is started (n+1)^k times',
    async (n, levels) => {
      let starts = 0;
      let tree: ChildSpec = worker('leaf', {
        starts: [(ctx) => (starts++, ctx.tell(ctx.self, crash), 'ok')],
      });
      for (let level = 1; level < levels; level++)
        tree = supervisor(`s${level}`, { strategy: 'one_for_one', intensity: n, periodMs: 5_000 }, [tree]);
      const lab = await startLab(root([tree], { intensity: n }));
      lab.host.run();
      expect(lab.take().at(-1)).toBe('exit root#1 shutdown');
      expect(starts).toBe((n + 1) ** levels);
      await lab.stop();
    },
  );

  test('J4 a restarted supervisor has the children of its specs again, and only those', async () => {
    const lab = await startLab(
      root([
        sup(
          's',
          [
            worker('a'),
            worker('finished', { restart: 'transient' }),
            worker('stopped'),
            worker('deleted'),
            worker('gone', { restart: 'temporary' }),
            dynamic('d', () => worker('x')),
          ],
          { intensity: 0 },
        ),
      ]),
    );
    const s = lab.supervisor('s');
    await lab.system.startChild(s, worker('added'));
    await lab.system.startDynamicChild(lab.supervisor('s/d'), undefined);
    lab.tell('s/finished', stopWith(normal));
    lab.tell('s/gone', crash);
    for (const id of ['stopped', 'deleted']) await lab.system.terminateChild(s, id);
    await lab.system.deleteChild(s, 'deleted');
    lab.tell('s/a', crash);
    expect(await lab.states('s')).toEqual([
      'a running',
      'finished running',
      'stopped running',
      'deleted running',
      'gone running',
      'd running',
    ]);
    expect(await lab.states('s/d')).toEqual([]);
    await lab.stop();
  });

  test('J5 the strategy of the parent applies to a supervisor child like to any other', async () => {
    const lab = await startLab(
      root([worker('a'), sup('s', [worker('b')], { intensity: 0 }), worker('c')], {
        strategy: 'rest_for_one',
      }),
    );
    lab.take();
    lab.tell('s/b', crash);
    expect(lab.take()).toEqual([
      'exit b#1 error',
      'exit s#1 shutdown',
      'exit c#1 shutdown',
      'start b#2',
      'start s#2',
      'start c#2',
    ]);
    await lab.stop();
  });

  test('J6 a crash handled inside one subtree is invisible outside', async () => {
    const lab = await startLab(
      root([sup('s', [worker('a'), worker('b')], { strategy: 'one_for_all' }), worker('c')], {
        intensity: 0,
        strategy: 'one_for_all',
      }),
    );
    lab.take();
    lab.tell('s/a', crash);
    expect(lab.take()).toEqual(['exit a#1 error', 'exit b#1 shutdown', 'start a#2', 'start b#2']);
    await lab.stop();
  });
});
