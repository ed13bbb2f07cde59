/** Every path on which a message is not handled, and the way back. */
import { expect, test } from '@jest/globals';
import { kill } from '../../../runtime/index.js';
import { boom, gate, lettersOf, scripted, settled, step, world } from './scripted.js';
import type { World } from './scripted.js';

/** Each loses the message `lost` at `root/a`; told from outside unless `sender` says otherwise. */
const paths: readonly {
  readonly what: string;
  readonly reason: string;
  readonly sender?: string;
  readonly life?: number;
  readonly recipient?: string;
  readonly by: (given: World) => Promise<void> | void;
}[] = [
  {
    what: 'told by an actor to a full mailbox',
    reason: 'mailbox_full',
    sender: 'root/b',
    by: ({ system, ref }) => {
      system.suspend(ref('a'));
      ref('a').tell(step('1'));
      ref('a').tell(step('2'));
      ref('b').tell(step('send', (ctx) => ctx.tell(ref('a'), step('lost'))));
    },
  },
  {
    what: 'told from outside to one that has stopped',
    reason: 'stopped',
    by: async ({ host, ref }) => {
      ref('a').tell(step('stop', (ctx) => ctx.stop()));
      await host.settle();
      ref('a').tell(step('lost'));
    },
  },
  {
    what: 'told by an actor to one that has stopped',
    reason: 'stopped',
    sender: 'root/b',
    by: async ({ host, ref }) => {
      ref('a').tell(step('stop', (ctx) => ctx.stop()));
      await host.settle();
      ref('b').tell(step('send', (ctx) => ctx.tell(ref('a'), step('lost'))));
    },
  },
  {
    what: 'told to a handle whose incarnation is over',
    reason: 'stopped',
    sender: 'root/b',
    life: 2,
    by: async ({ host, system, ref }) => {
      const old = system.handle(ref('a'));
      ref('a').tell(step('handled before'));
      system.exit(ref('a'), kill);
      await host.settle();
      if (old !== undefined) ref('b').tell(step('send', (ctx) => ctx.tell(old, step('lost') as never)));
    },
  },
  {
    what: 'waiting when its actor stops',
    reason: 'stopped',
    sender: 'root/b',
    by: async ({ host, system, ref }) => {
      system.suspend(ref('a'));
      ref('b').tell(step('send', (ctx) => ctx.tell(ref('a'), step('lost'))));
      await host.settle();
      void system.terminateChild(system.root as never, 'a');
    },
  },
  {
    what: 'crashing its actor',
    reason: 'crashed',
    sender: 'root/b',
    by: ({ ref }) => void ref('b').tell(step('send', (ctx) => ctx.tell(ref('a'), boom('lost')))),
  },
  {
    what: 'crashing its actor later',
    reason: 'crashed',
    by: ({ ref }) => void ref('a').tell(step('lost', () => Promise.reject(new Error('later')))),
  },
  {
    what: 'in flight when its actor is killed',
    reason: 'crashed',
    by: async ({ host, system, ref }) => {
      ref('a').tell(step('lost', () => gate().promise));
      await host.settle();
      system.exit(ref('a'), kill);
    },
  },
  {
    what: 'in flight when its actor is stopped',
    reason: 'stopped',
    by: async ({ host, system, ref }) => {
      ref('a').tell(step('lost', () => gate().promise));
      await host.settle();
      void system.terminateChild(system.root as never, 'a');
    },
  },
  {
    what: 'expired',
    reason: 'expired',
    by: async ({ host, system, ref }) => {
      system.suspend(ref('a'));
      ref('a').tell(step('lost'), { expiresInMs: 5 });
      await host.advance(5);
      system.resume(ref('a'));
    },
  },
  {
    what: 'asked of one that dies before its turn',
    reason: 'ask_failed',
    life: 2,
    by: async ({ host, system, ref }) => {
      system.suspend(ref('a'));
      void system.ask(ref('a'), step('lost'), { deadlineMs: 1_000 });
      system.exit(ref('a'), kill);
      await host.settle();
    },
  },
  {
    what: 'told to a supervisor',
    reason: 'not_understood',
    recipient: 'root',
    by: ({ system }) => void system.root.tell(step('lost') as never),
  },
];

test.each(paths)(
  'hazard 97: $what, a message becomes one dead letter with true recipient, sender and reason',
  async ({ reason, sender, life = 1, recipient = 'root/a', by }) => {
    const given = await world([
      scripted('a', {}, { restart: 'transient', mailbox: { capacity: 2 } }),
      scripted('b'),
    ]);
    await by(given);
    await given.host.settle();
    const letters = given.system
      .deadLetters()
      .filter(({ message }) => (message as { type: string }).type === 'lost');
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatchObject({ reason, sender, recipient, incarnation: life });
    expect(given.system.deadLetterCounts().byReason).toMatchObject({ [reason]: 1 });
  },
);

test.each(['drop_oldest', 'drop_newest'] as const)(
  'hazard 97: the bound with %s tells what it took',
  async (overflow) => {
    const { host, system, ref } = await world([
      scripted('a', {}, { mailbox: { capacity: 1, overflow } }),
      scripted('b'),
    ]);
    system.suspend(ref('a'));
    for (const type of ['first', 'second'])
      ref('b').tell(step('send', (ctx) => ctx.tell(ref('a'), step(type))));
    await host.settle();
    expect(system.deadLetters()).toMatchObject([
      overflow === 'drop_oldest'
        ? { reason: 'dropped_oldest', sender: 'root/b', message: { type: 'first' } }
        : { reason: 'dropped_newest', sender: 'root/b', message: { type: 'second' } },
    ]);
  },
);

test('hazard 37: a message that is handed back to its caller is counted, and no dead letter', async () => {
  const { system, ref } = await world([scripted('a', {}, { mailbox: { capacity: 1 } })]);
  system.suspend(ref('a'));
  expect([ref('a').tell(step('1')), ref('a').tell(step('2'))]).toEqual(['accepted', 'full']);
  expect(system.inspect(ref('a'))).toMatchObject({ accepted: 1, refused: 1, lost: 0 });
  expect(system.deadLetterCounts().total).toBe(0);
});

test('hazard 98: what an observer of dead letters does wrong makes no further dead letters', async () => {
  const { host, system, ref } = await world([
    scripted('a'),
    scripted('observer', {}, { restart: 'temporary' }),
  ]);
  const observer = ref('observer');
  observer.tell(step('stop', (ctx) => ctx.stop()));
  await host.settle();
  let told = 0;
  system.trace(({ type }) => {
    if (type === 'dead_letter' && told++ < 100) throw new Error('an observer that fails');
  });
  observer.tell(step('to nobody'));
  expect(system.deadLetterCounts().total).toBe(1);
  expect(told).toBe(1);
});

test('hazard 99: a message that crashed its actor is recorded once, with the errors of all its attempts', async () => {
  const { host, system, ref, story } = await world([scripted('a', {}, { attempts: 3 })]);
  let attempt = 0;
  ref('a').tell(
    step('poison', () => {
      throw new Error(`attempt ${++attempt}`);
    }),
  );
  ref('a').tell(step('behind'));
  await host.settle();
  expect(system.deadLetters()).toMatchObject([
    { reason: 'crashed', attempts: 3, errors: [1, 2, 3].map((n) => ({ message: `attempt ${n}` })) },
  ]);
  expect(story('crashed')).toHaveLength(3);
  expect(system.inspect(ref('a'))).toMatchObject({ accepted: 2, handled: 1, lost: 1 });
});

test('hazard 100: two equal messages are two letters, and redriving one says nothing of the other', async () => {
  const log: string[] = [];
  const { host, system, ref } = await world([scripted('a', { log })]);
  let broken = true;
  const same = step('same', () => {
    if (broken) throw new Error('broken');
  });
  ref('a').tell(same);
  ref('a').tell(same);
  await host.settle();
  broken = false;
  const [first, second] = system.deadLetters().map(({ id }) => id);
  expect(first).not.toBe(second);
  expect(system.redrive(second ?? 0)).toBe('accepted');
  await host.settle();
  expect(system.deadLetters().map(({ id }) => id)).toEqual([first]);
  expect(log).toEqual(['same']);
  expect(system.redrive(second ?? 0)).toBe('not_found');
});

test('hazard 102: a letter that fails again keeps its id and sender, and its attempts add up', async () => {
  const { host, system, ref } = await world([scripted('a'), scripted('b')]);
  ref('b').tell(step('send', (ctx) => ctx.tell(ref('a'), boom('poison'))));
  await host.settle();
  const [before] = system.deadLetters();
  for (let again = 2; again < 5; again++) {
    expect(system.redrive(before?.id ?? 0)).toBe('accepted');
    expect(system.deadLetters()).toEqual([]);
    await host.settle();
    expect(system.deadLetters()).toMatchObject([
      { id: before?.id, sender: 'root/b', reason: 'crashed', attempts: again },
    ]);
  }
  expect(system.deadLetters()[0]?.errors).toHaveLength(4);
});

test('hazard 103: a redrive that finds no room, nobody, or no letter is refused and keeps the letter', async () => {
  const { host, system, ref } = await world([
    scripted('a', {}, { mailbox: { capacity: 1 } }),
    scripted('gone', {}, { restart: 'temporary' }),
    scripted('drops', {}, { mailbox: { capacity: 1, overflow: 'drop_newest' } }),
  ]);
  for (const path of ['a', 'gone', 'drops']) ref(path).tell(boom(path));
  await host.settle();
  const [a, gone, drops] = system.deadLetters().map(({ id }) => id);
  for (const path of ['a', 'drops']) {
    system.suspend(ref(path));
    ref(path).tell(step('fills'));
  }
  expect(system.redrive(a ?? 0)).toBe('full');
  expect(system.redrive(gone ?? 0)).toBe('stopped');
  expect(system.redrive(drops ?? 0)).toBe('accepted');
  expect(system.redrive(999)).toBe('not_found');
  expect(system.deadLetters().map(({ id }) => id)).toEqual([a, gone, drops]);
});

test('hazard 108: what is over the capacity is counted as aged out, oldest first', async () => {
  const { host, system, ref } = await world([scripted('a', {}, { restart: 'temporary' })], {
    system: { deadLetters: 3 },
  });
  const a = ref('a');
  a.tell(step('stop', (ctx) => ctx.stop()));
  await host.settle();
  for (let i = 1; i <= 5; i++) a.tell(step(`m${i}`));
  expect(lettersOf(system)).toEqual(['stopped m3', 'stopped m4', 'stopped m5']);
  expect(system.deadLetterCounts()).toEqual({ total: 5, agedOut: 2, byReason: { stopped: 5 } });
});

test('hazard 109: capture never throws into the sender, whoever watches', async () => {
  const { host, system, ref } = await world([scripted('a', {}, { restart: 'temporary' })]);
  const a = ref('a');
  a.tell(step('stop', (ctx) => ctx.stop()));
  await host.settle();
  system.trace(() => {
    throw new Error('every event');
  });
  expect(a.tell(step('lost'))).toBe('stopped');
  expect(lettersOf(system)).toEqual(['stopped lost']);
});

test('hazard 71: what shutdown drops is in the dead letters, each with its reason', async () => {
  const { host, system, ref } = await world([scripted('a'), scripted('b')]);
  system.suspend(ref('a'));
  ref('a').tell(step('waits'));
  ref('b').tell(step('in flight', () => gate().promise));
  await host.settle();
  const stopping = system.stop();
  await host.advance(5_000);
  expect(await stopping).toMatchObject({ ok: false, orphans: ['root/b'], drained: false });
  expect(lettersOf(system)).toEqual(['stopped in flight', 'stopped waits']);
});

test('a root that is an actor turns its mail into dead letters when it ends', async () => {
  const given = await world([scripted('a')]);
  given.ref('a').tell(boom('x'));
  await given.host.settle();
  const { System } = await import('../../../runtime/system.js');
  const { SimulationHost } = await import('../../../runtime/testing/simulation-host.js');
  const host = new SimulationHost();
  const system = await settled(host, System.start(scripted('alone'), { host }));
  system.root.tell(boom() as never);
  system.root.tell(step('behind') as never);
  await host.settle();
  expect(await system.exited).toMatchObject({ kind: 'error' });
  expect(system.root.tell(step('after') as never)).toBe('stopped');
  expect(lettersOf(system)).toEqual(['crashed boom', 'stopped behind', 'stopped after']);
});
