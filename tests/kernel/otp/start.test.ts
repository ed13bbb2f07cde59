import { describe, expect, test } from '@jest/globals';
import { ignore, InvalidSpec, StartFailed, supervisor } from '../../../runtime/index.js';
import type { ChildSpec, FailedToStartChild } from '../../../runtime/index.js';
import { act, crash, stopWith, worker } from '../harness/child.js';
import { deferred, failLab, startLab } from '../harness/lab.js';
import { root, sup } from '../harness/trees.js';

describe('A1 children start one after another', () => {
  test('A1 the next start function is called only after the init before it has finished', async () => {
    const gate = deferred<'ok'>();
    const log: string[] = [];
    const lab = startLab(
      root([
        worker('a', { starts: [() => (log.push('a begins'), gate.promise)] }),
        worker('b', { starts: [() => (log.push('b begins'), 'ok')] }),
      ]),
    );
    for (let turn = 0; turn < 40; turn++) await Promise.resolve();
    expect(log).toEqual(['a begins']);
    gate.resolve('ok');
    expect((await lab).take()).toEqual(['start a#1', 'start b#1', 'start root#1']);
    expect(log).toEqual(['a begins', 'b begins']);
    await (await lab).stop();
  });

  test('A1 starting a tree resolves only when every level is up, inner before outer', async () => {
    const lab = await startLab(root([worker('a'), sup('s', [worker('b'), worker('c')]), worker('d')]));
    expect(lab.take()).toEqual([
      'start a#1',
      'start b#1',
      'start c#1',
      'start s#1',
      'start d#1',
      'start root#1',
    ]);
    await lab.stop();
  });
});

describe('A2 to A4 a start that fails', () => {
  test.each(['permanent', 'transient', 'temporary'] as const)(
    'A2 a %s child that fails to start stops those before it in reverse and leaves later ones untried',
    async (restart) => {
      const { error, lines, places } = await failLab(
        root([worker('a'), worker('b'), worker('c', { restart, starts: ['fail'] }), worker('d')]),
      );
      expect(lines).toEqual([
        'start a#1',
        'start b#1',
        'fail c#1',
        'exit b#1 shutdown',
        'exit a#1 shutdown',
        'fail root#1',
      ]);
      expect(error).toBeInstanceOf(StartFailed);
      expect((error as StartFailed).reason).toMatchObject({
        kind: 'shutdown',
        detail: { failedToStartChild: { id: 'c', reason: { kind: 'error' } } },
      });
      expect(places).toEqual([]);
    },
  );

  test('A2 each child is rolled back by its own shutdown rule', async () => {
    const { lines } = await failLab(
      root([worker('a', { shutdownMs: 'brutal_kill', trap: true }), worker('b', { starts: ['fail'] })]),
    );
    expect(lines).toEqual(['start a#1', 'fail b#1', 'exit a#1 killed', 'fail root#1']);
  });

  test('A2 an init that asks to stop has failed with that reason, even a normal one', async () => {
    const { error, lines } = await failLab(root([worker('a', { starts: [(ctx) => (ctx.stop(), 'ok')] })]));
    expect(lines).toEqual(['fail a#1', 'fail root#1']);
    expect((error as StartFailed).reason).toMatchObject({
      detail: { failedToStartChild: { id: 'a', reason: { kind: 'normal' } } },
    });
  });

  test('A3 an inner failure rolls back innermost first and is wrapped once for each level', async () => {
    const { error, lines } = await failLab(
      root([worker('a'), sup('s', [worker('b'), worker('c', { starts: ['fail'] })]), worker('d')]),
    );
    expect(lines).toEqual([
      'start a#1',
      'start b#1',
      'fail c#1',
      'exit b#1 shutdown',
      'fail s#1',
      'exit a#1 shutdown',
      'fail root#1',
    ]);
    const outer = (error as StartFailed).reason as { detail: FailedToStartChild };
    expect(outer.detail.failedToStartChild.id).toBe('s');
    const inner = outer.detail.failedToStartChild.reason as unknown as { detail: FailedToStartChild };
    expect(inner.detail.failedToStartChild).toMatchObject({ id: 'c', reason: { kind: 'error' } });
  });

  test('A4 a failed first start is final, whatever the intensity', async () => {
    const { lines } = await failLab(root([worker('a', { starts: ['fail', 'ok'] })], { intensity: 100 }));
    expect(lines).toEqual(['fail a#1', 'fail root#1']);
  });
});

describe('A5, A6, A8 ignore', () => {
  test.each(['permanent', 'transient'] as const)(
    'A5 a %s child that answers ignore is kept as down, counts as spec only, and can be asked again',
    async (restart) => {
      const lab = await startLab(root([worker('a', { restart, starts: ['ignore', 'ok'] }), worker('b')]));
      expect(lab.take()).toEqual(['ignore a#1', 'start b#1', 'start root#1']);
      expect(await lab.states()).toEqual(['a down', 'b running']);
      expect(await lab.system.countChildren(lab.supervisor())).toMatchObject({
        value: { specs: 2, active: 1, workers: 2 },
      });
      expect(await lab.system.restartChild(lab.supervisor(), 'a')).toMatchObject({ value: { ok: true } });
      expect(lab.take()).toEqual(['start a#2']);
      await lab.stop();
    },
  );

  test('A5 a group restart asks an ignored child again', async () => {
    const lab = await startLab(
      root([worker('a', { starts: ['ignore', 'ok'] }), worker('b')], { strategy: 'one_for_all' }),
    );
    lab.take();
    lab.tell('b', crash);
    expect(lab.take()).toEqual(['exit b#1 error', 'start a#2', 'start b#2']);
    await lab.stop();
  });

  test('A6 an ignored temporary child leaves nothing behind', async () => {
    const lab = await startLab(root([worker('a', { restart: 'temporary', starts: ['ignore'] })]));
    expect(await lab.states()).toEqual([]);
    expect(await lab.system.restartChild(lab.supervisor(), 'a')).toMatchObject({
      value: { ok: false, error: 'not_found' },
    });
    expect(lab.host.places).toEqual(['root']);
    await lab.stop();
  });

  test('A8 a supervisor that answers ignore is an ignored child of its parent', async () => {
    let answers = 0;
    const s = supervisor('s', { strategy: 'one_for_one', intensity: 1, periodMs: 5_000 }, () =>
      answers++ === 0 ? ignore : [worker('b')],
    );
    const lab = await startLab(root([s, worker('a')]));
    expect(lab.take()).toEqual(['ignore s#1', 'start a#1', 'start root#1']);
    expect(await lab.states()).toEqual(['s down', 'a running']);
    await lab.system.restartChild(lab.supervisor(), 's');
    expect(lab.take()).toEqual(['start b#1', 'start s#2']);
    await lab.stop();
  });
});

describe('A7 specs are checked before anything starts', () => {
  const untouched = worker('first');
  const refused: readonly (readonly [string, ChildSpec, RegExp])[] = [
    ['a duplicate id', root([untouched, worker('a'), worker('a')]), /"a" occurs twice/],
    ['an unknown restart type', root([untouched, worker('a', { restart: 'sometimes' as never })]), /restart/],
    ['a negative shutdown', root([untouched, worker('a', { shutdownMs: -1 })]), /shutdownMs/],
    ['a negative intensity', root([untouched], { intensity: -1 }), /intensity/],
    ['a broken intensity', root([untouched], { intensity: 1.5 }), /intensity/],
    ['a period of nothing', root([untouched], { periodMs: 0 }), /periodMs/],
    ['an unknown strategy', root([untouched], { strategy: 'all_for_none' as never }), /strategy/],
    ['an unknown auto shutdown', root([untouched], { autoShutdown: 'maybe' as never }), /autoShutdown/],
    [
      'a significant child without auto shutdown',
      root([untouched, worker('a', { restart: 'transient', significant: true })]),
      /significant/,
    ],
    [
      'a significant permanent child',
      root([untouched, worker('a', { significant: true })], { autoShutdown: 'any_significant' }),
      /significant/,
    ],
    [
      'a fault two levels down',
      root([untouched, sup('s', [sup('t', [], { periodMs: -1 })])]),
      /s: t: periodMs/,
    ],
  ];
  test.each(refused)('A7 %s refuses the whole tree and names the problem', async (_what, spec, problem) => {
    const { error, lines } = await failLab(spec);
    expect(error).toBeInstanceOf(InvalidSpec);
    expect((error as InvalidSpec).message).toMatch(problem);
    expect(lines).toEqual([]);
  });

  test('A7 children given by a function are checked before the first of them starts', async () => {
    const s = supervisor('root', { strategy: 'one_for_one', intensity: 1, periodMs: 5_000 }, () => [
      worker('a'),
      worker('a'),
    ]);
    const { error, lines } = await failLab(s);
    expect(lines).toEqual(['fail root#1']);
    expect((error as StartFailed).reason).toMatchObject({ kind: 'error', error: expect.any(InvalidSpec) });
  });
});

describe('A: what happens during the start phase is served after it', () => {
  test('A1 a child that dies while its siblings still start is an ordinary exit afterwards', async () => {
    const gate = deferred<'ok'>();
    const starting = startLab(
      root([
        worker('a', { starts: [(ctx) => (ctx.timer('end', 0, crash), 'ok'), 'ok'] }),
        worker('b', { starts: [() => gate.promise] }),
      ]),
    );
    for (let turn = 0; turn < 60; turn++) await Promise.resolve();
    gate.resolve('ok');
    const lab = await starting;
    lab.host.run();
    expect(lab.take()).toEqual(['start a#1', 'exit a#1 error', 'start b#1', 'start root#1', 'start a#2']);
    await lab.stop();
  });

  test('A1 a transient child that ends well during the start phase stays down', async () => {
    const lab = await startLab(
      root([
        worker('a', {
          restart: 'transient',
          starts: [(ctx) => (ctx.tell(ctx.self, stopWith({ kind: 'normal' })), 'ok')],
        }),
        worker('b'),
      ]),
    );
    lab.host.run();
    expect(lab.take()).toEqual(['start a#1', 'start b#1', 'start root#1', 'exit a#1 normal']);
    expect(await lab.states()).toEqual(['a down', 'b running']);
    await lab.stop();
  });

  test('A1 a supervisor that is stopped while it starts finishes the start and then stops', async () => {
    const gate = deferred<'ok'>();
    const lab = await startLab(root([worker('parent')]));
    lab.tell(
      'parent',
      act((ctx) => {
        ctx.spawn(sup('s', [worker('a'), worker('b', { starts: [() => gate.promise] })]));
      }),
    );
    lab.take();
    lab.tell('parent', crash);
    expect(lab.take()).toEqual(['exit parent#1 error']);
    gate.resolve('ok');
    await lab.host.settle();
    expect(lab.take()).toEqual([
      'start b#1',
      'start s#1',
      'exit b#1 shutdown',
      'exit a#1 shutdown',
      'exit s#1 shutdown',
      'start parent#2',
    ]);
    await lab.stop();
  });

  test.each(['fail', 'ignore'] as const)(
    'A1 a supervisor that is stopped while it starts, and whose start then answers %s, is gone too',
    async (answer) => {
      const gate = deferred<'fail' | 'ignore'>();
      const s = supervisor('s', { strategy: 'one_for_one', intensity: 1, periodMs: 5_000 }, [
        worker('a', { starts: [() => gate.promise], restart: 'temporary' }),
      ]);
      const lab = await startLab(root([worker('parent')]));
      lab.tell(
        'parent',
        act((ctx) => void ctx.spawn(s)),
      );
      lab.tell('parent', crash);
      lab.take();
      gate.resolve(answer);
      await lab.host.settle();
      expect(lab.take().at(-1)).toBe('start parent#2');
      await lab.stop();
    },
  );
});
