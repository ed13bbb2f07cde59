/** The alarms, look by look, on manual time. */
import { describe, expect, test } from '@jest/globals';
import { handle, init } from '../../actors/operations/alarms.js';
import { rules } from '../../actors/operations/alarm-rules.js';
import type { Figures } from '../../actors/operations/alarm-rules.js';
import type { NewNotification } from '../../protocols/db-notifier.js';
import { asked, turnsOf } from '../../runtime/testing/index.js';
import type { Effect } from '../../runtime/testing/index.js';

type State = ReturnType<typeof init>;
type Msg = Parameters<typeof handle>[1];

const calm: Figures = {
  inFlight: 0,
  settled: 0,
  storeTrouble: null,
  deadLettersKept: 0,
  ended: { succeeded: 100, givenUp: 0 },
  blockedLanes: [],
  emptySlotMs: 0,
};

const minute = 60_000;

function watched() {
  let figures: Figures = calm;
  const everyMs = 15_000;
  const turns = turnsOf<State, Msg, Parameters<typeof init>[0]>(
    { init, handle },
    { read: () => figures, rules, everyMs },
    { wallMs: 1_000_000 },
  );
  const written = (effects: readonly Effect<unknown>[]): readonly NewNotification[] =>
    asked(effects, 'db-writes/core').flatMap(
      (verb) => (verb as { notifications: NewNotification[] }).notifications,
    );
  return {
    /** Looks once each 15 s. @returns what was written, as `severity title` */
    pass(ms: number, changes: Partial<Figures> = {}, isStored = true): string[] {
      figures = { ...figures, ...changes };
      const said: string[] = [];
      for (let passed = 0; passed < ms; passed += everyMs) {
        turns.advance(everyMs);
        const effects = turns.answer('operations/monitor', { wallMs: 0, facts: {} });
        const notifications = written(effects);
        said.push(...notifications.map(({ severity, title }) => `${severity} ${title}`));
        if (notifications.length === 0) continue;
        turns.answer(
          'db-writes/core',
          isStored
            ? { ok: true, value: { created: notifications.length } }
            : { ok: false, code: 'disk_full', message: 'full', retryable: true },
        );
      }
      return said;
    },
  };
}

const silence = 'Backtests are out and no result comes back';

describe('result silence', () => {
  test('is found by the clock alone, said again, and said to be over when a result comes', () => {
    const one = watched();
    expect(one.pass(14 * minute, { inFlight: 3, settled: 7 })).toEqual([]);
    expect(one.pass(2 * minute)).toEqual([`page ${silence}`]);
    expect(one.pass(28 * minute)).toEqual([]);
    expect(one.pass(4 * minute)).toEqual([`page ${silence}`]);
    expect(one.pass(minute, { settled: 8 })).toEqual([`info Over: ${silence}`]);
  });

  test('is no silence while results keep coming, and none while nothing is out', () => {
    const one = watched();
    for (let settled = 0; settled < 30; settled += 1)
      expect(one.pass(5 * minute, { inFlight: 3, settled })).toEqual([]);
    expect(one.pass(60 * minute, { inFlight: 0 })).toEqual([]);
  });

  test('neither begins nor ends on figures that are unknown', () => {
    const one = watched();
    expect(one.pass(16 * minute, { inFlight: 1, settled: 1 })).toHaveLength(1);
    expect(one.pass(10 * minute, { inFlight: null, settled: null })).toEqual([]);
    expect(one.pass(minute, { inFlight: 0, settled: 1 })).toEqual([`info Over: ${silence}`]);
  });
});

test('what the store cannot take is said as soon as it can', () => {
  const one = watched();
  const title = 'page The database refuses to take anything';
  expect(one.pass(minute, { storeTrouble: 'no space (disk_full)' }, false).length).toBeGreaterThan(1);
  expect(one.pass(15_000)).toEqual([title]);
  expect(one.pass(5 * minute)).toEqual([]);
});

test.each([
  ['dead_letters', { deadLettersKept: 2 }, 15, 'warn Dead letters are waiting'],
  ['success_rate', { ended: { succeeded: 90, givenUp: 10 } }, 0, 'warn Too many requests are given up'],
  ['lane_blocked', { blockedLanes: ['alerts'] }, 60, 'warn A notification lane is stopped'],
  ['pair_slots_empty', { emptySlotMs: 25 * 60 * minute }, 0, 'info Pair slots have been empty for a day'],
] as const)('%s is raised after its time and not before', (_rule, changes, minutes, title) => {
  const one = watched();
  expect(one.pass(Math.max(0, minutes - 1) * minute, changes)).toEqual([]);
  expect(one.pass(2 * minute, changes)).toEqual([title]);
});

test('a rate of few requests is none', () => {
  expect(watched().pass(5 * minute, { ended: { succeeded: 1, givenUp: 10 } })).toEqual([]);
});
