/** The dispatcher's decisions, turn by turn. */
import { describe, expect, test } from '@jest/globals';
import { defaults, handle, init } from '../../actors/backtest-dispatch/dispatcher.js';
import type { State } from '../../actors/backtest-dispatch/dispatcher-state.js';
import { suspectRescues } from '../../actors/backtest-dispatch/suspects.js';
import type { LeasedRequest } from '../../protocols/db-rows.js';
import { asked, replied, told, turnsOf, type Effect } from '../../runtime/testing/index.js';
import { defaults as rescues } from '../../storage/tables/leases.js';

type Msg = Parameters<typeof handle>[1];
const core = 'db-writes/core';
const link = 'backtest-dispatch/backend-link';

const payloadJson = JSON.stringify({
  strategy: { name: 's', smaShort: 5, smaLong: 20, sl: 1, tp: 2, volume: 0.01, indicatorType: 'sma' },
  timeframeMinutes: 60,
  candlesFile: 'w.csv',
  includeTrades: false,
});

const leased = (attemptId: string, changes: Partial<LeasedRequest> = {}): LeasedRequest => ({
  attemptId,
  number: 1,
  requestId: `of ${attemptId}`,
  kind: 'backtest',
  strategyId: 's1',
  windowId: null,
  payloadVersion: 1,
  payloadJson,
  attemptsUsed: 0,
  attemptsMax: 4,
  rescues: 0,
  submittedWallMs: 0,
  expiresWallMs: 10 ** 9,
  ...changes,
});

const up = (session: string): Msg => ({
  type: 'backend_up',
  backend: 'embedded',
  session,
  requestsEndpoint: 'e',
  workers: 1,
});

const settledBy = (attemptId: string): Msg => ({
  type: 'settled',
  attemptId,
  requestId: null,
  disposition: 'applied',
});

/** A dispatcher in a test's hand. */
function begin(settings: Partial<typeof defaults.settings> = {}) {
  let ids = 0;
  const turns = turnsOf<State, Msg, Parameters<typeof init>[0]>(
    { init, handle },
    {
      ...defaults,
      bootId: 'boot',
      pid: 7,
      newId: () => `id-${++ids}`,
      settings: { ...defaults.settings, inFlightMax: 2, intervalMs: 0, ...settings },
    },
    { wallMs: 1_000_000 },
  );
  const self = {
    started: turns.started,
    state: () => turns.state,
    tell: (message: Msg) => turns.tell(message),
    advance: (ms: number) => turns.advance(ms),
    /** The store's answer to what it was asked last. */
    stored: (value: unknown) => turns.answer(core, { ok: true, value }),
    refused: (code: string) => turns.answer(core, { ok: false, code, message: code, retryable: true }),
    recovered() {
      self.stored({ isNew: true });
      self.stored([]);
      return self.stored([]);
    },
    lease: (...requests: LeasedRequest[]) =>
      self.stored({ leased: requests, nextDueWallMs: null, nextExpiryWallMs: null }),
  };
  return self;
}

const sent = (effects: readonly Effect<Msg>[]): unknown[] =>
  told(effects, link).map((message) => (message as { attemptId?: string }).attemptId);

describe('at its start the dispatcher', () => {
  test('takes back what other boots left before it leases anything', () => {
    const one = begin();
    expect(asked(one.started, core)).toMatchObject([{ type: 'register_boot', bootId: 'boot' }]);
    expect(asked(one.tell(up('a')), core)).toEqual([]);
    expect(asked(one.stored({ isNew: true }), core)).toMatchObject([
      { type: 'recover', bootId: 'boot', crash: false },
    ]);
    expect(asked(one.stored([]), core)).toMatchObject([{ type: 'dispatch_settings' }]);
    expect(asked(one.stored([]), core)).toMatchObject([
      { type: 'lease_due', bootId: 'boot', attemptIds: ['id-1', 'id-2'] },
    ]);
  });

  test('leases as another holder when this process had a dispatcher before, and counts the crash', () => {
    const one = begin();
    expect(asked(one.stored({ isNew: false }), core)).toMatchObject([
      { type: 'register_boot', bootId: 'id-1' },
    ]);
    expect(asked(one.stored({ isNew: true }), core)).toMatchObject([
      { type: 'recover', bootId: 'id-1', crash: true },
    ]);
  });

  test('waits out a store that cannot answer, and asks the same again', () => {
    const one = begin();
    expect(one.refused('disk_full')).toMatchObject([{ verb: 'timer', key: 'chore again', delayMs: 75 }]);
    expect(one.state().trouble).toMatchObject({ code: 'disk_full' });
    expect(asked(one.tell({ type: 'chore_again' }), core)).toMatchObject([{ type: 'register_boot' }]);
    one.stored({ isNew: true });
    expect(one.state().trouble).toBeNull();
  });

  test('puts the stored settings in force, and passes over what makes no sense', () => {
    const one = begin();
    one.stored({ isNew: true });
    one.stored([]);
    one.stored([
      { key: 'batchMax', valueJson: '5' },
      { key: 'inFlightMax', valueJson: '-1' },
      { key: 'unheardOf', valueJson: 'true' },
      { key: 'paused', valueJson: 'true' },
    ]);
    expect(one.state().settings).toMatchObject({ batchMax: 5, inFlightMax: 2, paused: true });
  });
});

describe('a lease', () => {
  test('is asked for only with a backend up, and for no more than has room', () => {
    const one = begin();
    expect(asked(one.recovered(), core)).toEqual([]);
    expect(asked(one.tell(up('a')), core)).toMatchObject([
      { type: 'lease_due', attemptIds: ['id-1', 'id-2'] },
    ]);
    expect(sent(one.lease(leased('id-1'), leased('id-2')))).toEqual(['id-1', 'id-2']);
    expect(asked(one.tell({ type: 'work_available' }), core)).toEqual([]);
    expect(asked(one.tell(settledBy('id-1')), core)).toMatchObject([
      { type: 'lease_due', attemptIds: ['id-3'] },
    ]);
  });

  test('that brought less than was asked for waits for the next due time', () => {
    const one = begin();
    one.recovered();
    one.tell(up('a'));
    const turn = one.stored({
      leased: [leased('id-1')],
      nextDueWallMs: 1_000_000 + 5_000,
      nextExpiryWallMs: null,
    });
    expect(asked(turn, core)).toEqual([]);
    expect(asked(one.advance(4_999), core)).toEqual([]);
    expect(asked(one.advance(1), core)).toMatchObject([{ type: 'expire_overdue' }]);
    expect(asked(one.stored([]), core)).toMatchObject([{ type: 'lease_due' }]);
  });

  test('does not come before the interval after the last batch is over', () => {
    const one = begin({ intervalMs: 40 });
    one.recovered();
    one.tell(up('a'));
    one.lease(leased('id-1'), leased('id-2'));
    expect(asked(one.tell(settledBy('id-1')), core)).toEqual([]);
    expect(asked(one.advance(39), core)).toEqual([]);
    expect(asked(one.advance(1), core)).toMatchObject([{ type: 'lease_due' }]);
  });

  test('for a backend that went away meanwhile is handed back unused', () => {
    const one = begin();
    one.recovered();
    one.tell(up('a'));
    one.tell({ type: 'backend_down', backend: 'embedded', session: 'a', reason: 'gone', crash: true });
    const turn = one.lease(leased('id-1'));
    expect(sent(turn)).toEqual([]);
    expect(asked(turn, core)).toMatchObject([{ type: 'return_leases', attemptIds: ['id-1'], crash: false }]);
  });

  test('meant for one session is not sent to the next', () => {
    const one = begin();
    one.recovered();
    one.tell(up('a'));
    one.tell(up('b'));
    const turn = one.lease(leased('id-1'));
    expect(sent(turn)).toEqual([]);
    expect(asked(turn, core)).toMatchObject([{ type: 'return_leases', attemptIds: ['id-1'], crash: false }]);
    expect(asked(one.stored([]), core)).toMatchObject([{ type: 'lease_due' }]);
  });

  test.each([
    ['whose payload cannot be sent', { payloadJson: '{"strategy":1}' }],
    ['of a kind that nobody here answers', { kind: 'cpcv' }],
  ] as const)('%s fails its request and frees the place', (_what, changes) => {
    const one = begin();
    one.recovered();
    one.tell(up('a'));
    const turn = one.lease(leased('id-1', changes));
    expect(sent(turn)).toEqual([]);
    expect(asked(turn, core)).toMatchObject([
      { type: 'apply_failure', failure: { attemptId: 'id-1', code: 'unsendable_request', taken: false } },
    ]);
    one.stored({ disposition: 'failed', requestId: 'of id-1', attemptsUsed: 0 });
    expect(one.state().inFlight.size).toBe(0);
  });
});

test('a pause stops leasing at once when it is durable, and what is out is still settled', () => {
  const one = begin();
  one.recovered();
  const change: Msg = { type: 'change_settings', settings: { paused: true }, changedBy: 'test' };
  expect(asked(one.tell(change), core)).toMatchObject([{ type: 'change_dispatch_settings' }]);
  expect(replied(one.stored(null))).toMatchObject([{ ok: true, value: { paused: true } }]);
  expect(asked(one.tell(up('a')), core)).toEqual([]);
  one.tell({ ...change, settings: { paused: false } });
  expect(asked(one.stored(null), core)).toMatchObject([{ type: 'lease_due' }]);
});

test('settings outside their range change nothing and say what was expected', () => {
  const one = begin();
  const change = { type: 'change_settings', settings: { inFlightMax: 0 }, changedBy: 'test' } as const;
  const [reply] = replied(one.tell(change));
  expect(reply).toMatchObject({ ok: false, code: 'invalid' });
  expect(JSON.stringify(reply)).toContain('inFlightMax');
  expect(one.state().settings.inFlightMax).toBe(2);
});

describe('the pace', () => {
  const sent = (...attemptIds: string[]): Msg => ({ type: 'sent', attemptIds, wallMs: 1 });
  const failedBy = (attemptId: string, failureCode = 'engine_died'): Msg => ({
    ...(settledBy(attemptId) as Extract<Msg, { type: 'settled' }>),
    disposition: 'requeued',
    failureCode,
  });
  const leasing = (turn: readonly Effect<unknown>[]) =>
    asked(turn, core).filter((verb) => (verb as { readonly type: string }).type === 'lease_due');

  /** A backend whose next answers all fail, one after another. */
  function failing(failures: number, code: string) {
    const one = begin({ inFlightMax: 1, inFlightMin: 1 });
    one.recovered();
    one.tell(up('a'));
    for (let n = 0; n < failures; n += 1) {
      one.lease(leased(`try-${n}`));
      one.tell(sent(`try-${n}`));
      one.tell(failedBy(`try-${n}`, code));
    }
    return one;
  }

  test('a backend that fails five times in a row is left alone, then tried with one attempt', () => {
    const one = failing(5, 'engine_died');
    expect(one.state().breaker).toMatchObject({ phase: 'open', openings: 1 });
    expect(leasing(one.advance(4_900))).toEqual([]);
    expect(leasing(one.advance(200))).toMatchObject([{ attemptIds: [expect.any(String)] }]);
    one.lease(leased('probe'));
    one.tell(sent('probe'));
    one.tell(settledBy('probe'));
    expect(one.state().breaker.phase).toBe('closed');
  });

  test('failures of data and parameters say nothing about the backend', () => {
    expect(failing(20, 'too_few_bars').state().breaker.phase).toBe('closed');
  });

  test('no more a second than the rate, and the next one at its time', () => {
    const one = begin({ inFlightMax: 100, inFlightMin: 100, batchMax: 2, ratePerS: 10 });
    one.recovered();
    expect(leasing(one.tell(up('a')))).toMatchObject([
      { attemptIds: [expect.any(String), expect.any(String)] },
    ]);
    expect(leasing(one.lease(leased('a1'), leased('a2')))).toEqual([]);
    expect(leasing(one.advance(90))).toEqual([]);
    expect(leasing(one.advance(20))).toMatchObject([{ attemptIds: [expect.any(String)] }]);
  });

  test('nothing is leased beyond the bytes that may be out, and a single one always is', () => {
    const one = begin({ inFlightMax: 4, inFlightMin: 4, batchMax: 1, inFlightBytesMax: 1_024 });
    one.recovered();
    one.tell(up('a'));
    const large = { payloadJson: payloadJson.padEnd(2_000) };
    expect(leasing(one.lease(leased('a1', large)))).toEqual([]);
    expect(leasing(one.tell(settledBy('a1')))).toHaveLength(1);
  });

  test('one place in eight goes to the longest waiting', () => {
    const one = begin({ inFlightMax: 16, inFlightMin: 16, batchMax: 16 });
    one.recovered();
    expect(leasing(one.tell(up('a')))).toMatchObject([{ longestWaiting: 2 }]);
  });
});

describe('when a backend dies', () => {
  test('what had left for it counts as a rescue, what had not does not', () => {
    const one = begin();
    one.recovered();
    one.tell(up('a'));
    one.lease(leased('id-1'), leased('id-2'));
    one.tell({ type: 'sent', attemptIds: ['id-1'], wallMs: 1 });
    const down = {
      type: 'backend_down',
      backend: 'embedded',
      session: 'a',
      reason: 'x',
      crash: true,
    } as const;
    expect(asked(one.tell(down), core)).toMatchObject([
      { type: 'return_leases', attemptIds: ['id-2'], crash: false },
    ]);
    expect(asked(one.stored([]), core)).toMatchObject([
      { type: 'return_leases', attemptIds: ['id-1'], crash: true },
    ]);
    expect(one.state().inFlight.size).toBe(0);
  });

  test('the word of an earlier session is nothing to the present one', () => {
    const one = begin();
    one.recovered();
    one.tell(up('a'));
    one.lease(leased('id-1'), leased('id-2'));
    one.tell({ type: 'backend_down', backend: 'embedded', session: 'before', reason: 'x', crash: true });
    expect(one.state().inFlight.size).toBe(2);
  });

  test('a new session without a word about the old one is the old one dead', () => {
    const one = begin();
    one.recovered();
    one.tell(up('a'));
    one.lease(leased('id-1'), leased('id-2'));
    expect(asked(one.tell(up('b')), core)).toMatchObject([{ type: 'return_leases' }]);
    expect(asked(one.stored([]), core)).toMatchObject([{ type: 'lease_due' }]);
  });

  test('a request that went down with it twice is tried alone: what is out ends first, and nothing is leased meanwhile', () => {
    const one = begin();
    one.recovered();
    one.tell(up('a'));
    const twice = { rescues: suspectRescues };
    const batch = one.lease(leased('id-1', twice), leased('id-2'), leased('id-3', twice), leased('id-4'));
    expect(sent(batch)).toEqual(['id-2', 'id-4']);
    expect(asked(batch, core)).toEqual([]);
    expect(sent(one.tell(settledBy('id-2')))).toEqual([]);
    const alone = one.tell(settledBy('id-4'));
    expect([sent(alone), asked(alone, core)]).toEqual([['id-1'], []]);
    expect(asked(one.tell({ type: 'work_available' }), core)).toEqual([]);
    expect(sent(one.tell(settledBy('id-1')))).toEqual(['id-3']);
    expect(asked(one.tell(settledBy('id-3')), core)).toMatchObject([{ type: 'lease_due' }]);
  });

  test('when the backend crashes, only the suspect that was out alone is counted', () => {
    const one = begin();
    one.recovered();
    one.tell(up('a'));
    const twice = { rescues: suspectRescues };
    one.lease(leased('id-1', twice), leased('id-2', twice));
    one.tell({ type: 'sent', attemptIds: ['id-1'], wallMs: 1 });
    const down = {
      type: 'backend_down',
      backend: 'embedded',
      session: 'a',
      reason: 'x',
      crash: true,
    } as const;
    expect(asked(one.tell(down), core)).toMatchObject([
      { type: 'return_leases', attemptIds: ['id-2'], crash: false },
    ]);
    expect(asked(one.stored([]), core)).toMatchObject([
      { type: 'return_leases', attemptIds: ['id-1'], crash: true },
    ]);
    one.stored([]);
    expect(asked(one.tell(up('b')), core)).toMatchObject([{ type: 'lease_due' }]);
  });

  test('the store takes the crash after that for the fault of the request', () => {
    expect(rescues.rescuesMax).toBe(suspectRescues + 1);
  });

  test('a request that went down with it too often is a dead letter and somebody is told', () => {
    const one = begin();
    one.recovered();
    one.tell(up('a'));
    one.lease(leased('id-1'), leased('id-2'));
    one.tell({ type: 'sent', attemptIds: ['id-1', 'id-2'], wallMs: 1 });
    one.tell({ type: 'settled_since', seen: 0 });
    one.tell({ type: 'backend_down', backend: 'embedded', session: 'a', reason: 'x', crash: true });
    const turn = one.stored([{ requestId: 'r', state: 'dead_lettered', rescues: 3 }]);
    expect(told(turn, 'dead-letters')).toHaveLength(1);
    expect(replied(turn)).toContainEqual({ settled: 1 });
  });
});

test('a verb that the store calls wrong is a crash and not weather', () => {
  const one = begin();
  expect(() => one.refused('bug')).toThrow(/register_boot was refused as bug/);
});

test('silence is counted from the first that went out or the last that ended, and only while something is out', () => {
  const one = begin();
  one.recovered();
  one.tell(up('a'));
  const silentMs = (): unknown =>
    (replied(one.tell({ type: 'status' }))[0] as { silentMs: number | null }).silentMs;
  one.advance(5_000);
  expect(silentMs()).toBeNull();
  one.lease(leased('id-1'), leased('id-2'));
  one.advance(700);
  expect(silentMs()).toBe(700);
  one.tell(settledBy('id-1'));
  one.advance(40);
  expect(silentMs()).toBe(40);
  one.tell(settledBy('id-2'));
  expect(silentMs()).toBeNull();
});
