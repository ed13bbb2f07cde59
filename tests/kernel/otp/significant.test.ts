import { describe, expect, test } from '@jest/globals';
import { normal, shutdownWith } from '../../../runtime/index.js';
import type { AutoShutdown, ChildSpec, Restart } from '../../../runtime/index.js';
import { crash, error, stopWith, worker } from '../harness/child.js';
import { deferred, startLab } from '../harness/lab.js';
import type { Lab } from '../harness/lab.js';
import { root, sup } from '../harness/trees.js';

const significant = (
  id: string,
  restart: Restart = 'transient',
  starts?: readonly ('ok' | 'ignore')[],
): ChildSpec => worker(id, { significant: true, restart, ...(starts === undefined ? {} : { starts }) });
/** A root with a supervisor `s` that shuts itself down, itself forgotten when it does. */
const lab = (autoShutdown: AutoShutdown, children: readonly ChildSpec[]): Promise<Lab> =>
  startLab(root([sup('s', children, { autoShutdown, restart: 'temporary' })]));
const ended = async (lab: Lab): Promise<boolean> => (await lab.states()).length === 0;

describe('I significant children', () => {
  test('I1, I9 any_significant: a normal-like exit of one stops the others in reverse, with shutdown', async () => {
    const tree = await lab('any_significant', [worker('a'), significant('b'), significant('c'), worker('d')]);
    tree.take();
    tree.tell('s/b', stopWith(shutdownWith('done')));
    expect(tree.take()).toEqual([
      'exit b#1 shutdown(x)',
      'exit d#1 shutdown',
      'exit c#1 shutdown',
      'exit a#1 shutdown',
      'exit s#1 shutdown',
    ]);
    await tree.stop();
  });

  test('I2 an abnormal exit of a significant transient child is an ordinary restart', async () => {
    const tree = await lab('any_significant', [significant('a')]);
    tree.tell('s/a', crash);
    expect(tree.take().slice(-2)).toEqual(['exit a#1 error', 'start a#2']);
    await tree.stop();
  });

  test.each([normal, error])('I3 any exit of a significant temporary child triggers: %j', async (reason) => {
    const tree = await lab('any_significant', [significant('a', 'temporary'), worker('b')]);
    tree.tell('s/a', stopWith(reason));
    expect(await ended(tree)).toBe(true);
    await tree.stop();
  });

  test('I4 all_significant: the last one triggers, and down ones do not hold it up', async () => {
    const tree = await lab('all_significant', [
      significant('a'),
      significant('b', 'temporary'),
      significant('stopped'),
      significant('ignored', 'transient', ['ignore']),
      worker('w'),
    ]);
    await tree.system.terminateChild(tree.supervisor('s'), 'stopped');
    tree.tell('s/a', stopWith(normal));
    expect(await ended(tree)).toBe(false);
    tree.tell('s/b', crash);
    expect(await ended(tree)).toBe(true);
    await tree.stop();
  });

  test('I4 a significant sibling that is restarting holds it up', async () => {
    const gate = deferred<'fail'>();
    const tree = await lab('all_significant', [
      worker('a', { significant: true, restart: 'transient', starts: ['ok', () => gate.promise, 'ok'] }),
      significant('b'),
    ]);
    tree.tell('s/a', crash);
    tree.tell('s/b', stopWith(normal));
    gate.resolve('fail');
    await tree.host.settle();
    expect(await ended(tree)).toBe(false);
    expect(await tree.states('s')).toEqual(['a running', 'b down']);
    tree.tell('s/a', stopWith(normal));
    expect(await ended(tree)).toBe(true);
    await tree.stop();
  });

  test('I4 a group restart that waits or fails before its turn leaves a finished sibling no obstacle', async () => {
    const tree = await lab('all_significant', [significant('a'), significant('b')]);
    for (const id of ['a', 'b']) tree.at(`s/${id}`).tell(stopWith(normal));
    tree.host.run();
    expect(await ended(tree)).toBe(true);
    await tree.stop();
  });

  test.each([
    ['transient', normal],
    ['temporary', normal],
    ['temporary', error],
  ] as const)('I5 a non-significant %s child that ends (%j) never triggers', async (restart, reason) => {
    const tree = await lab('any_significant', [worker('a', { restart }), significant('b')]);
    tree.tell('s/a', stopWith(reason));
    expect(await ended(tree)).toBe(false);
    await tree.stop();
  });

  test.each(['any_significant', 'all_significant'] as const)(
    'I6 under %s terminate_child never triggers, not even for the last one',
    async (autoShutdown) => {
      const tree = await lab(autoShutdown, [significant('a'), significant('b', 'temporary')]);
      await tree.system.terminateChild(tree.supervisor('s'), 'a');
      await tree.system.terminateChild(tree.supervisor('s'), 'b');
      expect(await ended(tree)).toBe(false);
      await tree.stop();
    },
  );

  test('I7 significant siblings stopped by a group restart never trigger; temporary ones are lost', async () => {
    const tree = await startLab(
      root([
        sup('s', [worker('a'), significant('b'), significant('c', 'temporary')], {
          autoShutdown: 'any_significant',
          strategy: 'one_for_all',
        }),
      ]),
    );
    tree.tell('s/a', crash);
    expect(await tree.states('s')).toEqual(['a running', 'b running']);
    await tree.stop();
  });

  test('I8 start_child refuses significant permanent children, and significant ones under never', async () => {
    const tree = await lab('any_significant', []);
    const start = (path: string, spec: ChildSpec) => tree.system.startChild(tree.supervisor(path), spec);
    expect(await start('s', significant('a', 'permanent'))).toMatchObject({
      value: { error: 'invalid_spec' },
    });
    expect(await tree.system.startChild(tree.supervisor(), significant('a'))).toMatchObject({
      value: { error: 'invalid_spec' },
    });
    await tree.stop();
  });

  test.each([
    ['permanent', ['s running']],
    ['transient', ['s down']],
    ['temporary', []],
  ] as const)(
    'I9 the parent treats it as an exit with shutdown: a %s one leaves %j',
    async (restart, left) => {
      const tree = await startLab(
        root([sup('s', [significant('a')], { autoShutdown: 'any_significant', restart })]),
      );
      tree.tell('s/a', stopWith(normal));
      expect(await tree.states()).toEqual(left);
      await tree.stop();
    },
  );

  test.each([true, false])(
    'I10 its own significance decides whether the parent follows: %s',
    async (isSignificant) => {
      const inner = sup('inner', [significant('a')], {
        autoShutdown: 'any_significant',
        restart: 'transient',
        significant: isSignificant,
      });
      const tree = await lab('any_significant', [inner, worker('w')]);
      tree.tell('s/inner/a', stopWith(normal));
      expect(await ended(tree)).toBe(isSignificant);
      await tree.stop();
    },
  );

  test('I10 the same when it ended because of its intensity', async () => {
    const inner = sup('inner', [worker('a')], { intensity: 0, restart: 'transient', significant: true });
    const tree = await lab('any_significant', [inner, worker('w')]);
    tree.tell('s/inner/a', crash);
    expect(await ended(tree)).toBe(true);
    await tree.stop();
  });
});
