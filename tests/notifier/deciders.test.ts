/** What each answer means, turn by turn and without a channel. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { consoleLine } from '../../actors/notifier/console-line.js';
import { cut, cutMark } from '../../actors/notifier/cut.js';
import { discordPayload, limits } from '../../actors/notifier/discord-payload.js';
import { freshness } from '../../actors/notifier/freshness.js';
import { defaults as rules, judge } from '../../actors/notifier/judge.js';
import { init, handle } from '../../actors/notifier/lane.js';
import type { LaneArgs } from '../../actors/notifier/lane.js';
import { init as openDesk, handle as atDesk } from '../../actors/notifier/desk.js';
import type { DeskArgs } from '../../actors/notifier/desk.js';
import type { Answered } from '../../actors/notifier/waits.js';
import { limitedMs, waitRules } from '../../actors/notifier/waits.js';
import { names as db } from '../../protocols/db-writes.js';
import type { LeasedNotification } from '../../protocols/db-notifier.js';
import { names } from '../../protocols/notifier.js';
import type { Carried } from '../../protocols/notifier.js';
import { Redaction } from '../../runtime/node/webhook-redaction.js';
import { asked, told, turnsOf } from '../../runtime/testing/kit.js';
import { defaults } from '../../supervisors/notifier.js';
import { notice } from './notices.js';

const answered = (status: number, more: Partial<Answered> = {}): Answered => ({
  type: 'answered',
  status,
  headers: {},
  body: null,
  ...more,
});

const calm = { attemptsUsed: 0, failures: 0, limited: 0, wallMs: 0, random: 0 };

describe('judging', () => {
  const unreached: Carried = { type: 'unreached', code: 'timeout', message: '' };
  test.each<[string, Carried, Partial<typeof calm>, object]>([
    ['200', answered(200), {}, { outcome: 'delivered', pauseMs: 0, code: null }],
    ['204', answered(204), {}, { outcome: 'delivered' }],
    ['a redirect', answered(302), {}, { outcome: 'dead_lettered', stop: true }],
    [
      '400',
      answered(400, { body: { code: 50035 } }),
      {},
      { outcome: 'dead_lettered', stop: false, code: 'http_400_50035' },
    ],
    ['401', answered(401), {}, { outcome: 'dead_lettered', stop: true }],
    ['403', answered(403), {}, { outcome: 'dead_lettered', stop: true }],
    ['404', answered(404), {}, { outcome: 'dead_lettered', stop: true, code: 'http_404' }],
    ['405', answered(405), {}, { outcome: 'dead_lettered', stop: false }],
    ['413', answered(413), {}, { outcome: 'dead_lettered', stop: false }],
    ['429', answered(429), { attemptsUsed: 99 }, { outcome: 'rate_limited', global: false, pauseMs: 5_000 }],
    [
      'a global 429',
      answered(429, { headers: { 'x-ratelimit-global': 'true' } }),
      {},
      { outcome: 'rate_limited', global: true },
    ],
    ['500', answered(500), {}, { outcome: 'retry', pauseMs: 1_000 }],
    ['500 after three others', answered(500), { failures: 3 }, { outcome: 'retry', pauseMs: 8_000 }],
    ['500 in an outage', answered(500), { failures: 30, random: 1 }, { outcome: 'retry', pauseMs: 72_000 }],
    [
      'the last 500',
      answered(500),
      { attemptsUsed: 5 },
      { outcome: 'dead_lettered', stop: false, pauseMs: 0 },
    ],
    ['silence', unreached, {}, { outcome: 'retry', code: 'timeout', httpStatus: null }],
    ['the last silence', unreached, { attemptsUsed: 5 }, { outcome: 'dead_lettered', stop: false }],
  ])('%s', (_name, carried, circumstances, expected) => {
    expect(judge(carried, { ...calm, ...circumstances }, rules)).toMatchObject(expected);
  });

  test.each<[string, Partial<Answered>, number, number]>([
    [
      'the most precise header first',
      { headers: { 'x-ratelimit-reset-after': '1.5', 'retry-after': '9' }, body: { retry_after: 64_000 } },
      0,
      1_500,
    ],
    [
      'the header before the body, which some paths give in ms',
      { headers: { 'retry-after': '2' }, body: { retry_after: 2_000 } },
      0,
      2_000,
    ],
    ['the body', { body: { retry_after: 0.65 } }, 0, 650],
    [
      'a date against the clock of the server',
      { headers: { 'retry-after': 'Wed, 21 Oct 2015 07:28:10 GMT', date: 'Wed, 21 Oct 2015 07:28:00 GMT' } },
      0,
      10_000,
    ],
    ['nothing said', {}, 0, waitRules.unsaidMs],
    ['nonsense', { headers: { 'retry-after': 'soon' }, body: { retry_after: -4 } }, 0, waitRules.unsaidMs],
    ['an implausible wait', { headers: { 'retry-after': '999999999' } }, 0, waitRules.waitMsMax],
    ['no wait at all', { headers: { 'retry-after': '0' } }, 0, 500],
    ['no wait at all, again and again', { headers: { 'retry-after': '0' } }, 4, 8_000],
    ['no wait at all, for ever', { headers: { 'retry-after': '0' } }, 1_000, 60_000],
  ])('a wait is taken from %s', (_name, more, repeated, expected) => {
    expect(limitedMs(answered(429, more), repeated, 0)).toBe(expected);
  });

  test('whatever an answer says, a judgement is bounded', () => {
    const header = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.constantFrom('NaN', '1e9', '-1', '0', 'Infinity'),
    );
    const foreign = fc.record({
      type: fc.constant('answered' as const),
      status: fc.integer({ min: 100, max: 599 }),
      headers: fc.dictionary(
        fc.constantFrom('retry-after', 'x-ratelimit-reset-after', 'x-ratelimit-remaining', 'date'),
        header,
      ),
      body: fc.oneof(
        fc.constant(null),
        fc.dictionary(fc.constantFrom('retry_after', 'global', 'code', 'message'), fc.anything()),
      ),
    });
    fc.assert(
      fc.property(foreign, fc.nat(2_000), (answer, limited) => {
        const { pauseMs, outcome } = judge(answer, { ...calm, limited }, rules);
        expect(pauseMs).toBeGreaterThanOrEqual(outcome === 'rate_limited' ? 500 : 0);
        expect(pauseMs).toBeLessThanOrEqual(waitRules.waitMsMax + 250);
      }),
    );
  });
});

describe('showing', () => {
  test('an embed is within the limits whatever was written, and what was cut says so', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.nat(9_000).map((n) => '😀'.repeat(n)),
    );
    fc.assert(
      fc.property(text, text, fc.integer(), (title, body, sourceWallMs) => {
        const { embeds } = discordPayload(notice('n', { title, body, sourceWallMs }), 0, 180_000);
        const [{ title: shownTitle, description, footer }] = embeds;
        expect(shownTitle.length).toBeGreaterThan(0);
        expect(shownTitle.length).toBeLessThanOrEqual(limits.title);
        expect(description.length).toBeLessThanOrEqual(limits.description);
        expect(shownTitle.length + description.length + footer.text.length).toBeLessThanOrEqual(limits.total);
        if (description !== body) expect(description.endsWith(cutMark)).toBe(true);
      }),
    );
  });

  test('no character is cut in two', () => {
    expect(cut('ab😀😀😀😀😀😀', 10)).toBe(`ab${cutMark}`);
    expect(cut('abc😀😀😀😀😀😀', 11)).toBe(`abc${cutMark}`);
    expect(cut('0123456789', 10)).toBe('0123456789');
  });

  test.each([
    [0, null],
    [180_000, null],
    [180_001, 'STALE (3 min old)'],
    [7_200_000, 'STALE (2 h old)'],
    [3 * 86_400_000, 'STALE (3 d old)'],
    [-30_000, null],
    [-30_001, 'CLOCKS DIFFER'],
  ])('data of %i ms ago are %s', (ageMs, expected) => {
    expect(freshness(1_000_000_000_000 - ageMs, 1_000_000_000_000, 180_000)).toBe(expected);
  });

  test('a line is one line, short, and moves no cursor', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary', maxLength: 500 }),
        (title, body) => {
          const line = consoleLine(notice('n', { title, body }), 1e9, 1);
          expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u);
          expect(line.length).toBeLessThanOrEqual(160);
          expect(line).toContain('STALE');
        },
      ),
    );
  });

  test('an address is blotted out in every spelling', () => {
    const secret = fc
      .stringMatching(/^[A-Za-z0-9_%~-]{8,40}$/)
      .filter((text) => URL.canParse(`https://h/${text}`));
    fc.assert(
      fc.property(secret, secret, (id, token) => {
        const url = new URL(`https://hooks.example/api/webhooks/${id}/${token}?wait=${token}x`);
        const said = `at ${url.href}: Cannot POST ${url.pathname} ${encodeURIComponent(url.pathname)} ${token.toUpperCase()} (${id})`;
        const shown = new Redaction(url).of(said).toLowerCase();
        expect(shown).not.toContain(token.toLowerCase());
        expect(shown).not.toContain(id.toLowerCase());
      }),
    );
  });
});

const args: LaneArgs = {
  ...defaults,
  lookMs: 60_000,
  ...{
    lane: 'l',
    channel: 'webhook',
    target: 'https://h',
    alarmLane: 'other',
    bootId: 'b',
    newId: () => 'x',
  },
};

const leased: LeasedNotification = { ...notice('n'), seq: 1, attemptId: 'x', number: 1, attemptsUsed: 0 };
const good = <T>(value: T) => ({ ok: true, value });
const lease = (changes: object = {}) =>
  good({ leased, nextDueWallMs: 0, blockedUntilWallMs: null, ...changes });
const busy = { ok: false, code: 'busy', message: '', retryable: true };

describe('a lane', () => {
  const begun = () => turnsOf({ init, handle }, args);

  test('leases, carries and ends, one at a time', () => {
    const lane = begun();
    expect(asked(lane.started, db.core)).toMatchObject([
      { type: 'lease_notification', lane: 'l', attemptId: 'x' },
    ]);
    expect(asked(lane.answer(db.core, lease()), names.courier('l'))).toMatchObject([{ type: 'carry' }]);
    expect(asked(lane.tell({ type: 'work' }), db.core)).toEqual([]);
    const ending = lane.answer(names.courier('l'), answered(204));
    expect(asked(ending, db.core)).toMatchObject([
      { ended: { outcome: 'delivered', attemptId: 'x', block: null } },
    ]);
    expect(asked(lane.answer(db.core, good(true)), db.core)).toMatchObject([{ type: 'lease_notification' }]);
  });

  test('asks a store that refuses again, for the same thing, with pauses', () => {
    const lane = begun();
    lane.answer(db.core, lease());
    lane.answer(names.courier('l'), answered(204));
    expect(asked(lane.answer(db.core, busy), db.core)).toEqual([]);
    expect(asked(lane.advance(200), db.core)).toMatchObject([{ type: 'end_notification_attempt' }]);
    lane.fail(db.core, { type: 'timeout' });
    expect(asked(lane.advance(400), db.core)).toMatchObject([
      { ended: { attemptId: 'x', outcome: 'delivered' } },
    ]);
  });

  test('crashes at a verb that was wrong, for that is no weather', () => {
    const lane = begun();
    expect(() => lane.answer(db.core, { ...busy, code: 'constraint' })).toThrow('constraint');
  });

  test('takes a courier that died for a failure, not for a delivery', () => {
    const lane = begun();
    lane.answer(db.core, lease());
    const effects = lane.fail(names.courier('l'), { type: 'noproc' });
    expect(asked(effects, db.core)).toMatchObject([{ ended: { outcome: 'retry', code: 'courier_noproc' } }]);
  });

  test('hears nothing of an attempt that is not its own any more', () => {
    const lane = begun();
    const late = {
      type: 'carried',
      attemptId: 'older',
      outcome: { ok: true, value: answered(204) },
    } as const;
    expect(asked(lane.tell(late), db.core)).toEqual([]);
  });

  test('waits as long as it was told, and says so', () => {
    const lane = begun();
    lane.answer(db.core, lease());
    lane.answer(names.courier('l'), answered(429, { headers: { 'retry-after': '3' } }));
    const after = lane.answer(db.core, good(true));
    expect(asked(after, db.core)).toEqual([]);
    expect(told(after, names.desk)).toMatchObject([
      { report: { state: 'paused', lastError: { code: 'http_429' } } },
    ]);
    expect(asked(lane.advance(3_000), db.core)).toEqual([]);
    expect(asked(lane.advance(200), db.core)).toMatchObject([{ type: 'lease_notification' }]);
  });

  test('a stopped lane leases nothing until its time, whatever comes', () => {
    const lane = begun();
    const wallMs = lane.recording.ctx.wallMs();
    lane.answer(db.core, lease({ leased: null, blockedUntilWallMs: wallMs + 5_000 }));
    expect(asked(lane.tell({ type: 'work' }), db.core)).toEqual([]);
    expect(asked(lane.advance(4_999), db.core)).toEqual([]);
    expect(asked(lane.advance(2), db.core)).toMatchObject([{ type: 'lease_notification' }]);
  });

  test('is told that its stop was lifted, and goes on at once', () => {
    const lane = begun();
    lane.answer(db.core, lease({ leased: null, blockedUntilWallMs: lane.recording.ctx.wallMs() + 5_000 }));
    expect(asked(lane.tell({ type: 'unblocked' }), db.core)).toMatchObject([{ type: 'lease_notification' }]);
  });
});

describe('the desk', () => {
  const deskArgs: DeskArgs = { ...defaults, bootId: 'b', lanes: ['l', 'm'], lanesByTopic: { default: 'l' } };
  const begun = () => turnsOf({ init: openDesk, handle: atDesk }, deskArgs);
  const look = (lanes: readonly (string | null)[], nextExpiryWallMs: number | null = null) =>
    good({ waiting: lanes.map((lane) => ({ lane, waiting: 1, oldestWallMs: 1 })), nextExpiryWallMs });

  test('begins by taking back what others had out, then looks', () => {
    const { started } = begun();
    expect(asked(started, db.core)).toMatchObject([
      { type: 'recover_notifications', bootId: 'b', lanes: ['l', 'm'] },
    ]);
    expect(asked(started, db.reader)).toMatchObject([{ type: 'outbox_look' }]);
  });

  test('routes what has no lane, and wakes the lanes that something waits for', () => {
    const desk = begun();
    desk.answer(db.core, good({ abandoned: 0 }));
    const effects = desk.answer(db.reader, look([null, 'm']));
    expect(asked(effects, db.core)).toMatchObject([{ type: 'route_notifications', lanes: { default: 'l' } }]);
    expect(told(effects, names.lane('l'))).toEqual([{ type: 'report' }]);
    expect(told(effects, names.lane('m'))).toEqual([{ type: 'work' }]);
    expect(asked(desk.answer(db.core, good({ routed: 1 })), db.reader)).toMatchObject([
      { type: 'outbox_look' },
    ]);
  });

  test('a hint while it looks is another look afterwards, not a second one at once', () => {
    const desk = begun();
    expect(asked(desk.tell({ type: 'work_available' }), db.reader)).toEqual([]);
    expect(asked(desk.answer(db.reader, look([])), db.reader)).toMatchObject([{ type: 'outbox_look' }]);
  });

  test('routing that changed nothing is no reason to look at once: that would never end', () => {
    const desk = begun();
    desk.answer(db.core, good({ abandoned: 0 }));
    desk.answer(db.reader, look([], 1));
    expect(asked(desk.answer(db.core, good({ routed: 0, collapsed: 0, expired: 0 })), db.reader)).toEqual([]);
  });

  test('looks again by itself, also after a look that failed', () => {
    const desk = begun();
    desk.fail(db.reader, { type: 'timeout' });
    expect(asked(desk.advance(1_000), db.reader)).toContainEqual({ type: 'outbox_look' });
  });

  test('what it does not know is null, and a lane that never reported is silent', () => {
    const desk = begun();
    const standing = { type: 'notifier_standing' } as const;
    expect(desk.tell(standing)).toMatchObject([
      { verb: 'reply', value: { lanes: [], silent: ['l', 'm'], unrouted: null, asOfWallMs: null } },
    ]);
  });
});
