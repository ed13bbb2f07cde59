/** An answer is held to the bars that were asked for, where it is applied (REQ-08). */
import { expect, test } from '@jest/globals';
import type { SqlRow } from '../../storage/statement.js';
import { upsertCandleFile } from '../../storage/tables/candle-files.js';
import { upsertCandleWindow } from '../../storage/tables/candle-windows.js';
import { leaseDue } from '../../storage/tables/leases.js';
import { submitRequests } from '../../storage/tables/requests.js';
import { applySuccess } from '../../storage/tables/results.js';
import type { NewResult } from '../../storage/tables/results.js';
import { coreStore, request, result } from '../storage/core-store.js';
import type { Store } from '../storage/core-store.js';

const asked = { first_s: 1_000, last_s: 4_600, rows: 2 };
const used: Partial<NewResult> = { first_s: 1_000, last_s: 4_600, bars: 2, data_hash: 'window' };

/** A store with one leased request for the window; its attempt is `a1`. */
function leased(): Store {
  const store = coreStore();
  store.do(
    upsertCandleFile({
      file_id: 'file',
      name: 'USDJPY_H1.csv',
      symbol: 'USDJPY',
      timeframe_minutes: 60,
      verdict: 'accepted',
      reason: null,
      message: null,
      row: null,
      rows: 10,
      first_s: 0,
      last_s: 9_999,
      step_s: 3_600,
      warnings_json: null,
      checked_wall_ms: 1,
    }),
    upsertCandleWindow({
      window_id: 'window',
      source_file_id: 'file',
      kind: 'oos',
      symbol: 'USDJPY',
      step_s: 3_600,
      path: 'window.csv',
      ...asked,
    }),
  );
  store.run(submitRequests([request('r', { kind: 'oos', window_id: 'window' })]));
  store.run(
    leaseDue({ attemptIds: ['a1'], bootId: 'boot-1', backend: 'e', wallMs: 1_000, longestWaiting: 0 }),
  );
  return store;
}

const rowOf = (store: Store, sql: string): SqlRow | undefined =>
  store.connection.prepare(sql).get() as SqlRow | undefined;

const standing = (store: Store): SqlRow | undefined =>
  rowOf(store, 'SELECT state, failure_code, attempts_used FROM requests');

test('an answer of the bars that were asked for is applied', () => {
  const store = leased();
  expect(store.run(applySuccess(result('a1', 2_000, used), '{}')).disposition).toBe('applied');
  expect(standing(store)).toMatchObject({ state: 'succeeded', failure_code: null });
});

test.each<[string, Partial<NewResult>]>([
  ['begins earlier', { first_s: 999 }],
  ['ends later', { last_s: 4_601 }],
  ['has more bars', { bars: 3 }],
  ['is of another file', { data_hash: 'the whole history' }],
])('an answer that %s is a failure of the data: no figures, no second try', (_what, changes) => {
  const store = leased();
  const wrong = result('a1', 2_000, { ...used, ...changes });
  expect(store.run(applySuccess(wrong, '{}'))).toEqual({ disposition: 'failed', requestId: 'r' });
  expect(standing(store)).toEqual({ state: 'failed', failure_code: 'range_mismatch', attempts_used: 1 });
  expect(rowOf(store, 'SELECT outcome, failure_code FROM attempts')).toEqual({
    outcome: 'failed',
    failure_code: 'range_mismatch',
  });
  expect([store.count('results'), store.count('late_answers')]).toEqual([0, 0]);
});

test('the same wrong answer again changes nothing and is no late answer', () => {
  const store = leased();
  const wrong = result('a1', 2_000, { ...used, bars: 3 });
  store.run(applySuccess(wrong, '{}'));
  const before = store.connection.prepare('SELECT * FROM requests, attempts').all();
  expect(store.run(applySuccess({ ...wrong, applied_wall_ms: 3_000 }, '{}')).disposition).toBe('duplicate');
  expect(store.connection.prepare('SELECT * FROM requests, attempts').all()).toEqual(before);
  expect(store.count('late_answers')).toBe(0);
});

test('an engine that does not say what it used cannot be held to it', () => {
  const store = leased();
  const silent = result('a1', 2_000, { first_s: null, last_s: null, bars: null, data_hash: null });
  expect(store.run(applySuccess(silent, '{}')).disposition).toBe('applied');
});
