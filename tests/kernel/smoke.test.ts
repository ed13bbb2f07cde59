import { expect, test } from '@jest/globals';
import { child, startTree, supervisor } from '../../runtime/index.js';
import type { KernelEvent, Ref, Replies } from '../../runtime/index.js';

type CounterMsg = { type: 'add'; by: number } | ({ type: 'get' } & Replies<number>) | { type: 'boom' };

const counter = (id: string) =>
  child<number, CounterMsg, number>({
    id,
    behavior: {
      init: (start) => start,
      handle(state, message, ctx) {
        switch (message.type) {
          case 'add':
            return state + message.by;
          case 'get':
            ctx.reply(message, state);
            return state;
          case 'boom':
            throw new Error('boom');
        }
      },
    },
    args: 10,
    mailbox: { capacity: 100 },
  });

test('a crashed counter starts again from its arguments and keeps the mail behind the crash', async () => {
  const events: KernelEvent[] = [];
  const system = await startTree(
    supervisor('root', { strategy: 'one_for_one', intensity: 1, periodMs: 5_000 }, [counter('a')]),
    { subscribers: [(event) => events.push(event)] },
  );
  const a = system.find('root/a') as Ref<CounterMsg>;
  a.tell({ type: 'add', by: 5 });
  expect(await system.ask(a, { type: 'get' }, { deadlineMs: 1_000 })).toEqual({ ok: true, value: 15 });
  a.tell({ type: 'boom' });
  a.tell({ type: 'add', by: 1 });
  await system.quiescent();
  expect(await system.ask(a, { type: 'get' }, { deadlineMs: 1_000 })).toEqual({ ok: true, value: 11 });
  expect(await system.countChildren(system.root as never)).toEqual({
    ok: true,
    value: { specs: 1, active: 1, supervisors: 0, workers: 1 },
  });
  expect(events.map((event) => event.type)).toEqual([
    'started',
    'started',
    'crashed',
    'dead_letter',
    'exited',
    'restarting',
    'started',
  ]);
  const report = await system.stop();
  expect(report).toMatchObject({ ok: true, orphans: [] });
  expect(system.census()).toMatchObject({ processes: 0, timers: 0, asks: 0 });
});
