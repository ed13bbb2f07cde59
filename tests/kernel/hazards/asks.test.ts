/** Asks settle once, in time, and leave nothing behind. */
import { expect, test } from '@jest/globals';
import { kill } from '../../../runtime/index.js';
import type { AskOutcome, ReplyTo } from '../../../runtime/index.js';
import { boom, gate, lettersOf, scripted, settled, step, world } from './scripted.js';

const answer = (value: unknown) => step('question', (ctx) => ctx.reply(step('question'), value));
const silent = step('silent');

test.each([0, -1, NaN, Infinity])(
  'hazard 80: an ask with a deadline of %p is refused at the call, and nothing waits then',
  async (deadlineMs) => {
    const { host, system, ref, story } = await world([scripted('a'), scripted('b')]);
    expect(() => system.ask(ref('a'), silent, { deadlineMs })).toThrow(RangeError);
    ref('b').tell(step('ask', (ctx) => ctx.ask(ref('a'), silent, { deadlineMs }, () => step('never'))));
    await host.settle();
    expect(story('crashed')).toEqual(['crashed root/b']);
    expect(system.census()).toMatchObject({ asks: 0, timers: 0 });
  },
);

test.each([0, -1, NaN, Infinity])(
  'hazard 80: an offer with a deadline of %p is refused',
  async (deadlineMs) => {
    const { host, system, ref } = await world([scripted('a', {}, { mailbox: { capacity: 1 } })]);
    await expect(ref('a').offer(silent, { deadlineMs })).rejects.toThrow(RangeError);
    expect(() => system.stop({ deadlineMs })).toThrow(RangeError);
    // No timer of ours is silenced by it.
    const asked = system.ask(ref('a'), silent, { deadlineMs: 5 });
    await host.advance(5);
    expect(await asked).toEqual({ ok: false, reason: { type: 'timeout' } });
  },
);

test.each([NaN, -1, 0])('hazard 80: a message that expires in %p ms has expired', async (expiresInMs) => {
  const { host, system, ref } = await world([scripted('a'), scripted('b')]);
  ref('a').tell(step('outside'), { expiresInMs });
  ref('b').tell(step('send', (ctx) => ctx.tell(ref('a'), step('inside'), { expiresInMs })));
  await host.settle();
  expect(lettersOf(system)).toEqual(['expired outside', 'expired inside']);
});

test('hazard 81: asking a place where nothing runs fails at once, as does asking one that dies first', async () => {
  const { host, system, ref } = await world([
    scripted('temporary', {}, { restart: 'temporary' }),
    scripted('a'),
  ]);
  const temporary = ref('temporary');
  const old = system.handle(ref('a'));
  const waiting = [
    system.ask(temporary, silent, { deadlineMs: 60_000 }),
    system.ask(temporary, boom(), { deadlineMs: 60_000 }),
    system.ask(temporary, answer('never'), { deadlineMs: 60_000 }),
  ];
  ref('a').tell(boom());
  await host.settle();
  const exit = { ok: false, reason: { type: 'exit', reason: { kind: 'error' } } };
  expect(await Promise.all(waiting)).toMatchObject([exit, exit, exit]);
  const late = [temporary, { name: 'nobody' }, old ?? temporary] as const;
  for (const target of late)
    expect(await system.ask(target as never, silent as never, { deadlineMs: 60_000 })).toEqual({
      ok: false,
      reason: { type: 'noproc' },
    });
  expect(host.nowMs).toBe(0);
  expect(system.census()).toMatchObject({ asks: 0, timers: 0 });
});

test('hazard 81: an ask of a stopping actor fails with the reason of its end, not with its deadline', async () => {
  const hook = gate();
  const { host, system, ref } = await world([scripted('a', { terminate: () => hook.promise })]);
  ref('a').tell(step('stop', (ctx) => ctx.stop()));
  await host.settle();
  const asked = system.ask(ref('a'), silent, { deadlineMs: 60_000 });
  hook.open();
  expect(await settled(host, asked)).toEqual({
    ok: false,
    reason: { type: 'exit', reason: { kind: 'normal' } },
  });
});

test('hazard 81: an actor that asks itself, a full mailbox or nobody is told at once', async () => {
  const outcomes: string[] = [];
  const { host, ref, system } = await world([
    scripted('a'),
    scripted('full', {}, { mailbox: { capacity: 1 } }),
  ]);
  system.suspend(ref('full'));
  ref('full').tell(step('first'));
  const note = (outcome: AskOutcome<unknown>) =>
    step('noted', () => outcomes.push(outcome.ok ? 'ok' : outcome.reason.type));
  ref('a').tell(
    step('asks', (ctx) => {
      for (const target of [ctx.self, ref('full'), { name: 'nobody' }])
        ctx.ask(target, silent, { deadlineMs: 60_000 }, note);
    }),
  );
  await host.settle();
  expect(outcomes).toEqual(['calling_self', 'mailbox_full', 'noproc']);
  expect(lettersOf(system)).toEqual([]);
});

test('hazard 82: the caller can give an ask up; its answer, late or second, is counted and goes nowhere', async () => {
  const cancel = new AbortController();
  const waiting = gate();
  const { host, system, ref } = await world([scripted('a')]);
  const asked = system.ask(
    ref('a'),
    step('slow', async (ctx) => {
      await waiting.promise;
      ctx.reply(step('slow'), 'late');
    }),
    { deadlineMs: 60_000, signal: cancel.signal },
  );
  await host.settle();
  cancel.abort();
  expect(await settled(host, asked)).toEqual({ ok: false, reason: { type: 'cancelled' } });
  waiting.open();
  await host.settle();
  expect(system.census()).toMatchObject({ asks: 0, lateReplies: 1, timers: 0 });
  const twice = step('twice', (ctx) => {
    ctx.reply(step('twice'), 'first');
    ctx.reply(step('twice'), 'second');
  });
  expect(await settled(host, system.ask(ref('a'), twice, { deadlineMs: 1 }))).toEqual({
    ok: true,
    value: 'first',
  });
  expect(system.census().lateReplies).toBe(2);
  expect(await system.ask(ref('a'), silent, { deadlineMs: 1, signal: cancel.signal })).toEqual({
    ok: false,
    reason: { type: 'cancelled' },
  });
});

test('hazard 82: a signal that outlives many asks keeps no listener of theirs', async () => {
  const cancel = new AbortController();
  let listening = 0;
  const { signal } = cancel;
  const counted = Object.assign(Object.create(signal) as AbortSignal, {
    addEventListener: () => (listening += 1),
    removeEventListener: () => (listening -= 1),
  });
  Object.defineProperty(counted, 'aborted', { value: false });
  const { host, system, ref } = await world([scripted('a')]);
  for (let i = 0; i < 10; i++)
    await settled(host, system.ask(ref('a'), answer(i), { deadlineMs: 1, signal: counted }));
  expect(listening).toBe(0);
});

test('hazard 83: of two deadlines the shorter inner one is met first, and its outcome reaches the outer caller', async () => {
  const { host, system, ref } = await world([scripted('outer'), scripted('inner')]);
  const asked = system.ask(
    ref('outer'),
    step('nested', (ctx) => {
      const to = ctx.deferReply(step('nested'));
      ctx.ask(ref('inner'), silent, { deadlineMs: 900 }, (outcome) =>
        step('outcome', (later) =>
          later.replyTo(to, outcome.ok ? 'answered' : `inner ${outcome.reason.type}`),
        ),
      );
    }),
    { deadlineMs: 1_000 },
  );
  await host.advance(1_000);
  expect(await asked).toEqual({ ok: true, value: 'inner timeout' });
});

test('hazard 84: the right to answer is good from a later turn and from a child, and void after the asked one died', async () => {
  const { host, system, ref } = await world([scripted('a')]);
  let kept: ReplyTo<unknown> | undefined;
  const asked = system.ask(
    ref('a'),
    step('defer', (ctx) => {
      const to = ctx.deferReply(step('defer'));
      kept = to;
      const child = ctx.spawn(scripted('child'));
      ctx.tell(
        child,
        step('answer', (own) => own.replyTo(to, 'from the child')),
      );
    }),
    { deadlineMs: 1_000 },
  );
  expect(await settled(host, asked)).toEqual({ ok: true, value: 'from the child' });
  const lost = system.ask(
    ref('a'),
    step('defer', (ctx) => (kept = ctx.deferReply(step('defer')))),
    { deadlineMs: 1_000 },
  );
  await host.settle();
  system.exit(ref('a'), kill);
  ref('a').tell(step('too late', (ctx) => kept !== undefined && ctx.replyTo(kept, 'of the next life')));
  expect(await settled(host, lost)).toMatchObject({ ok: false, reason: { type: 'exit' } });
  expect(system.census().lateReplies).toBe(1);
});

test('hazard 85: an answer that is an error is an answer', async () => {
  const { host, system, ref } = await world([scripted('a')]);
  const error = new Error('a value');
  expect(await settled(host, system.ask(ref('a'), answer(error), { deadlineMs: 1 }))).toEqual({
    ok: true,
    value: error,
  });
});

test('an ask is measured from its own time, however long nothing had happened before', async () => {
  const outcomes: boolean[] = [];
  const { host, system, ref } = await world([scripted('a'), scripted('b')]);
  const answersLater = step('question', (ctx) => {
    const to = ctx.deferReply(step('question'));
    ctx.timer(
      'answer',
      50,
      step('answer', (own) => own.replyTo(to, 1)),
    );
  });
  const asks = step('asks', (ctx) =>
    ctx.ask(ref('a'), answersLater, { deadlineMs: 100 }, ({ ok }) => step('got', () => outcomes.push(ok))),
  );
  ref('b').tell(step('set', (ctx) => ctx.timer('later', 60_000, asks)));
  await host.settle();
  // A look at an idle system reads its clock, and nothing follows that would use the reading.
  system.inspect(ref('a'));
  await host.advance(60_000);
  await host.advance(50);
  expect(outcomes).toEqual([true]);
});
