import { describe, expect, test } from '@jest/globals';
import {
  countOpenRequests,
  countRequests,
  selectLatencies,
  selectOutcomes,
} from '../../storage/tables/request-counts.js';
import {
  cancelRequest,
  expireOverdue,
  recordFailedRequest,
  selectNextDue,
  selectRequest,
  submitRequests,
} from '../../storage/tables/requests.js';
import { applySuccess } from '../../storage/tables/results.js';
import { leaseDue } from '../../storage/tables/leases.js';
import { coreStore, dayMs, request, result, type Store } from './core-store.js';

const lease = (store: Store, ids: string[], wallMs = 1_000, bootId = 'boot-1') =>
  store.run(leaseDue({ attemptIds: ids, bootId, backend: 'embedded', wallMs }));

describe('submitting', () => {
  test('a request is stored once, and submitting it again attaches to the first', () => {
    const store = coreStore();
    expect(store.run(submitRequests([request('r1'), request('r2')]))).toMatchObject([
      { disposition: 'accepted', requestId: 'r1', state: 'queued' },
      { disposition: 'accepted', requestId: 'r2', state: 'queued' },
    ]);
    const again = [
      request('r1'),
      request('other-id', { idempotency_key: 'key of r2', submitted_wall_ms: 5_000 }),
    ];
    expect(store.run(submitRequests(again))).toMatchObject([
      { disposition: 'attached', requestId: 'r1', state: 'queued' },
      { disposition: 'attached', requestId: 'r2', state: 'queued' },
    ]);
    expect(store.count('requests')).toBe(2);
  });

  test.each([
    ['payload', { payload_json: '{"a":2}' }],
    ['payload version', { payload_version: 2 }],
    ['kind', { kind: 'oos' as const }],
    ['strategy', { strategy_id: 's2' }],
  ])('the same key with another %s is a conflict and stores nothing', (_what, changes) => {
    const store = coreStore();
    store.run(submitRequests([request('r1')]));
    const other = request('r2', { idempotency_key: 'key of r1', ...changes });
    expect(store.run(submitRequests([other]))).toMatchObject([
      { disposition: 'conflict', requestId: 'r1', state: 'queued' },
    ]);
    expect(store.count('requests')).toBe(1);
  });

  test('the same id under another key is a conflict with whoever has the id', () => {
    const store = coreStore();
    store.run(submitRequests([request('r1')]));
    const [outcome] = store.run(submitRequests([request('r1', { idempotency_key: 'another key' })]));
    expect(outcome).toMatchObject({ disposition: 'conflict', requestId: 'r1', state: 'queued' });
  });

  test('a request of an unknown strategy breaks a rule of the schema', () => {
    const store = coreStore();
    const outcome = store.try(submitRequests([request('r1', { strategy_id: 'nobody' })]));
    expect(outcome).toMatchObject({ ok: false, error: { code: 'constraint', retryable: false } });
    expect(store.count('requests')).toBe(0);
  });

  test('what cannot be tried is recorded as failed at once and is never leased', () => {
    const store = coreStore();
    const failed = recordFailedRequest(request('r1'), { code: 'no_candles', message: 'none of USDJPY' });
    expect(store.run(failed)).toMatchObject({ disposition: 'accepted', requestId: 'r1', state: 'failed' });
    expect(store.run(failed)).toMatchObject({ disposition: 'attached', requestId: 'r1', state: 'failed' });
    expect(store.all(selectRequest({ requestId: 'r1' }))).toMatchObject([
      { state: 'failed', failure_code: 'no_candles', terminal_wall_ms: 1_000, attempts_used: 0 },
    ]);
    expect(lease(store, ['a1'])).toEqual([]);
  });
});

describe('expiry and cancelling', () => {
  test('a request that waited for its whole time expires, one that is out does not', () => {
    const store = coreStore();
    store.run(submitRequests([request('out'), request('waits', { priority: 1 })]));
    lease(store, ['a1']);
    expect(store.run(expireOverdue(1_000 + dayMs - 1, 10))).toEqual([]);
    expect(store.run(expireOverdue(1_000 + dayMs, 10))).toEqual(['waits']);
    expect(store.all(selectRequest({ requestId: 'waits' }))).toMatchObject([
      { state: 'expired', failure_code: 'expired', terminal_wall_ms: 1_000 + dayMs },
    ]);
    expect(store.all(selectRequest({ requestId: 'out' }))).toMatchObject([{ state: 'leased' }]);
  });

  test('expiry takes as many as it is allowed, the oldest first', () => {
    const store = coreStore();
    store.run(
      submitRequests([request('later', { expires_wall_ms: 20 }), request('sooner', { expires_wall_ms: 10 })]),
    );
    expect(store.run(expireOverdue(100, 1))).toEqual(['sooner']);
    expect(store.run(expireOverdue(100, 1))).toEqual(['later']);
  });

  test('an expired request is not leased even before anybody has noticed', () => {
    const store = coreStore();
    store.run(submitRequests([request('r1', { expires_wall_ms: 2_000 })]));
    expect(lease(store, ['a1'], 2_000)).toEqual([]);
  });

  test('cancelling is possible until the request is terminal; its answer is late then', () => {
    const store = coreStore();
    store.run(submitRequests([request('r1')]));
    lease(store, ['a1']);
    expect(store.run(cancelRequest('r1', 1_500, 'not wanted'))).toBe(true);
    expect(store.run(cancelRequest('r1', 1_600, 'again'))).toBe(false);
    expect(store.run(applySuccess(result('a1', 2_000), '{}')).disposition).toBe('late');
  });
});

describe('counts', () => {
  test('counts by kind and state, open ones, outcomes of a job and the next due time', () => {
    const store = coreStore();
    expect(store.all(selectNextDue({}))).toEqual([{ due_wall_ms: null, expires_wall_ms: null }]);
    store.run(
      submitRequests([
        request('r1'),
        request('r2', { kind: 'oos', due_wall_ms: 9_000, expires_wall_ms: 70_000 }),
        request('r3', { due_wall_ms: 8_000 }),
      ]),
    );
    lease(store, ['a1']);
    store.run(applySuccess(result('a1', 4_000), '{}'));
    expect(store.all(selectNextDue({}))).toEqual([{ due_wall_ms: 8_000, expires_wall_ms: 70_000 }]);
    const queued = { kind: 'backtest', state: 'queued', count: 1 };
    const queuedOos = { kind: 'oos', state: 'queued', count: 1 };
    const succeeded = { kind: 'backtest', state: 'succeeded', count: 1 };
    expect(store.all(countOpenRequests({}))).toEqual([queued, queuedOos]);
    expect(store.all(countRequests({}))).toEqual([queued, succeeded, queuedOos]);
    expect(store.all(selectOutcomes(['r1', 'unknown']))).toEqual([
      {
        request_id: 'r1',
        kind: 'backtest',
        strategy_id: 's1',
        state: 'succeeded',
        failure_code: null,
        submitted_wall_ms: 1_000,
        terminal_wall_ms: 4_000,
        leases: 1,
        late: 0,
      },
    ]);
  });

  test('latency percentiles are nearest ranks of what succeeded', () => {
    const store = coreStore();
    const ids = Array.from({ length: 100 }, (_, place) => `r${place}`);
    store.run(submitRequests(ids.map((id) => request(id))));
    lease(
      store,
      ids.map((id) => `attempt of ${id}`),
    );
    for (const [place, id] of ids.entries()) {
      store.run(applySuccess(result(`attempt of ${id}`, 1_001 + place), '{}'));
    }
    const latencies = store.all(selectLatencies({ sinceWallMs: 0 }));
    expect(latencies).toEqual([{ kind: 'backtest', count: 100, p50: 50, p95: 95, p99: 99 }]);
    expect(store.all(selectLatencies({ sinceWallMs: 5_000 }))).toEqual([]);
  });
});
