import { expect, test } from '@jest/globals';
import { nactHost, child, startTree, supervisor } from '../../runtime/index.js';
import { ManualTime } from '../../runtime/testing/index.js';

test('alarms ring in the order of their times, equal ones in the order of setting', () => {
  const time = new ManualTime();
  const rung: string[] = [];
  const at = (delayMs: number, name: string): unknown =>
    time.alarm.set(delayMs, () => rung.push(`${name}@${time.clock.nowMs()}`));
  at(20, 'c');
  at(10, 'a');
  at(10, 'b');
  time.alarm.clear(at(15, 'cleared'));
  time.advance(15);
  expect(rung).toEqual(['a@10', 'b@10']);
  expect(time.pending).toBe(1);
  time.advance(5);
  expect(rung).toEqual(['a@10', 'b@10', 'c@20']);
});

test("an actor's timer fires when the test moves the time, and not before", async () => {
  const time = new ManualTime(1_000);
  const seen: number[] = [];
  const sleeper = child<null, 'wake', null>({
    id: 'sleeper',
    behavior: {
      init: (_args, ctx) => {
        ctx.timer('nap', 60_000, 'wake');
        return null;
      },
      handle: (state, _message, ctx) => {
        seen.push(ctx.wallMs());
        return state;
      },
    },
    args: null,
    mailbox: { capacity: 1 },
  });
  const system = await startTree(
    supervisor('root', { strategy: 'one_for_one', intensity: 0, periodMs: 1_000 }, [sleeper]),
    { host: nactHost('manual-time-test', time) },
  );
  time.advance(59_999);
  await system.quiescent();
  expect(seen).toEqual([]);
  time.advance(1);
  await system.quiescent();
  expect(seen).toEqual([61_000]);
  await system.stop();
});
