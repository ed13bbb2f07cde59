import { describe, expect, test } from '@jest/globals';
import { kill, killed, noproc, normal, shutdown, shutdownWith } from '../../../runtime/index.js';
import type { ExitReason } from '../../../runtime/index.js';
import { act, crash, Diary, error, note, stopWith, worker } from '../harness/child.js';
import { deferred, labelOf, startLab } from '../harness/lab.js';
import type { Lab } from '../harness/lab.js';
import { root } from '../harness/trees.js';

const temporary = { restart: 'temporary' } as const;
const link = (lab: Lab, from: string, to: string): void =>
  lab.tell(
    from,
    act((ctx) => ctx.link(lab.at(to))),
  );

/** `a` linked to `b`, and `b` to `c`; `c` may trap exits. */
async function chain(trap = false): Promise<{ lab: Lab; diary: Diary }> {
  const diary = new Diary();
  const lab = await startLab(
    root([worker('a', temporary), worker('b', temporary), worker('c', { ...temporary, trap, diary })]),
  );
  link(lab, 'a', 'b');
  link(lab, 'b', 'c');
  lab.take();
  return { lab, diary };
}

describe('K links and exit signals', () => {
  test.each<ExitReason>([shutdown, shutdownWith('x'), error, killed, noproc, { kind: 'kill' }])(
    'K1 an exit with %j takes linked processes along with the same reason, along the chain',
    async (reason) => {
      const { lab } = await chain();
      lab.tell('a', stopWith(reason));
      const label = labelOf(reason);
      expect(lab.take()).toEqual([`exit a#1 ${label}`, `exit b#1 ${label}`, `exit c#1 ${label}`]);
      await lab.stop();
    },
  );

  test('K1 a chain of ten thousand dies without a deep stack', async () => {
    const size = 10_000;
    const workers = Array.from({ length: size }, (_, at) => worker(`w${at}`, temporary));
    const lab = await startLab(root(workers));
    const refs = workers.map((_, at) => lab.system.handle(lab.system.root)?.ref ?? at);
    expect(refs).toHaveLength(size);
    const places = new Map(lab.recording.of('started').map(({ id, handle }) => [id, handle.ref]));
    for (let at = 1; at < size; at++) {
      const previous = places.get(`w${at - 1}`);
      if (previous !== undefined)
        (places.get(`w${at}`) as typeof previous & { tell(message: unknown): unknown }).tell(
          act((ctx) => ctx.link(previous)),
        );
    }
    lab.host.run();
    lab.take();
    const first = places.get('w0');
    if (first !== undefined) lab.system.exit(first, error);
    lab.host.run();
    const lines = lab.take();
    expect(lines).toHaveLength(size);
    expect(lines.at(-1)).toBe(`exit w${size - 1}#1 error`);
    await lab.stop();
  });

  test('K2 normal does not harm linked processes, nor does the signal normal another process', async () => {
    const { lab } = await chain();
    lab.tell('a', stopWith(normal));
    lab.tell(
      'b',
      act((ctx) => ctx.exit(lab.at('c'), normal)),
    );
    lab.system.exit(lab.at('c'), normal);
    expect(lab.take()).toEqual(['exit a#1 normal']);
    await lab.stop();
  });

  test('K3 a signal ends a process that does not trap, becomes a message for one that does, and needs no link', async () => {
    const diary = new Diary();
    const lab = await startLab(
      root([worker('a'), worker('b', temporary), worker('t', { trap: true, diary })]),
    );
    lab.take();
    lab.tell(
      'a',
      act((ctx) => ctx.exit(lab.at('b'), error)),
      act((ctx) => ctx.exit(lab.at('t'), error)),
    );
    expect(lab.take()).toEqual(['exit b#1 error']);
    expect(diary.take()).toEqual(['exit error']);
    expect(diary.signals[0]).toMatchObject({ from: { path: 'root/a', incarnation: 1 } });
    await lab.stop();
  });

  test('K3 only kill cannot be trapped, and a signal to a dead process does nothing', async () => {
    const diary = new Diary();
    const lab = await startLab(root([worker('t', { trap: true, diary, ...temporary }), worker('a')]));
    lab.take();
    const dead = lab.system.handle(lab.at('t'));
    lab.system.exit(lab.at('t'), kill);
    lab.host.run();
    expect(lab.take()).toEqual(['exit t#1 killed']);
    expect(diary.take()).toEqual([]);
    lab.tell(
      'a',
      act((ctx) => dead && ctx.exit(dead, error)),
    );
    expect(lab.take()).toEqual([]);
    await lab.stop();
  });

  test('K3 a signal to the handle of an old incarnation does not reach the new one', async () => {
    const lab = await startLab(root([worker('a'), worker('b')]));
    const old = lab.system.handle(lab.at('b'));
    lab.tell('b', crash);
    lab.take();
    lab.tell(
      'a',
      act((ctx) => old && ctx.exit(old, error)),
    );
    if (old !== undefined) lab.system.exit(old, kill);
    expect(lab.take()).toEqual([]);
    await lab.stop();
  });

  test('K4 a trapping process gets a message for every linked exit, normal included, and lives on', async () => {
    for (const reason of [normal, shutdown, error, killed]) {
      const { lab, diary } = await chain(true);
      lab.tell('b', stopWith(reason));
      expect(diary.take()).toEqual([`exit ${reason.kind}`]);
      expect(diary.signals[0]).toMatchObject({ from: { path: 'root/b', incarnation: 1 }, reason });
      await lab.stop();
    }
  });

  test('K4 the flag at the time of arrival decides', async () => {
    const { lab } = await chain(true);
    lab.tell(
      'c',
      act((ctx) => ctx.trapExits(false)),
    );
    lab.tell('b', stopWith(error));
    expect(lab.take()).toEqual(['exit b#1 error', 'exit a#1 error', 'exit c#1 error']);
    await lab.stop();
  });

  test('K5 the victim of the signal kill ends killed for everybody, which can be trapped', async () => {
    const { lab, diary } = await chain(true);
    lab.system.exit(lab.at('b'), kill);
    lab.host.run();
    expect(lab.take()).toEqual(['exit b#1 killed', 'exit a#1 killed']);
    expect(diary.take()).toEqual(['exit killed']);
    await lab.stop();
  });

  test('K5 a process that ends itself with kill exits with kill, which others can trap', async () => {
    const { lab, diary } = await chain(true);
    lab.tell('b', stopWith({ kind: 'kill' }));
    expect(lab.take()).toEqual(['exit b#1 kill', 'exit a#1 kill']);
    expect(diary.take()).toEqual(['exit kill']);
    await lab.stop();
  });

  test('K6 linking twice gives one notice, and either side may unlink', async () => {
    for (const unlinks of ['none', 'b', 'c']) {
      const { lab, diary } = await chain(true);
      link(lab, 'c', 'b');
      if (unlinks !== 'none')
        lab.tell(
          unlinks,
          act((ctx) => ctx.unlink(lab.at(unlinks === 'b' ? 'c' : 'b'))),
        );
      lab.tell('b', stopWith(error));
      expect(diary.take()).toEqual(unlinks === 'none' ? ['exit error'] : []);
      await lab.stop();
    }
  });

  test('K7 linking to a dead process: a trapping caller is told noproc, another one dies of it', async () => {
    const { lab, diary } = await chain(true);
    const dead = lab.at('a');
    lab.tell(
      'b',
      act((ctx) => ctx.unlink(dead)),
    );
    lab.tell('a', stopWith(normal));
    lab.take();
    lab.tell(
      'c',
      act((ctx) => ctx.link(dead)),
    );
    expect(diary.take()).toEqual(['exit noproc']);
    lab.tell(
      'b',
      act((ctx) => {
        ctx.unlink(lab.at('c'));
        ctx.link(dead);
      }),
    );
    expect(lab.take()).toEqual(['exit b#1 noproc']);
    await lab.stop();
  });

  test('K7 the handle of an old incarnation is dead, also when its place lives again', async () => {
    const lab = await startLab(root([worker('a'), worker('b', temporary)]));
    const old = lab.system.handle(lab.at('a'));
    lab.tell('a', crash);
    lab.take();
    lab.tell(
      'b',
      act((ctx) => old && ctx.link(old)),
    );
    expect(lab.take()).toEqual(['exit b#1 noproc']);
    await lab.stop();
  });

  test('K7, K8 what a turn recorded behind its own end is not carried out', async () => {
    const diary = new Diary();
    const lab = await startLab(
      root([worker('a', temporary), worker('b', { diary }), worker('gone', temporary)]),
    );
    const dead = lab.at('gone');
    lab.tell('gone', crash);
    lab.take();
    lab.tell(
      'a',
      act((ctx) => {
        ctx.tell(lab.at('b'), note('before'));
        ctx.link(dead);
        ctx.tell(lab.at('b'), note('after'));
        ctx.spawn(worker('child'));
      }),
    );
    expect(diary.take()).toEqual(['before']);
    expect(lab.take()).toEqual(['exit a#1 noproc']);
    await lab.stop();
  });

  test('K8 the signal normal from a process to itself does end it', async () => {
    const lab = await startLab(root([worker('a', temporary)]));
    lab.take();
    lab.tell(
      'a',
      act((ctx) => ctx.exit(ctx.self, normal)),
    );
    expect(lab.take()).toEqual(['exit a#1 normal']);
    await lab.stop();
  });

  test('K1 a signal that arrives while an async handler is in flight ends the process at once', async () => {
    const gate = deferred();
    const { lab } = await chain();
    lab.tell(
      'b',
      act(() => gate.promise),
    );
    lab.tell('a', stopWith(error));
    expect(lab.take()).toEqual(['exit a#1 error', 'exit b#1 error', 'exit c#1 error']);
    gate.reject(new Error('nobody hears this'));
    await lab.host.settle();
    await lab.stop();
  });

  test('K4 a trapping process finishes its handler in flight before it sees the exit', async () => {
    const gate = deferred();
    const { lab, diary } = await chain(true);
    lab.tell(
      'c',
      act(() => gate.promise),
      note('queued before'),
    );
    lab.tell('b', stopWith(error));
    expect(diary.take()).toEqual([]);
    gate.resolve();
    await lab.host.settle();
    expect(diary.take()).toEqual(['queued before', 'exit error']);
    await lab.stop();
  });
});
