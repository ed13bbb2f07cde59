/** What a log line or a JSON file shows of the addresses that answers, events and messages carry. */
import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { child, startTree, supervisor } from '../../runtime/index.js';
import type { MonitorRef, Ref, Signal, SupervisorMsg } from '../../runtime/index.js';
import { SimulationHost } from '../../runtime/testing/index.js';

test('refs, handles and monitors are written in a few words, not with the system behind them', async () => {
  const seen: Signal[] = [];
  const idle = (id: string, monitored?: string) =>
    child<null, 'go', null>({
      ...{ id, args: null, mailbox: { capacity: 1 } },
      behavior: {
        init(_args, ctx) {
          const target = monitored === undefined ? undefined : system()?.find(monitored);
          if (target !== undefined) monitors.push(ctx.monitor(target));
          return null;
        },
        handle: (state) => state,
        signal(state, signal) {
          seen.push(signal);
          return state;
        },
      },
    });
  const monitors: MonitorRef[] = [];
  const running = await startTree(
    supervisor('root', { strategy: 'one_for_one', intensity: 1, periodMs: 1_000 }, [idle('a')]),
    { host: new SimulationHost() },
  );
  function system(): typeof running | undefined {
    return running;
  }
  const root = running.root as Ref<SupervisorMsg>;
  const answer = await running.startChild(root, idle('b', 'root/a'));
  expect(JSON.parse(JSON.stringify(answer))).toEqual({
    ok: true,
    value: { ok: true, handle: { path: 'root/b', incarnation: 1 } },
  });
  expect(inspect(answer)).toContain('Handle(root/b#1)');
  expect(inspect({ to: running.find('root/a') })).toBe('{ to: Ref(root/a) }');
  expect(JSON.stringify({ to: running.find('root/a') })).toBe('{"to":{"path":"root/a"}}');

  await running.terminateChild(root, 'a');
  await running.quiescent();
  expect(seen).toHaveLength(1);
  expect(JSON.parse(JSON.stringify(seen[0]))).toMatchObject({
    type: 'down',
    path: 'root/a',
    handle: { path: 'root/a', incarnation: 1 },
  });
  expect(inspect(monitors[0])).toMatch(/^Monitor\(\d+ of root\/a\)$/);
  await running.stop();
});
