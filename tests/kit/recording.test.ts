import { describe, expect, test } from '@jest/globals';
import { NameNotFound, type Behavior } from '../../runtime/index.js';
import {
  asked,
  fakeRef,
  ManualTime,
  recording,
  replied,
  timersSet,
  told,
  turnsOf,
} from '../../runtime/testing/index.js';
import { behavior, listener, type Msg } from './counter.js';

describe('an actor in the hand of a test', () => {
  test('says what each turn asked for, in order', () => {
    const one = turnsOf(behavior, 5);
    expect(one.started).toEqual([
      { verb: 'timer', key: 'tick', delayMs: 1_000, message: { type: 'tick' } },
      { verb: 'ask', to: 'listener', message: { type: 'limit' }, deadlineMs: 500 },
    ]);
    expect(one.tell({ type: 'add', by: 2 })).toEqual([
      { verb: 'tell', to: 'listener', message: { type: 'counted', count: 7 } },
    ]);
    expect(replied(one.tell({ type: 'get' }))).toEqual([7]);
    expect(one.state).toMatchObject({ count: 7, limit: null });
  });

  test('is answered what it asked, or told that nobody answers, each ask once', () => {
    const one = turnsOf(behavior, 0);
    expect(one.answer(listener, 10)).toEqual([]);
    expect(one.state.limit).toBe(10);
    expect(() => one.answer(listener, 10)).toThrow('nothing was asked of listener');
    const other = turnsOf(behavior, 0);
    other.fail(listener, { type: 'timeout' });
    expect(other.state.limit).toBeNull();
  });

  test('whose turn throws is as it was, and has asked for nothing', () => {
    const one = turnsOf(behavior, 5);
    expect(() => one.tell({ type: 'add', by: -1 })).toThrow('only upwards');
    expect(one.state.count).toBe(5);
    expect(told(one.tell({ type: 'add', by: 1 }), listener)).toEqual([{ type: 'counted', count: 6 }]);
  });

  test('lives in time that the test moves, and timers set in a turn fall due as well', () => {
    const one = turnsOf(behavior, 5);
    expect(one.advance(999)).toEqual([]);
    one.tell({ type: 'get_later' });
    expect(one.recording.unanswered).toEqual([{ type: 'get_later' }]);
    expect(replied(one.advance(1))).toEqual([5]);
    expect(one.recording.unanswered).toEqual([]);
    expect(timersSet(one.advance(3_000))).toHaveLength(3);
    expect(one.recording.timers).toEqual(['tick']);
  });

  test('hears signals, and stops with its reason', () => {
    const one = turnsOf(behavior, 5);
    one.answer(listener, 5);
    expect(one.tell({ type: 'add', by: 1 })).toContainEqual({
      verb: 'stop',
      reason: { kind: 'error', error: 'too many' },
    });
    one.signal({ type: 'exit', from: undefined, reason: { kind: 'killed' } });
    expect(one.state.count).toBe(-1);
  });

  test('must not be async, or answer ignore', () => {
    const later: Behavior<null, Msg, null> = { init: () => Promise.resolve(null), handle: () => null };
    expect(() => turnsOf(later, null)).toThrow('this behaviour is async');
  });
});

describe('a recording ctx', () => {
  test('hands back what piped work became', async () => {
    const one = turnsOf(behavior, 0);
    expect(one.tell({ type: 'start' })).toEqual([{ verb: 'pipe' }]);
    one.tell(await one.recording.piped());
    expect(one.state.count).toBe(7);
    await expect(one.recording.piped()).rejects.toThrow('nothing was piped');
  });

  test('remembers every verb', () => {
    const { ctx, ...rec } = recordingOf();
    const other = fakeRef<Msg>('root/other');
    ctx.trapExits(true);
    ctx.link(other);
    expect(ctx.monitor(other)).toEqual({ monitor: 1 });
    ctx.demonitor({ monitor: 1 });
    ctx.exit(other, { kind: 'kill' });
    ctx.timerAtFixedRate('rate', 10, { type: 'tick' });
    ctx.timerWithFixedDelay('delay', 20, { type: 'tick' });
    expect(ctx.cancelTimer('rate')).toBe(true);
    expect(ctx.cancelTimer('rate')).toBe(false);
    ctx.tell(other, { type: 'tick' }, { expiresInMs: 5 });
    ctx.stopChild(other);
    ctx.unlink(other);
    expect(rec.take()).toEqual([
      { verb: 'trap_exits', on: true },
      { verb: 'link', to: 'root/other' },
      { verb: 'monitor', to: 'root/other' },
      { verb: 'demonitor', monitor: 1 },
      { verb: 'exit', to: 'root/other', reason: { kind: 'kill' } },
      { verb: 'timer', key: 'rate', delayMs: 10, message: { type: 'tick' }, repeats: 'at_fixed_rate' },
      { verb: 'timer', key: 'delay', delayMs: 20, message: { type: 'tick' }, repeats: 'with_fixed_delay' },
      { verb: 'cancel_timer', key: 'rate' },
      { verb: 'cancel_timer', key: 'rate' },
      { verb: 'tell', to: 'root/other', message: { type: 'tick' }, expiresInMs: 5 },
      { verb: 'stop_child', to: 'root/other' },
      { verb: 'unlink', to: 'root/other' },
    ]);
    expect(rec.advance(40)).toHaveLength(2);
  });

  test('knows names that nobody holds', () => {
    const { ctx } = recording<Msg>({ absent: [listener] });
    expect(ctx.whereis(listener)).toBeUndefined();
    expect(() => {
      ctx.tell(listener, { type: 'counted', count: 1 });
    }).toThrow(NameNotFound);
    expect(recording<Msg>().ctx.whereis(listener)?.alive).toBe(true);
  });

  test('draws what it is given, and tells its own time', () => {
    const { ctx, time } = recording<Msg>({ random: [0.1, 0.9], wallMs: 1_000 });
    expect([ctx.random(), ctx.random(), ctx.random()]).toEqual([0.1, 0.9, 0.1]);
    time.advance(5);
    expect([ctx.nowMs(), ctx.wallMs()]).toEqual([5, 1_005]);
  });

  function recordingOf() {
    const made = recording<Msg>();
    return { ctx: made.ctx, take: () => made.take(), advance: (ms: number) => made.advance(ms) };
  }
});

test('manual time rings in the order of due times, and what is cleared does not ring', () => {
  const time = new ManualTime();
  const rung: string[] = [];
  const ring = (what: string) => () => void rung.push(`${what} at ${time.nowMs}`);
  time.alarm.set(20, ring('late'));
  time.alarm.set(10, ring('early'));
  time.alarm.clear(time.alarm.set(15, ring('never')));
  time.alarm.set(10, () => time.alarm.set(5, ring('chained')));
  time.advance(30);
  expect(rung).toEqual(['early at 10', 'chained at 15', 'late at 20']);
  expect(time.pending).toBe(0);
  expect(() => {
    time.advance(-1);
  }).toThrow(RangeError);
  expect(asked([])).toEqual([]);
});
