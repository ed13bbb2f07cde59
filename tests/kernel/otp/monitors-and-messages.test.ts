import { describe, expect, test } from '@jest/globals';
import { kill, name, NameNotFound, normal, shutdownWith } from '../../../runtime/index.js';
import type { MonitorRef } from '../../../runtime/index.js';
import { act, crash, Diary, error, note, stopWith, worker } from '../harness/child.js';
import type { Order } from '../harness/child.js';
import { deferred, startLab } from '../harness/lab.js';
import type { Lab } from '../harness/lab.js';
import { root } from '../harness/trees.js';

/** A watcher `w`, and a temporary `t` to be watched. */
async function watched(): Promise<{ lab: Lab; diary: Diary }> {
  const diary = new Diary();
  const lab = await startLab(
    root([worker('w', { diary }), worker('t', { restart: 'temporary' }), worker('p')]),
  );
  lab.take();
  return { lab, diary };
}
const monitor = (lab: Lab, path: string): void =>
  lab.tell(
    'w',
    act((ctx) => void ctx.monitor(lab.at(path))),
  );

describe('L monitors', () => {
  test.each([normal, error, { kind: 'killed' } as const, shutdownWith('x')])(
    'L1 one down notice with handle and exit reason: %j',
    async (reason) => {
      const { lab, diary } = await watched();
      const handle = lab.system.handle(lab.at('t'));
      monitor(lab, 't');
      lab.tell('t', stopWith(reason));
      expect(diary.signals).toMatchObject([{ type: 'down', path: 'root/t', reason }]);
      expect(diary.signals[0]).toHaveProperty('handle', handle);
      await lab.stop();
    },
  );

  test('L2 of a dead handle, a dead place or a free name it is noproc, in a later turn', async () => {
    const { lab, diary } = await watched();
    const old = lab.system.handle(lab.at('p'));
    lab.tell('p', crash);
    const dead = lab.at('t');
    lab.tell('t', stopWith(normal));
    lab.tell(
      'w',
      act((ctx) => {
        if (old !== undefined) ctx.monitor(old);
        ctx.monitor(dead);
        ctx.monitor(name<never>('nobody'));
        diary.lines.push('the turn goes on');
      }),
    );
    expect(diary.lines).toEqual(['the turn goes on', 'down noproc', 'down noproc', 'down noproc']);
    await lab.stop();
  });

  test('L3 monitors stack, and a removed one delivers nothing, also when its notice waits already', async () => {
    const { lab, diary } = await watched();
    const refs: MonitorRef[] = [];
    lab.tell(
      'w',
      act(
        (ctx) => void refs.push(ctx.monitor(lab.at('t')), ctx.monitor(lab.at('t')), ctx.monitor(lab.at('t'))),
      ),
    );
    const gate = deferred();
    lab.tell(
      'w',
      act((ctx) =>
        gate.promise.then(() => {
          const [first] = refs;
          if (first !== undefined) ctx.demonitor(first);
        }),
      ),
    );
    lab.tell('t', stopWith(error));
    gate.resolve();
    await lab.host.settle();
    expect(diary.lines).toEqual(['down error', 'down error']);
    await lab.stop();
  });

  test('L4 it is one-way, and bound to the process: it does not follow a restart', async () => {
    const { lab, diary } = await watched();
    monitor(lab, 'p');
    lab.tell('p', crash);
    lab.tell('p', crash);
    expect(diary.lines).toEqual(['down error']);
    monitor(lab, 't');
    lab.take();
    lab.tell('w', crash);
    expect(lab.take()).toEqual(['exit w#1 error', 'start w#2']);
    lab.tell('t', stopWith(error));
    expect(diary.lines).toEqual(['down error', 'terminate error']);
    await lab.stop();
  });
});

describe('M messages', () => {
  test.each([1, 2, 3, 4, 5])(
    'M1 one sender reaches one receiver in sending order, whatever the schedule (seed %i)',
    async (seed) => {
      const diary = new Diary();
      const lab = await startLab(root([worker('r', { diary }), worker('s'), worker('t')]), {
        seed,
        order: 'seeded',
      });
      for (let round = 0; round < 20; round++)
        for (const id of ['s', 't'])
          lab.at(id).tell(
            act((ctx) => {
              ctx.tell(lab.at('r'), note(`${id}${2 * round}`));
              ctx.tell(lab.at('r'), note(`${id}${2 * round + 1}`));
            }),
          );
      lab.host.run();
      for (const id of ['s', 't'])
        expect(diary.lines.filter((line) => line.startsWith(id))).toEqual(
          Array.from({ length: 40 }, (_, at) => `${id}${at}`),
        );
      await lab.stop();
    },
  );

  test.each([1, 2, 3, 4, 5])(
    'M2 what a process sent before it died arrives before the notice of its death (seed %i)',
    async (seed) => {
      const diary = new Diary();
      const lab = await startLab(
        root([worker('w', { diary, trap: true }), worker('t', { restart: 'temporary' })]),
        { seed, order: 'seeded' },
      );
      lab.tell(
        'w',
        act((ctx) => {
          ctx.monitor(lab.at('t'));
          ctx.link(lab.at('t'));
        }),
      );
      lab.at('t').tell(
        act((ctx) => {
          ctx.tell(lab.at('w'), note('last words'));
          ctx.stop(error);
        }),
      );
      lab.host.run();
      expect(diary.lines[0]).toBe('last words');
      expect(diary.lines.slice(1).sort()).toEqual(['down error', 'exit error']);
      await lab.stop();
    },
  );

  test('M3 a message to a dead handle is dropped, never reaches the next incarnation, and is a dead letter', async () => {
    const diary = new Diary();
    const lab = await startLab(root([worker('a', { diary }), worker('s')]));
    const old = lab.system.handle(lab.at('a'));
    lab.tell('a', crash);
    lab.take();
    lab.tell(
      's',
      act((ctx) => old && ctx.tell(old, note('too late') as never)),
    );
    expect(diary.lines).toEqual(['terminate error']);
    expect(lab.take()).toEqual([]);
    expect(lab.system.deadLetters().at(-1)).toMatchObject({
      reason: 'stopped',
      sender: 'root/s',
      recipient: 'root/a',
    });
    await lab.stop();
  });

  test('M4 the mailbox dies with its process', async () => {
    const diary = new Diary();
    const lab = await startLab(root([worker('a', { diary })]));
    lab.tell('a', crash, note('one'), note('two'));
    expect(diary.lines).toEqual(['terminate error']);
    expect(lab.system.deadLetterCounts().byReason).toEqual({ crashed: 1, stopped: 2 });
    await lab.stop();
  });

  test('M5 a handler cut short by a kill has no further effects, and the next life starts clean', async () => {
    const diary = new Diary();
    const gate = deferred();
    const lab = await startLab(root([worker('a', { diary }), worker('b', { diary })]));
    const answer = lab.system.ask(lab.at('a'), { type: 'get' }, { deadlineMs: 1_000 });
    lab.tell(
      'a',
      act(async (ctx) => {
        ctx.tell(lab.at('b'), note('recorded'));
        ctx.timer('t', 10, note('ticked'));
        await gate.promise;
        ctx.tell(lab.at('b'), note('later'));
      }),
    );
    lab.system.exit(lab.at('a'), kill);
    gate.resolve();
    await lab.host.advance(100);
    expect(diary.lines).toEqual([]);
    expect(await answer).toMatchObject({ ok: true });
    expect(await lab.states()).toEqual(['a running', 'b running']);
    await lab.stop();
  });

  test('M6 a trapping process finishes its handler and what was queued before the request, then cleans up', async () => {
    const diary = new Diary();
    const gate = deferred();
    const lab = await startLab(root([worker('a', { trap: true, diary })]));
    lab.tell(
      'a',
      act(() => gate.promise.then(() => void diary.lines.push('handler done'))),
      note('queued before'),
    );
    const done = lab.system.terminateChild(lab.supervisor(), 'a');
    await lab.host.settle();
    lab.tell('a', note('queued behind'));
    gate.resolve();
    await done;
    expect(diary.lines).toEqual(['handler done', 'queued before', 'terminate shutdown']);
    await lab.stop();
  });

  test('M6 unless the shutdown time runs out first', async () => {
    const diary = new Diary();
    const gate = deferred();
    const lab = await startLab(root([worker('a', { trap: true, diary, shutdownMs: 100 })]));
    lab.tell(
      'a',
      act(() => gate.promise),
      note('queued before'),
    );
    lab.take();
    const done = lab.system.terminateChild(lab.supervisor(), 'a');
    await lab.host.advance(100);
    expect(lab.take()).toEqual(['exit a#1 killed']);
    gate.resolve();
    await done;
    expect(diary.lines).toEqual([]);
    await lab.stop();
  });

  test('M: the bound of a mailbox never applies to notices, exits, timers or stop requests', async () => {
    const diary = new Diary();
    const gate = deferred();
    const lab = await startLab(
      root([
        worker('w', { trap: true, diary, mailbox: { capacity: 1, overflow: 'drop_newest' } }),
        worker('t', { restart: 'temporary' }),
      ]),
    );
    lab.tell(
      'w',
      act((ctx) => {
        ctx.monitor(lab.at('t'));
        ctx.link(lab.at('t'));
        ctx.timer('k', 0, note('tick'));
      }),
    );
    lab.tell(
      'w',
      act(() => gate.promise),
    );
    lab.tell('w', note('fills it'), note('is dropped'));
    lab.tell('t', stopWith(error));
    const done = lab.system.terminateChild(lab.supervisor(), 'w');
    gate.resolve();
    await lab.host.settle();
    await done;
    expect(diary.lines.slice().sort()).toEqual([
      'down error',
      'exit error',
      'fills it',
      'terminate shutdown',
      'tick',
    ]);
    expect(diary.lines.at(-1)).toBe('terminate shutdown');
    await lab.stop();
  });
});

describe('N names', () => {
  const here = name<Order>('here');
  const registers = (id: string, options: Parameters<typeof worker>[1] = {}) =>
    worker(id, { starts: [(ctx) => (ctx.register(here), 'ok')], ...options });

  test('N1 a name is free when its process dies, and a restarted child that registers takes it again', async () => {
    const lab = await startLab(root([registers('a'), worker('s')]));
    lab.tell('a', crash);
    const answer = lab.system.ask(here, { type: 'get' }, { deadlineMs: 100 });
    await lab.host.settle();
    expect(await answer).toEqual({ ok: true, value: 'root/a#2' });
    await lab.system.terminateChild(lab.supervisor(), 'a');
    expect(lab.system.whereis(here)).toBeUndefined();
    await lab.stop();
  });

  test('N2 the name is free while the restart runs, and before anyone is told of the death', async () => {
    const seen: string[] = [];
    const lab = await startLab(
      root([
        worker('a', {
          starts: [
            (ctx) => {
              seen.push(String(ctx.whereis(here)?.path));
              ctx.register(here);
              return 'ok';
            },
          ],
        }),
      ]),
    );
    lab.system.trace((event) => {
      if (event.type === 'exited') seen.push(`exit ${String(lab.system.whereis(here)?.path)}`);
    });
    lab.tell('a', crash);
    expect(seen).toEqual(['undefined', 'exit undefined', 'undefined']);
    await lab.stop();
  });

  test('N2 a later sibling of a group restart finds the new incarnation in its init', async () => {
    const found: string[] = [];
    const lab = await startLab(
      root(
        [
          registers('a'),
          worker('b', {
            starts: [
              (ctx) => {
                ctx.ask(here, { type: 'get' }, { deadlineMs: 100 }, (outcome) =>
                  note(JSON.stringify(outcome)),
                );
                return 'ok';
              },
            ],
            diary: Object.assign(new Diary(), { lines: found }),
          }),
        ],
        { strategy: 'rest_for_one' },
      ),
    );
    lab.host.run();
    lab.tell('a', crash);
    expect(found).toEqual(['{"ok":true,"value":"root/a#1"}', '{"ok":true,"value":"root/a#2"}']);
    await lab.stop();
  });

  test('N3 a free name looks up to nothing, and sending to it is an error of the sender', async () => {
    const lab = await startLab(root([worker('s')]));
    lab.take();
    lab.tell(
      's',
      act((ctx) => ctx.tell(name<Order>('nobody'), note('x'))),
    );
    expect(lab.take()).toEqual(['exit s#1 error', 'start s#2']);
    expect(lab.recording.of('crashed')[0]?.error).toBeInstanceOf(NameNotFound);
    await lab.stop();
  });

  test('N4 registering a taken name fails with its holder; in a restart that is a failing start', async () => {
    const late = worker('late', { starts: ['ok', (ctx) => (ctx.register(here), 'ok')] });
    const lab = await startLab(root([registers('a'), late], { intensity: 2 }));
    const answer = await lab.system.startChild(lab.supervisor(), registers('b'));
    expect(answer).toMatchObject({
      value: { error: 'failed', reason: { error: { code: 'already_started', holder: { path: 'root/a' } } } },
    });
    lab.take();
    lab.tell('late', crash);
    expect(lab.take()).toEqual([
      'exit late#1 error',
      'fail late#2',
      'fail late#3',
      'exit a#1 shutdown',
      'exit root#1 shutdown',
    ]);
    await lab.stop();
  });

  test('N5 a start that fails after registering has released the name when its failure is reported', async () => {
    let tries = 0;
    const lab = await startLab(
      root([
        registers('a', {
          starts: [
            (ctx) => {
              ctx.register(here);
              return tries++ === 1 ? 'fail' : 'ok';
            },
          ],
        }),
      ]),
    );
    lab.take();
    lab.tell('a', crash);
    expect(lab.take()).toEqual(['exit a#1 error', 'fail a#2', 'start a#3']);
    await lab.stop();
  });

  test('N: a name of the spec belongs to the place and is kept over restarts (departure)', async () => {
    const lab = await startLab(root([worker('a', { name: here })]));
    lab.tell('a', crash);
    expect(lab.system.whereis(here)).toBe(lab.at('a'));
    await lab.system.terminateChild(lab.supervisor(), 'a');
    expect(lab.system.whereis(here)).toBe(lab.at('a'));
    expect(lab.at('a').tell(note('x'))).toBe('stopped');
    await lab.system.deleteChild(lab.supervisor(), 'a');
    expect(lab.system.whereis(here)).toBeUndefined();
    await lab.stop();
  });
});
