import { describe, expect, test } from '@jest/globals';
import { kill, name, normal, shutdownWith } from '../../../runtime/index.js';
import type { ExitReason, Target } from '../../../runtime/index.js';
import { act, crash, Diary, error, note, stopWith, worker } from '../harness/child.js';
import type { Order } from '../harness/child.js';
import { deferred, startLab } from '../harness/lab.js';
import type { Lab } from '../harness/lab.js';
import { root } from '../harness/trees.js';

const here = name<Order>('here');

/** A caller `c` with a diary, and a server `s`. */
async function parties(): Promise<{ lab: Lab; diary: Diary }> {
  const diary = new Diary();
  const lab = await startLab(
    root([worker('c', { diary }), worker('s', { starts: [(ctx) => (ctx.register(here), 'ok')] })]),
  );
  lab.take();
  return { lab, diary };
}
/** `c` asks; the outcome comes back as a message. */
const call = (lab: Lab, target: Target<Order>, type: 'get' | 'hold' = 'get', deadlineMs = 100): void =>
  lab.tell(
    'c',
    act((ctx) => ctx.ask(target, { type }, { deadlineMs }, (outcome) => ({ type: 'outcome', outcome }))),
  );

describe('O calls', () => {
  test('O1 the reply goes to the caller, and a call by name reaches whoever holds it at sending time', async () => {
    const { lab, diary } = await parties();
    call(lab, here);
    lab.tell('s', crash);
    call(lab, here);
    expect(diary.outcomes).toEqual([
      { ok: true, value: 'root/s#1' },
      { ok: true, value: 'root/s#2' },
    ]);
    await lab.stop();
  });

  test('O2 without a reply in time the outcome is timeout; the server is unharmed and still handles the request', async () => {
    const { lab, diary } = await parties();
    const gate = deferred();
    lab.tell(
      's',
      act(() => gate.promise),
    );
    call(lab, lab.at('s'));
    await lab.host.advance(99);
    expect(diary.outcomes).toEqual([]);
    await lab.host.advance(1);
    expect(diary.outcomes).toEqual([{ ok: false, reason: { type: 'timeout' } }]);
    gate.resolve();
    await lab.host.settle();
    expect(lab.system.inspect(lab.at('s'))).toMatchObject({ handled: 2, incarnation: 1 });
    expect(lab.take()).toEqual([]);
    await lab.stop();
  });

  test('O3 a reply after the timeout never shows up at the caller, and is counted', async () => {
    const { lab, diary } = await parties();
    const gate = deferred();
    lab.tell(
      's',
      act(() => gate.promise),
    );
    call(lab, lab.at('s'));
    await lab.host.advance(100);
    gate.resolve();
    await lab.host.settle();
    expect(diary.outcomes).toHaveLength(1);
    expect(lab.system.census().lateReplies).toBe(1);
    await lab.stop();
  });

  test('O4 a call to a dead handle, a dead place or a free name fails at once with noproc', async () => {
    const { lab, diary } = await parties();
    const old = lab.system.handle(lab.at('s'));
    lab.tell('s', crash);
    if (old !== undefined) call(lab, old as never);
    call(lab, name<Order>('nobody'));
    const place = lab.at('s');
    await lab.system.terminateChild(lab.supervisor(), 's');
    call(lab, place);
    expect(diary.outcomes).toEqual(Array(3).fill({ ok: false, reason: { type: 'noproc' } }));
    expect(await lab.system.ask(place, { type: 'get' }, { deadlineMs: 1 })).toEqual({
      ok: false,
      reason: { type: 'noproc' },
    });
    await lab.stop();
  });

  test.each<ExitReason>([normal, shutdownWith('x'), error, { kind: 'killed' }])(
    'O5 when the server dies the call fails at once with its reason %j, and is not passed on',
    async (reason) => {
      const { lab, diary } = await parties();
      const gate = deferred();
      lab.tell(
        's',
        act((ctx) => gate.promise.then(() => ctx.stop(reason))),
      );
      call(lab, lab.at('s'));
      call(lab, lab.at('s'), 'hold');
      gate.resolve();
      await lab.host.settle();
      expect(diary.outcomes).toEqual(Array(2).fill({ ok: false, reason: { type: 'exit', reason } }));
      expect(lab.system.inspect(lab.at('s'))).toMatchObject({ incarnation: 2, handled: 1 });
      await lab.stop();
    },
  );

  test('O5 also while the server is handling the request itself', async () => {
    const { lab, diary } = await parties();
    call(lab, lab.at('s'), 'hold');
    lab.system.exit(lab.at('s'), kill);
    await lab.host.settle();
    expect(diary.outcomes).toEqual([{ ok: false, reason: { type: 'exit', reason: { kind: 'killed' } } }]);
    await lab.stop();
  });

  test('O6 a process that calls itself is refused', async () => {
    const { lab, diary } = await parties();
    call(lab, lab.at('c'));
    expect(diary.outcomes).toEqual([{ ok: false, reason: { type: 'calling_self' } }]);
    await lab.stop();
  });

  test('O: a caller that dies first is not answered, nor is its next life', async () => {
    const { lab, diary } = await parties();
    const gate = deferred();
    lab.tell(
      's',
      act(() => gate.promise),
    );
    call(lab, lab.at('s'));
    lab.tell('c', stopWith(error));
    gate.resolve();
    await lab.host.advance(200);
    expect(diary.outcomes).toEqual([]);
    expect(lab.system.census().asks).toBe(0);
    lab.tell('c', note('alive'));
    expect(diary.lines.at(-1)).toBe('alive');
    await lab.stop();
  });

  test('O: two actors that ask each other do not deadlock, for nobody waits in a turn', async () => {
    const { lab, diary } = await parties();
    call(lab, lab.at('s'));
    lab.tell(
      's',
      act((ctx) =>
        ctx.ask(lab.at('c'), { type: 'get' }, { deadlineMs: 100 }, (outcome) => ({
          type: 'outcome',
          outcome,
        })),
      ),
    );
    expect(diary.outcomes).toEqual([{ ok: true, value: 'root/s#1' }]);
    await lab.stop();
  });
});
