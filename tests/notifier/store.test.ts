/** The outbox on real SQLite: each verb does its effect once, in order, and by index. */
import { expect, test } from '@jest/globals';
import { notifierVerbs } from '../../actors/db-writes/notifier-verbs.js';
import type { EndedAttempt } from '../../protocols/db-notifier.js';
import type { Statement } from '../../storage/statement.js';
import { selectAttemptCounts, selectEnded } from '../../storage/tables/lane-figures.js';
import { selectAttemptsAt } from '../../storage/tables/notification-attempts.js';
import { countCaused, selectNextExpiry, selectWaiting } from '../../storage/tables/outbox.js';
import { Store } from '../storage/core-store.js';
import { dayMs, notice } from './notices.js';

type Verbs = typeof notifierVerbs;
type Ask = { [T in keyof Verbs]: Omit<Parameters<Verbs[T]>[0], 'type'> };

const verbOf = <T extends keyof Verbs>(type: T, fields: Ask[T]) =>
  (notifierVerbs[type] as (message: unknown) => ReturnType<Verbs[T]>)({ type, ...fields });

class Outbox {
  readonly store = new Store('core');

  do<T extends keyof Verbs>(type: T, fields: Ask[T]): ReturnType<ReturnType<Verbs[T]>['read']> {
    return this.store.run(verbOf(type, fields) as never);
  }

  create(...notifications: ReturnType<typeof notice>[]) {
    return this.do('create_notifications', { notifications }).created;
  }

  route(lanes: Ask['route_notifications']['lanes'] = { default: 'l' }, wallMs = 2_000) {
    return this.do('route_notifications', { lanes, wallMs, limit: 100 });
  }

  lease(attemptId: string, fields: Partial<Ask['lease_notification']> = {}) {
    const usual = { lane: 'l', attemptId, bootId: 'b', wallMs: 3_000, waitMsMax: 3_600_000 };
    return this.do('lease_notification', { ...usual, ...fields });
  }

  end(attemptId: string, outcome: EndedAttempt['outcome'], fields: Partial<EndedAttempt> = {}) {
    const usual = { attemptId, lane: 'l', outcome, httpStatus: 204, code: null, wallMs: 4_000 };
    const ended = { ...usual, dueWallMs: 9_000, block: null, ...fields };
    return this.do('end_notification_attempt', { ended });
  }

  states(): Record<string, string> {
    const rows = this.store.connection
      .prepare('SELECT notification_id, state FROM outbox ORDER BY seq')
      .raw()
      .all();
    return Object.fromEntries(rows as [string, string][]);
  }

  attempts(id: string) {
    return this.store.all(selectAttemptsAt({ notificationId: id, limit: 10 }));
  }
}

const block = (changes: Partial<NonNullable<EndedAttempt['block']>> = {}) => ({
  bootId: 'b',
  untilWallMs: 100_000,
  alarm: notice('lane_blocked:a', { topic: 'alerts' }),
  alarmLane: 'other',
  alarmWindowMs: 50_000,
  ...changes,
});

test('the same cause twice is one notification', () => {
  const outbox = new Outbox();
  expect(outbox.create(notice('a'), notice('b'))).toBe(2);
  expect(outbox.create(notice('b'), notice('c'))).toBe(1);
});

test('each topic goes to its lane, and what nobody named to the default', () => {
  const outbox = new Outbox();
  outbox.create(
    notice('a', { topic: 'ranks' }),
    notice('b', { topic: 'data' }),
    notice('c', { topic: 'pairs' }),
  );
  expect(outbox.route({ default: 'l', data: 'd' })).toEqual({ routed: 3, collapsed: 0, expired: 0 });
  expect(outbox.route().routed).toBe(0);
  expect(outbox.lease('x', { lane: 'd' }).leased?.notificationId).toBe('b');
  expect(outbox.lease('y').leased?.notificationId).toBe('a');
});

test('a lane has one at a time, in order, and the same lease again is the same lease', () => {
  const outbox = new Outbox();
  outbox.create(notice('a'), notice('b'));
  outbox.route();
  const first = outbox.lease('x');
  expect(first.leased).toMatchObject({ notificationId: 'a', attemptId: 'x', number: 1, attemptsUsed: 0 });
  expect(outbox.lease('x')).toEqual(first);
  expect(outbox.end('x', 'delivered')).toBe(true);
  expect(outbox.end('x', 'delivered')).toBe(false);
  expect(outbox.lease('x').leased).toBeNull();
  expect(outbox.lease('y').leased?.notificationId).toBe('b');
  expect(outbox.states()).toEqual({ a: 'delivered', b: 'pending' });
});

test('a lane that begins anew abandons what it had open; the late end of that changes nothing', () => {
  const outbox = new Outbox();
  outbox.create(notice('a'));
  outbox.route();
  outbox.lease('x');
  expect(outbox.lease('y').leased).toMatchObject({ notificationId: 'a', attemptId: 'y', number: 2 });
  expect(outbox.end('x', 'delivered')).toBe(false);
  expect(outbox.states()).toEqual({ a: 'pending' });
  expect(outbox.end('y', 'delivered')).toBe(true);
  expect(outbox.attempts('a').map(({ outcome }) => outcome)).toEqual(['delivered', 'abandoned']);
});

test('what is tried again waits for its time, and so do those behind it; a wait uses no attempt up', () => {
  const outbox = new Outbox();
  outbox.create(notice('a'), notice('b'));
  outbox.route();
  outbox.lease('x');
  outbox.end('x', 'retry', { httpStatus: 500, code: 'http_500' });
  expect(outbox.lease('y', { wallMs: 8_999 })).toMatchObject({ leased: null, nextDueWallMs: 9_000 });
  expect(outbox.lease('y', { wallMs: 9_000 }).leased).toMatchObject({ notificationId: 'a', attemptsUsed: 1 });
  outbox.end('y', 'rate_limited', { dueWallMs: 12_000 });
  expect(outbox.lease('z', { wallMs: 12_000 }).leased).toMatchObject({ number: 3, attemptsUsed: 1 });
});

test('a due time that only a clock that was put back can explain is not waited for', () => {
  const outbox = new Outbox();
  outbox.create(notice('a'));
  outbox.route();
  outbox.lease('x');
  outbox.end('x', 'retry', { dueWallMs: 50_000_000 });
  expect(outbox.lease('y', { wallMs: 40_000_000, waitMsMax: 10_000_001 }).leased).toBeNull();
  expect(outbox.lease('y', { wallMs: 39_000_000, waitMsMax: 10_000_001 }).leased).not.toBeNull();
});

test('the newest of a key takes the place of the older ones, but not of one that is on its way', () => {
  const outbox = new Outbox();
  const key = { collapseKey: 'k' };
  outbox.create(notice('a', key), notice('b', key), notice('other'));
  expect(outbox.route().collapsed).toBe(1);
  expect(outbox.lease('x').leased?.notificationId).toBe('b');
  outbox.create(notice('c', key));
  expect(outbox.route().collapsed).toBe(0);
  expect(outbox.states()).toMatchObject({ a: 'collapsed', b: 'pending', c: 'pending' });
  outbox.end('x', 'retry');
  expect(outbox.states()).toMatchObject({ b: 'collapsed', c: 'pending', other: 'pending' });
});

test('what is too old expires, and is not leased meanwhile', () => {
  const outbox = new Outbox();
  outbox.create(notice('a', { expiresWallMs: 5_000 }), notice('b'));
  outbox.route();
  expect(outbox.lease('x', { wallMs: 5_000 }).leased?.notificationId).toBe('b');
  expect(outbox.route(undefined, 5_000).expired).toBe(1);
  expect(outbox.states()).toEqual({ a: 'expired', b: 'pending' });
});

test('a lane that is stopped leases nothing until its time, until somebody says so, or under another boot', () => {
  const outbox = new Outbox();
  outbox.create(notice('a'), notice('b'));
  outbox.route();
  outbox.lease('x');
  outbox.end('x', 'dead_lettered', { httpStatus: 404, code: 'http_404', block: block() });
  expect(outbox.lease('y')).toEqual({ leased: null, nextDueWallMs: 0, blockedUntilWallMs: 100_000 });
  expect(outbox.lease('y', { wallMs: 100_000 }).leased?.notificationId).toBe('b');
  expect(outbox.lease('z', { bootId: 'later' }).leased?.notificationId).toBe('b');
  expect(outbox.do('unblock_lane', { lane: 'l' })).toBe(true);
  expect(outbox.do('unblock_lane', { lane: 'l' })).toBe(false);
  expect(outbox.lease('q').leased?.notificationId).toBe('b');
});

test('a stop is told on the other lane, once within its window', () => {
  const outbox = new Outbox();
  outbox.create(...['a', 'b', 'c', 'd'].map((id) => notice(id)));
  outbox.route();
  const stop = (attemptId: string, wallMs: number): void => {
    outbox.lease(attemptId, { wallMs, bootId: attemptId });
    const alarm = notice(`lane_blocked:${attemptId}`, { topic: 'alerts' });
    const ended = { wallMs, block: block({ alarm, bootId: attemptId }) };
    expect(outbox.end(attemptId, 'dead_lettered', ended)).toBe(true);
    expect(outbox.end(attemptId, 'dead_lettered', ended)).toBe(false);
  };
  stop('x', 10_000);
  stop('y', 59_999);
  stop('z', 60_000);
  const alarms = Object.keys(outbox.states()).filter((id) => id.startsWith('lane_blocked'));
  expect(alarms).toEqual(['lane_blocked:x', 'lane_blocked:z']);
  expect(outbox.lease('o', { lane: 'other' }).leased?.notificationId).toBe('lane_blocked:x');
});

test('a start abandons what other boots had out, and routes again what waits for lanes that are gone', () => {
  const outbox = new Outbox();
  outbox.create(notice('a'), notice('b', { topic: 'data' }));
  outbox.route({ default: 'l', data: 'gone' });
  outbox.lease('x', { bootId: 'earlier' });
  outbox.lease('g', { bootId: 'earlier', lane: 'gone' });
  const start = { bootId: 'b', lanes: ['l'], wallMs: 5_000 };
  expect(outbox.do('recover_notifications', start)).toEqual({ abandoned: 2 });
  expect(outbox.do('recover_notifications', start)).toEqual({ abandoned: 0 });
  expect(outbox.route().routed).toBe(1);
  outbox.end(outbox.lease('y').leased?.attemptId ?? '', 'delivered');
  expect(outbox.lease('z').leased?.notificationId).toBe('b');
});

test('a dead letter that is wanted again has all its attempts and its time, once', () => {
  const outbox = new Outbox();
  outbox.create(notice('a'));
  outbox.route();
  outbox.lease('x');
  outbox.end('x', 'dead_lettered');
  const again = { notificationId: 'a', wallMs: 10 * dayMs };
  expect(outbox.do('redrive_notification', again)).toBe('dead_lettered');
  expect(outbox.do('redrive_notification', again)).toBe('pending');
  expect(outbox.do('redrive_notification', { ...again, notificationId: 'no' })).toBeNull();
  outbox.route({ default: 'l' }, 10 * dayMs);
  const { leased } = outbox.lease('y', { wallMs: 10 * dayMs });
  expect(leased).toMatchObject({ attemptsUsed: 0, number: 2, expiresWallMs: 11 * dayMs });
});

test('what ended long ago is deleted with its attempts, the oldest first', () => {
  const outbox = new Outbox();
  outbox.create(notice('a'), notice('b'), notice('c'));
  outbox.route();
  for (const [attempt, wallMs] of [
    ['x', 4_000],
    ['y', 5_000],
  ] as const) {
    outbox.lease(attempt);
    outbox.end(attempt, 'delivered', { wallMs });
  }
  expect(outbox.do('prune_notifications', { beforeWallMs: 9_000, limit: 1 })).toEqual({ pruned: 1 });
  expect(outbox.states()).toEqual({ b: 'delivered', c: 'pending' });
  expect(outbox.store.count('notification_attempts')).toBe(1);
});

const ended: EndedAttempt = {
  ...{ attemptId: 'x', lane: 'l', outcome: 'dead_lettered', httpStatus: 404, code: null },
  ...{ wallMs: 1, dueWallMs: 1, block: block() },
};

const hot: Record<string, readonly Statement[]> = {
  route: verbOf('route_notifications', { lanes: { default: 'l' }, wallMs: 1, limit: 1 }).statements,
  lease: verbOf('lease_notification', { lane: 'l', attemptId: 'x', bootId: 'b', wallMs: 1, waitMsMax: 1 })
    .statements,
  'end an attempt': verbOf('end_notification_attempt', { ended }).statements,
  recover: verbOf('recover_notifications', { bootId: 'b', lanes: [], wallMs: 1 }).statements,
  redrive: verbOf('redrive_notification', { notificationId: 'a', wallMs: 1 }).statements,
  prune: verbOf('prune_notifications', { beforeWallMs: 1, limit: 1 }).statements,
  look: [selectWaiting({}), selectNextExpiry({})],
  figures: [selectEnded({ sinceWallMs: 1 }), selectAttemptCounts({ sinceWallMs: 1 })],
  caused: [countCaused({ prefixes: '["a:"]', keys: '["k"]' })],
};

/** Lists given as JSON, subqueries already cut down, and the partial indexes of what is open. */
const harmless =
  /^SCAN (json_each|wanted|ended|caused|CONSTANT ROW|\(subquery|\w+ USING (COVERING )?INDEX (outbox_(unrouted|waiting|expiring|open|collapsing)|notification_attempts_open)\b)/;

test.each(Object.entries(hot))('%s reads no whole table', (_name, statements) => {
  const { connection } = new Store('core');
  const scans = statements.flatMap((statement) =>
    (
      connection.prepare(`EXPLAIN QUERY PLAN ${statement.sql}`).all(...statement.params) as {
        detail: string;
      }[]
    )
      .map(({ detail }) => detail)
      .filter((detail) => detail.startsWith('SCAN') && !harmless.test(detail)),
  );
  expect(scans).toEqual([]);
});

test('the first of a lane is found by its place in the index, and the backlog is not sorted', () => {
  const { connection } = new Store('core');
  const plans = (hot['lease'] ?? []).flatMap(
    ({ sql, params }) =>
      connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...params) as { detail: string }[],
  );
  const details = plans.map(({ detail }) => detail);
  expect(details.filter((detail) => detail.includes('TEMP B-TREE'))).toEqual([]);
  expect(details).toContainEqual(expect.stringContaining('outbox_waiting (lane=?)'));
});
