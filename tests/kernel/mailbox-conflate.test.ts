/** What a conflating mailbox keeps of a message: all of it, and nothing of the one it replaced. */
import { expect, test } from '@jest/globals';
import { boom, lettersOf, scripted, settled, step, world } from './hazards/scripted.js';
import type { Step } from './hazards/scripted.js';

const conflating = (capacity = 10, key: (message: Step) => string = ({ type }) => type.charAt(0)) =>
  ({ mailbox: { capacity, overflow: 'conflate', key } }) as const;

test('hazard 37: a replaced message is a dead letter with its own sender, whoever replaced it', async () => {
  const { host, system, ref } = await world([scripted('a', {}, conflating()), scripted('b')]);
  system.suspend(ref('a'));
  ref('a').tell(step('k1'));
  ref('b').tell(step('relay', (ctx) => ctx.tell(ref('a'), step('k2'))));
  await host.settle();
  ref('a').tell(step('k3'));
  expect(system.deadLetters()).toMatchObject([
    { reason: 'conflated', sender: undefined, message: { type: 'k1' } },
    { reason: 'conflated', sender: 'root/b', message: { type: 'k2' } },
  ]);
});

test('hazard 81: an ask that was replaced fails at once, and its answer never goes to another', async () => {
  const { host, system, ref } = await world([scripted('a', {}, conflating())]);
  system.suspend(ref('a'));
  const first = system.ask(ref('a'), step('k1'), { deadlineMs: 1_000 });
  ref('a').tell(step('k2', (ctx) => ctx.reply(step('k2'), 'stray')));
  expect(await settled(host, first)).toEqual({ ok: false, reason: { type: 'mailbox_full' } });
  const second = system.ask(
    ref('a'),
    step('k3', (ctx) => ctx.reply(step('k3'), 'mine')),
    { deadlineMs: 1_000 },
  );
  system.resume(ref('a'));
  expect(await settled(host, second)).toEqual({ ok: true, value: 'mine' });
  expect(system.census()).toMatchObject({ asks: 0, lateReplies: 0 });
});

test.each(['drop_oldest', 'drop_newest'] as const)(
  'hazard 81: an ask that %s takes fails at once',
  async (overflow) => {
    const { host, system, ref } = await world([scripted('a', {}, { mailbox: { capacity: 1, overflow } })]);
    system.suspend(ref('a'));
    const asked = ['first', 'second'].map((type) => system.ask(ref('a'), step(type), { deadlineMs: 1_000 }));
    const lost = overflow === 'drop_oldest' ? 0 : 1;
    expect(await settled(host, asked[lost] ?? Promise.reject(new Error('none')))).toEqual({
      ok: false,
      reason: { type: 'mailbox_full' },
    });
    expect(system.census().asks).toBe(1);
  },
);

test('a message that replaces one waiting for its second attempt has all attempts of its own', async () => {
  const stops: (() => void)[] = [];
  const { host, system, ref } = await world([
    scripted(
      'a',
      { init: (_ctx, life) => (life === 1 ? undefined : new Promise<void>((open) => stops.push(open))) },
      { ...conflating(), attempts: 2 },
    ),
  ]);
  ref('a').tell(boom('k1'));
  await host.settle();
  ref('a').tell(boom('k2'));
  expect(lettersOf(system)).toEqual(['crashed k1']);
  stops[0]?.();
  await host.settle();
  stops[1]?.();
  await host.settle();
  expect(system.deadLetters()).toMatchObject([
    { reason: 'crashed', attempts: 1, message: { type: 'k1' } },
    { reason: 'crashed', attempts: 2, message: { type: 'k2' } },
  ]);
});

test('a replacing message has its own expiry and its own age', async () => {
  const log: string[] = [];
  const { host, system, ref } = await world([
    scripted('a', { log }, { mailbox: { ...conflating().mailbox, expiryMs: 50 } }),
  ]);
  system.suspend(ref('a'));
  ref('a').tell(step('k1'), { expiresInMs: 10 });
  ref('a').tell(step('x1'));
  await host.advance(40);
  ref('a').tell(step('k2'));
  await host.advance(40);
  system.resume(ref('a'));
  await host.settle();
  expect(log).toEqual(['k2']);
  expect(lettersOf(system)).toEqual(['conflated k1', 'expired x1']);
});

test('hazard 36: a key function that throws costs its message, not the turn or the call of its sender', async () => {
  const log: string[] = [];
  const { host, system, ref, story } = await world([
    scripted(
      'a',
      {},
      conflating(10, () => {
        throw new Error('no key');
      }),
    ),
    scripted('b', { log }),
  ]);
  expect(ref('a').tell(step('k1'))).toBe('accepted');
  ref('b').tell(
    step('sends', (ctx) => {
      ctx.tell(ref('a'), step('k2'));
      ctx.tell(ref('b'), step('after'));
    }),
  );
  ref('b').tell(step('behind'));
  await host.settle();
  expect(log).toEqual(['sends', 'behind', 'after']);
  expect(lettersOf(system)).toEqual(['not_understood k1', 'not_understood k2']);
  expect(story('kernel_error')).toEqual(['kernel_error root/a', 'kernel_error root/a']);
  expect(system.inspect(ref('a'))).toMatchObject({ accepted: 2, lost: 2, handled: 0 });
});

test('hazard 49: a backlog is told once for each doubling, of conflated mail as well', async () => {
  for (const overflow of ['reject', 'conflate'] as const) {
    const mailbox = {
      capacity: 1_000,
      overflow,
      ...(overflow === 'conflate' ? { key: (m: Step) => m.type } : {}),
    };
    const { system, ref, events } = await world([scripted('a', {}, { mailbox })]);
    system.suspend(ref('a'));
    for (let i = 0; i < 600; i++) ref('a').tell(step(`m${i}`));
    const told = events.flatMap((event) => (event.type === 'backlog' ? [event.depth] : []));
    expect(told).toEqual([128, 256, 512]);
  }
});
