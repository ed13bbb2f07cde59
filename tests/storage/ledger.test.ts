import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyFailure } from '../../storage/tables/failures.js';
import { leaseDue } from '../../storage/tables/leases.js';
import { selectOutcomes } from '../../storage/tables/request-counts.js';
import {
  forgetKeys,
  purgeRequests,
  selectAged,
  selectPurgedAttempts,
} from '../../storage/tables/request-ledger.js';
import { selectRemoved, selectRequestDays } from '../../storage/tables/removed-rows.js';
import { cancelRequest, submitRequests } from '../../storage/tables/requests.js';
import { applySuccess } from '../../storage/tables/results.js';
import { coreStore, dayMs, failure, request, result, Store } from './core-store.js';

const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-ledger-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rowsMs = 30 * dayMs;
const keysMs = 90 * dayMs;

const lease = (store: Store, attemptId: string, wallMs: number) =>
  store.run(leaseDue({ attemptIds: [attemptId], bootId: 'boot-1', backend: 'embedded', wallMs }));

/** Retention as its actor does it: look, then remove. */
function purge(store: Store, wallMs: number): readonly string[] {
  const beforeWallMs = wallMs - rowsMs;
  const aged = store.all(selectAged({ afterSeq: 0, beforeWallMs, limit: 1_000 }));
  const gone = store.run(
    purgeRequests(
      aged.filter(({ may_go }) => may_go === 1).map(({ request_id }) => request_id),
      beforeWallMs,
    ),
  );
  store.run(forgetKeys(wallMs - keysMs, 1_000));
  return gone;
}

/** A request that failed for good at 2,000 ms. */
function failed(store: Store, id: string): void {
  store.run(submitRequests([request(id)]));
  lease(store, `attempt of ${id}`, 1_000);
  store.run(applyFailure(failure(`attempt of ${id}`, { retryable: false, code: 'bad_candles' })));
}

describe('a request that retention has removed', () => {
  test('is answered as the same one, with what became of it', () => {
    const store = coreStore();
    failed(store, 'r1');
    expect(purge(store, 2_000 + rowsMs)).toEqual([]);
    expect(purge(store, 2_001 + rowsMs)).toEqual(['r1']);
    expect(store.count('requests') + store.count('attempts')).toBe(0);
    const again = request('r2', { idempotency_key: 'key of r1' });
    expect(store.run(submitRequests([again]))).toEqual([
      {
        disposition: 'attached',
        requestId: 'r1',
        state: 'failed',
        failureCode: 'bad_candles',
        agedOut: true,
      },
    ]);
    expect(store.count('requests')).toBe(0);
    expect(store.all(selectOutcomes(['r1', 'unknown']))).toEqual([
      expect.objectContaining({ request_id: 'r1', state: 'failed', failure_code: 'bad_candles', leases: 1 }),
    ]);
  });

  test.each([
    ['key for another payload', { idempotency_key: 'key of r1', payload_json: '{"a":2}' }],
    ['key for another strategy', { idempotency_key: 'key of r1', strategy_id: 's2' }],
    ['id under another key', { request_id: 'r1', idempotency_key: 'another' }],
  ])('is in the way of the same %s', (_what, changes) => {
    const store = coreStore();
    failed(store, 'r1');
    purge(store, 2_001 + rowsMs);
    const [outcome] = store.run(submitRequests([request('r2', changes)]));
    expect(outcome).toMatchObject({ disposition: 'conflict', requestId: 'r1', agedOut: true });
    expect(store.count('requests')).toBe(0);
  });

  test("is forgotten after the ledger's time, and may then be asked for anew", () => {
    const store = coreStore();
    failed(store, 'r1');
    purge(store, 2_001 + rowsMs);
    purge(store, 2_000 + keysMs);
    expect(store.count('request_ledger')).toBe(1);
    purge(store, 2_001 + keysMs);
    expect(store.count('request_ledger')).toBe(0);
    expect(store.run(submitRequests([request('r1')]))).toMatchObject([{ disposition: 'accepted' }]);
  });

  test('stays in the sums by day and in the counts of what was removed', () => {
    const store = coreStore();
    failed(store, 'r1');
    failed(store, 'r2');
    purge(store, 2_001 + rowsMs);
    expect(store.all(selectRequestDays({ limit: 10 }))).toEqual([
      { day: 0, kind: 'backtest', state: 'failed', requests: 2, attempts: 2, late: 0 },
    ]);
    expect(store.all(selectRemoved({}))).toEqual([
      { what: 'attempts', rows: 2 },
      { what: 'requests', rows: 2 },
    ]);
    expect(store.all(selectPurgedAttempts({ limit: 10 }))).toEqual([
      { attempt_id: 'attempt of r1' },
      { attempt_id: 'attempt of r2' },
    ]);
  });
});

describe('what must stay', () => {
  const succeeded = (store: Store, id: string, wallMs: number): void => {
    store.run(submitRequests([request(id, { payload_json: `{"of":"${id}"}` })]));
    lease(store, `attempt of ${id}`, 1_000);
    store.run(applySuccess(result(`attempt of ${id}`, wallMs), '{}'));
  };

  test('the newest accepted answer of a kind is evidence; the older ones go', () => {
    const store = coreStore();
    for (const id of ['r1', 'r2', 'r3']) succeeded(store, id, 2_000);
    expect(purge(store, 10 * rowsMs)).toEqual(['r1', 'r2']);
    expect(store.count('results')).toBe(1);
  });

  test('nothing of a strategy goes while something is asked for it', () => {
    const store = coreStore();
    failed(store, 'r1');
    store.run(submitRequests([request('open')]));
    expect(purge(store, 2_001 + rowsMs)).toEqual([]);
    store.run(cancelRequest('open', 3_000, 'no longer wanted'));
    expect(purge(store, 2_001 + rowsMs)).toEqual(['r1']);
  });

  test('what a standing verdict names stays, also when it is not the newest', () => {
    const store = coreStore();
    succeeded(store, 'r1', 2_000);
    succeeded(store, 'r2', 2_000);
    store.connection.exec(`
      INSERT INTO rank_verdicts VALUES ('v', 's1', NULL, 'A', '', 'p', 1, '{}', '{"base":"r1"}', 1);
      INSERT INTO ranks VALUES ('s1', 'A', 1, 'v')`);
    expect(purge(store, 10 * rowsMs)).toEqual([]);
    store.connection.exec(`UPDATE rank_verdicts SET evidence_json = '{"base":"r2"}'`);
    expect(purge(store, 10 * rowsMs)).toEqual(['r1']);
  });

  test('what became wanted between the look and the removal stays', () => {
    const store = coreStore();
    failed(store, 'r1');
    store.run(submitRequests([request('open')]));
    expect(store.run(purgeRequests(['r1'], 10 * rowsMs))).toEqual([]);
    expect(store.count('request_ledger')).toBe(0);
    expect(store.count('attempts')).toBe(1);
  });
});

interface Known {
  readonly id: string;
  readonly asked: string;
  state: 'queued' | 'cancelled';
  endedMs: number;
  agedOut: boolean;
}

type Step =
  | { readonly type: 'submit'; readonly id: number; readonly key: number; readonly payload: number }
  | { readonly type: 'cancel'; readonly key: number }
  | { readonly type: 'wait'; readonly days: number }
  | { readonly type: 'purge' | 'restart' };

const small = fc.integer({ min: 0, max: 2 });
const strategyOf = (key: string): string => (key === 'key 0' ? 's1' : 's2');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('submit' as const),
      id: small,
      key: small,
      payload: fc.integer({ min: 0, max: 1 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('cancel' as const), key: small }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 35 }) }),
  },
  { weight: 2, arbitrary: fc.constant({ type: 'purge' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'restart' as const }) },
);

/** Ten lines that say what the store and its ledger promise together. */
class Model {
  readonly byKey = new Map<string, Known>();
  submit(id: string, key: string, asked: string): [disposition: string, requestId: string] {
    const holder = this.byKey.get(key);
    if (holder !== undefined) return [holder.asked === asked ? 'attached' : 'conflict', holder.id];
    if ([...this.byKey.values()].some((known) => known.id === id)) return ['conflict', id];
    this.byKey.set(key, { id, asked, state: 'queued', endedMs: 0, agedOut: false });
    return ['accepted', id];
  }
  purge(wallMs: number): void {
    const busy = new Set(
      [...this.byKey].flatMap(([key, { state }]) => (state === 'queued' ? [strategyOf(key)] : [])),
    );
    for (const [key, known] of this.byKey) {
      if (known.state === 'queued') continue;
      known.agedOut ||= !busy.has(strategyOf(key)) && known.endedMs < wallMs - rowsMs;
      if (known.agedOut && known.endedMs < wallMs - keysMs) this.byKey.delete(key);
    }
  }
}

test('whatever is asked again, purged and restarted, a key within its time is one request', () => {
  let run = 0;
  let remembered = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 40, maxLength: 80 }), (steps) => {
      const file = path.join(folder, `ledger-${(run += 1)}.db`);
      let store = coreStore(file);
      const model = new Model();
      let wallMs = 1_000;
      for (const each of steps) {
        wallMs += 1;
        switch (each.type) {
          case 'submit': {
            const [id, key, payload] = [`id ${each.id}`, `key ${each.key}`, `{"a":${each.payload}}`];
            const [outcome] = store.run(
              submitRequests([
                request(id, {
                  idempotency_key: key,
                  strategy_id: strategyOf(key),
                  payload_json: payload,
                  due_wall_ms: 0,
                  submitted_wall_ms: wallMs,
                  expires_wall_ms: wallMs + 1_000 * dayMs,
                }),
              ]),
            );
            expect([outcome?.disposition, outcome?.requestId]).toEqual(model.submit(id, key, payload));
            const known = [...model.byKey.values()].find((other) => other.id === outcome?.requestId);
            expect(outcome).toMatchObject({ state: known?.state, agedOut: known?.agedOut });
            if (outcome?.agedOut === true) remembered += 1;
            break;
          }
          case 'cancel': {
            const known = model.byKey.get(`key ${each.key}`);
            if (known?.state !== 'queued') break;
            store.run(cancelRequest(known.id, wallMs, 'not wanted'));
            known.state = 'cancelled';
            known.endedMs = wallMs;
            break;
          }
          case 'wait':
            wallMs += each.days * dayMs;
            break;
          case 'purge':
            purge(store, wallMs);
            model.purge(wallMs);
            break;
          case 'restart':
            store.connection.close();
            store = new Store('core', file);
        }
      }
      store.connection.close();
      expect(existsSync(file)).toBe(true);
    }),
    { numRuns: 40 },
  );
  // Otherwise this would be a test of the table alone.
  expect(remembered).toBeGreaterThan(20);
});
