/** What the scheduler asks for, in what order, and what it makes of the answers. */
import { describe, expect, test } from '@jest/globals';
import { defaults, handle, init } from '../../actors/oos-requests/oos-scheduler.js';
import { oosRequest, oosThresholds, requestDefaults } from '../../actors/oos-requests/oos-request.js';
import { priorities } from '../../protocols/backtest-dispatch.js';
import { oosVerdict } from '../../actors/oos-requests/oos-verdict.js';
import { patience } from '../../actors/oos-requests/patience.js';
import type { Evidence, OosVerdict } from '../../protocols/db-oos.js';
import type { NewRequest } from '../../protocols/db-rows.js';
import type { OosCandidate, Window } from '../../protocols/oos-requests.js';
import { asked, replied, turnsOf } from '../../runtime/testing/index.js';
import { leaseDue } from '../../storage/tables/leases.js';
import { supersedeOos } from '../../storage/tables/oos-verdicts.js';
import { submitRequests } from '../../storage/tables/requests.js';
import { coreStore, request } from '../storage/core-store.js';
import { evidence } from './evidence.js';

const dispatcher = 'backtest-dispatch/dispatcher';
const core = 'db-writes/core';
const reader = 'db-writes/reader';

const window: Window = { windowId: 'w1', fileName: 'w1.csv', symbol: 'USDJPY', firstS: 10, lastS: 20 };
const wire = { name: 'x', smaShort: 1, smaLong: 2, sl: 1, tp: 1, volume: 0.01, indicatorType: 'sma' };
const candidate = (strategyId: string, changes: Partial<OosCandidate> = {}): OosCandidate => ({
  strategyId,
  wire,
  symbol: 'USDJPY',
  timeframeMinutes: 60,
  window,
  ...changes,
});

function begin(partMax = 2) {
  const turns = turnsOf({ init, handle }, { ...defaults, partMax }, { wallMs: 1_000 });
  return {
    validate: (...candidates: OosCandidate[]) => turns.tell({ type: 'validate', candidates }),
    /** Takes what was submitted, as the store would, and ends nothing older. */
    take: (effects: ReturnType<typeof turns.tell>) => {
      const [submit] = asked(effects, dispatcher) as { readonly requests: readonly NewRequest[] }[];
      const outcomes = (submit?.requests ?? []).map(({ requestId }) => ({
        disposition: 'accepted',
        requestId,
        state: 'queued',
      }));
      turns.answer(dispatcher, { ok: true, value: outcomes });
      return { requests: submit?.requests ?? [], after: turns.answer(core, { ok: true, value: [] }) };
    },
    answer: (of: string, value: unknown) => turns.answer(of, { ok: true, value }),
    refuse: (of: string, retryable = true) =>
      turns.answer(of, { ok: false, code: 'busy', message: 'not now', retryable }),
    advance: (ms: number) => turns.advance(ms),
    standing: () => replied(turns.tell({ type: 'oos_standing' }))[0],
  };
}

const answered = (requestId: string, strategyId: string, changes: Partial<Evidence> = {}): Evidence =>
  evidence(requestId, { kind: 'oos', strategyId, sharpe: 0.5, ...changes });

describe('a validation', () => {
  test('asks for everything before it waits, in parts, ends what is outdated, and answers when all have a verdict', () => {
    const scheduler = begin();
    const first = scheduler.take(scheduler.validate(candidate('a'), candidate('b'), candidate('c')));
    expect(first.requests.map(({ kind, strategyId, windowId }) => [kind, strategyId, windowId])).toEqual([
      ['oos', 'a', 'w1'],
      ['oos', 'b', 'w1'],
    ]);
    const second = scheduler.take(first.after);
    const ids = [...first.requests, ...second.requests].map(({ requestId }) => requestId);
    const [a = '', b = '', c = ''] = ids;
    expect(asked(second.after, reader)).toEqual([{ type: 'evidence', requestIds: ids }]);

    const open = (id: string, strategyId: string) =>
      answered(id, strategyId, { state: 'leased', sharpe: null });
    const looked = scheduler.answer(reader, [answered(a, 'a'), open(b, 'b'), open(c, 'c')]);
    expect(asked(looked, core)).toMatchObject([
      { type: 'record_oos_verdicts', verdicts: [{ strategyId: 'a', outcome: 'passed', value: 0.5 }] },
    ]);
    expect(scheduler.standing()).toMatchObject({ total: 3, decided: 1, submitted: 3 });
    scheduler.answer(core, null);
    scheduler.answer(reader, [open(b, 'b'), open(c, 'c')]);
    const again = scheduler.advance(defaults.pollMs);
    expect(asked(again, reader)).toEqual([{ type: 'evidence', requestIds: [b, c] }]);
    scheduler.answer(reader, [
      answered(b, 'b', { sharpe: 0.1 }),
      answered(c, 'c', { state: 'failed', failureCode: 'too_few_bars', sharpe: null }),
    ]);
    const [reply] = replied(scheduler.answer(core, null)) as { value: OosVerdict[] }[];
    expect(reply?.value.map(({ strategyId, outcome, reason }) => [strategyId, outcome, reason])).toEqual([
      ['a', 'passed', 'oos_sharpe_met'],
      ['b', 'failed', 'oos_sharpe_below'],
      ['c', 'not_measured', 'too_few_bars'],
    ]);
    expect(scheduler.standing()).toMatchObject({
      total: 0,
      verdicts: { passed: 1, failed: 1, not_measured: 1 },
    });
  });

  test('without a window is no request and no zero', () => {
    const scheduler = begin();
    const effects = scheduler.validate(candidate('a', { window: null }));
    expect(asked(effects, core)).toMatchObject([
      { verdicts: [{ outcome: 'not_measured', reason: 'no_window', value: null, requestId: null }] },
    ]);
    expect(replied(scheduler.answer(core, null))).toMatchObject([{ ok: true, value: [{ strategyId: 'a' }] }]);
  });

  test('of nobody is answered at once', () => {
    expect(replied(begin().validate())).toEqual([{ ok: true, value: [] }]);
  });

  test('waits out weather, and gives up after a minute of it so that its asker is told', () => {
    const scheduler = begin();
    scheduler.validate(candidate('a'));
    scheduler.refuse(dispatcher);
    const again = scheduler.advance(200);
    expect(asked(again, dispatcher)).toHaveLength(1);
    expect(scheduler.standing()).toMatchObject({ trouble: { code: 'busy' } });
    let replies: unknown[] = [];
    for (
      let waitedMs = 0;
      waitedMs < patience.weatherMs + 10_000 && replies.length === 0;
      waitedMs += patience.backoffMsMax
    ) {
      replies = replied(scheduler.refuse(dispatcher));
      scheduler.advance(patience.backoffMsMax);
    }
    expect(replies).toMatchObject([{ ok: false, code: 'busy', retryable: true }]);
  });

  test('comes after the one before it', () => {
    const scheduler = begin();
    scheduler.validate(candidate('a'));
    expect(scheduler.validate(candidate('b'))).toEqual([]);
    const next = scheduler.refuse(dispatcher, false);
    expect(replied(next)).toMatchObject([{ ok: false, retryable: false }]);
    expect(asked(next, dispatcher)).toMatchObject([{ requests: [{ strategyId: 'b' }] }]);
  });
});

test('a validation goes before the backlog and behind what is live', () => {
  const { priority } = oosRequest({ ...candidate('a'), window }, 1);
  expect(priority).toBe(50);
  expect(priority).toBeLessThan(requestDefaults.priority);
  expect(priority).toBeGreaterThan(priorities.live);
});

describe('the key of a request', () => {
  const keyOf = (changes: Partial<OosCandidate & { window: Window }> = {}): string =>
    oosRequest({ ...candidate('a'), window, ...changes }, 1).idempotencyKey;

  test('stays the same for the same question, whenever it is asked', () => {
    expect(oosRequest({ ...candidate('a'), window }, 1).requestId).toBe(
      oosRequest({ ...candidate('a'), window }, 99_999).requestId,
    );
  });

  test.each<[string, Partial<OosCandidate & { window: Window }>]>([
    ['strategy', { strategyId: 'b' }],
    ['symbol', { symbol: 'EURUSD' }],
    ['timeframe', { timeframeMinutes: 30 }],
    ['data', { window: { ...window, windowId: 'w2' } }],
    ['beginning', { window: { ...window, firstS: 11 } }],
    ['end', { window: { ...window, lastS: 21 } }],
  ])('is another one for another %s, so its verdict is outdated and asked for again', (_what, changes) => {
    expect(keyOf(changes)).not.toBe(keyOf());
  });
});

describe('a verdict', () => {
  test.each<[string, Partial<Evidence>, Partial<OosVerdict>]>([
    ['0.35 passes', { sharpe: 0.35 }, { outcome: 'passed', value: 0.35 }],
    ['0.3499 fails', { sharpe: 0.3499 }, { outcome: 'failed', reason: 'oos_sharpe_below' }],
    [
      'no trades fail without a figure',
      { sharpe: null, trades: 0 },
      { outcome: 'failed', reason: 'no_trades', value: null },
    ],
    [
      'an expired request measures nothing',
      { state: 'expired', sharpe: null, failureCode: 'expired' },
      { outcome: 'not_measured', reason: 'expired', value: null },
    ],
    [
      'other bars measure nothing',
      { state: 'failed', sharpe: null, failureCode: 'range_mismatch' },
      { outcome: 'not_measured', reason: 'range_mismatch' },
    ],
  ])('%s', (_what, changes, expected) => {
    expect(oosVerdict('s1', evidence('r', changes), 1)).toMatchObject({
      threshold: oosThresholds.sharpeMin,
      engine: 'guardian/1',
      windowId: 'window',
      ...expected,
    });
  });

  test('is named by what it says and rests on, not by when', () => {
    const id = (changes: Partial<Evidence>, wallMs = 1): string =>
      oosVerdict('s1', evidence('r', changes), wallMs).verdictId;
    expect(id({}, 1)).toBe(id({}, 2));
    expect(new Set([id({}), id({ sharpe: 0.1 }), id({ bars: 4 }), id({ dataHash: 'other' })]).size).toBe(4);
  });
});

test('outdated requests of a strategy end, whether they wait or are out; those of others and other kinds go on', () => {
  const store = coreStore();
  const asks = (id: string, changes: object) => request(id, { kind: 'oos', ...changes });
  store.run(
    submitRequests([
      asks('old-out', { priority: 0 }),
      asks('old-waiting', { priority: 1 }),
      asks('new', { priority: 1 }),
      asks('of another', { priority: 1, strategy_id: 's2' }),
      asks('in-sample', { priority: 1, kind: 'backtest' }),
    ]),
  );
  store.run(
    leaseDue({ attemptIds: ['a1'], bootId: 'boot-1', backend: 'e', wallMs: 1_000, longestWaiting: 0 }),
  );
  const ended = store.all(supersedeOos([{ strategyId: 's1', requestId: 'new' }], 2_000));
  expect(ended.map((row) => row.request_id).sort()).toEqual(['old-out', 'old-waiting']);
  expect(
    store.connection
      .prepare("SELECT request_id FROM requests WHERE failure_code = 'superseded' ORDER BY 1")
      .pluck()
      .all(),
  ).toEqual(['old-out', 'old-waiting']);
});
