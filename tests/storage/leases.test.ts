import { describe, expect, test } from '@jest/globals';
import { countOpenAttempts, noteSent, selectAttemptsOfRequest } from '../../storage/tables/attempts.js';
import { applyFailure } from '../../storage/tables/failures.js';
import { leaseDue, recoverBoots, returnLeases } from '../../storage/tables/leases.js';
import { selectRequest, submitRequests } from '../../storage/tables/requests.js';
import { applySuccess } from '../../storage/tables/results.js';
import { coreStore, failure, request, result, type Store } from './core-store.js';

const lease = (store: Store, ids: string[], wallMs = 1_000, bootId = 'boot-1') =>
  store.run(leaseDue({ attemptIds: ids, bootId, backend: 'embedded', wallMs }));

const stateOf = (store: Store, requestId: string) => store.all(selectRequest({ requestId }))[0];
const attemptsOf = (store: Store, requestId: string) =>
  store.all(selectAttemptsOfRequest({ requestId, limit: 10 }));

describe('leasing', () => {
  test('due requests go out by priority, then due time, then order of submission, with the ids given', () => {
    const store = coreStore();
    store.run(
      submitRequests([
        request('late', { due_wall_ms: 900 }),
        request('early', { due_wall_ms: 800 }),
        request('same-a', { due_wall_ms: 850 }),
        request('same-b', { due_wall_ms: 850 }),
        request('urgent', { priority: -1, due_wall_ms: 990 }),
        request('not-due', { priority: -2, due_wall_ms: 1_001 }),
      ]),
    );
    const leased = lease(store, ['a1', 'a2', 'a3', 'a4']);
    expect(leased.map((row) => [row.attempt_id, row.request_id, row.number])).toEqual([
      ['a1', 'urgent', 1],
      ['a2', 'early', 1],
      ['a3', 'same-a', 1],
      ['a4', 'same-b', 1],
    ]);
    expect(lease(store, ['a5', 'a6']).map((row) => row.request_id)).toEqual(['late']);
    expect(stateOf(store, 'not-due')).toMatchObject({ state: 'queued', leases: 0 });
  });

  test('the same lease again, after its answer was lost, returns what it took and takes nothing twice', () => {
    const store = coreStore();
    store.run(submitRequests([request('r1'), request('r2'), request('r3')]));
    const first = lease(store, ['a1', 'a2']);
    expect(lease(store, ['a1', 'a2'])).toEqual(first);
    expect(store.count('attempts')).toBe(2);
    expect(stateOf(store, 'r1')).toMatchObject({ leases: 1 });
    expect(stateOf(store, 'r3')).toMatchObject({ state: 'queued' });
  });

  test('the places at the end go to the longest waiting of any priority, so that urgent ones starve nobody', () => {
    const store = coreStore();
    store.run(
      submitRequests([
        request('backlog-1', { priority: 100, due_wall_ms: 10 }),
        request('backlog-2', { priority: 100, due_wall_ms: 20 }),
        ...[1, 2, 3, 4].map((n) => request(`live-${n}`, { priority: 0, due_wall_ms: 500 + n })),
      ]),
    );
    const wallMs = 1_000;
    const taken = store.run(
      leaseDue({
        attemptIds: ['a1', 'a2', 'a3'],
        bootId: 'boot-1',
        backend: 'embedded',
        wallMs,
        longestWaiting: 1,
      }),
    );
    expect(taken.map((row) => row.request_id)).toEqual(['live-1', 'live-2', 'backlog-1']);
    const all = {
      attemptIds: ['b1', 'b2'],
      bootId: 'boot-1',
      backend: 'embedded',
      wallMs,
      longestWaiting: 2,
    };
    expect(store.run(leaseDue(all)).map((row) => row.request_id)).toEqual(['backlog-2', 'live-3']);
    expect(store.run(leaseDue(all)).map((row) => row.request_id)).toEqual(['backlog-2', 'live-3']);
    expect(store.count('attempts')).toBe(5);
  });

  test('when an attempt left the socket is noted once, and no more after its end', () => {
    const store = coreStore();
    store.run(submitRequests([request('r1')]));
    lease(store, ['a1']);
    store.do(noteSent({ attemptId: 'a1', wallMs: 1_100 }), noteSent({ attemptId: 'a1', wallMs: 1_200 }));
    expect(attemptsOf(store, 'r1')).toMatchObject([{ sent_wall_ms: 1_100, ended_wall_ms: null }]);
    expect(store.all(countOpenAttempts({}))).toEqual([{ backend: 'embedded', count: 1 }]);
  });
});

describe('answers', () => {
  test('a success closes the attempt and the request and stores the result, once', () => {
    const store = coreStore();
    store.run(submitRequests([request('r1')]));
    lease(store, ['a1']);
    const applied = applySuccess(result('a1', 2_000), '{}');
    expect(store.run(applied)).toEqual({ disposition: 'applied', requestId: 'r1' });
    expect(store.count('results')).toBe(1);
    expect(store.run(applied)).toEqual({ disposition: 'duplicate', requestId: 'r1' });
    expect(stateOf(store, 'r1')).toMatchObject({
      state: 'succeeded',
      accepted_attempt_id: 'a1',
      attempts_used: 1,
      terminal_wall_ms: 2_000,
    });
    expect(attemptsOf(store, 'r1')).toMatchObject([{ outcome: 'succeeded', ended_wall_ms: 2_000 }]);
    expect([store.count('results'), store.count('late_answers')]).toEqual([1, 0]);
  });

  test('an answer of nobody is told apart and leaves no trace', () => {
    const store = coreStore();
    const unknown = { disposition: 'unknown_attempt', requestId: null };
    expect(store.run(applySuccess(result('ghost', 2_000), '{}'))).toEqual(unknown);
    expect(store.run(applyFailure(failure('ghost')))).toMatchObject(unknown);
    expect([store.count('results'), store.count('late_answers')]).toEqual([0, 0]);
  });

  test('an old attempt is accepted while its request is open; the younger one is late then, and kept', () => {
    const store = coreStore();
    store.run(submitRequests([request('r1')]));
    lease(store, ['a1']);
    store.run(applyFailure(failure('a1', { code: 'deadline', answered: false, dueWallMs: 3_000 })));
    lease(store, ['a2'], 3_000);
    expect(store.run(applySuccess(result('a1', 4_000), '{}')).disposition).toBe('applied');
    const late = applySuccess(result('a2', 5_000), '{"trades":3}');
    expect(store.run(late).disposition).toBe('late');
    expect(store.run(late).disposition).toBe('duplicate');
    expect(attemptsOf(store, 'r1')).toMatchObject([{ outcome: 'succeeded' }, { outcome: 'late' }]);
    expect([store.count('results'), store.count('late_answers')]).toEqual([1, 1]);
    expect(stateOf(store, 'r1')).toMatchObject({ accepted_attempt_id: 'a1', terminal_wall_ms: 4_000 });
  });

  test('a retryable failure is due again at the given time until the attempts are used up', () => {
    const store = coreStore();
    store.run(submitRequests([request('r1', { attempts_max: 2 })]));
    lease(store, ['a1']);
    expect(store.run(applyFailure(failure('a1')))).toEqual({
      disposition: 'requeued',
      requestId: 'r1',
      attemptsUsed: 1,
    });
    expect(stateOf(store, 'r1')).toMatchObject({
      state: 'queued',
      due_wall_ms: 7_000,
      terminal_wall_ms: null,
    });
    expect(lease(store, ['a2'], 6_999)).toEqual([]);
    expect(lease(store, ['a2'], 7_000)).toMatchObject([{ number: 2, attempts_used: 1 }]);
    expect(store.run(applyFailure(failure('a2', { wallMs: 8_000 })))).toMatchObject({
      disposition: 'dead_lettered',
      attemptsUsed: 2,
    });
    expect(stateOf(store, 'r1')).toMatchObject({
      state: 'dead_lettered',
      failure_code: 'engine_died',
      terminal_wall_ms: 8_000,
    });
  });

  test('a failure that no second try can change is terminal at once', () => {
    const store = coreStore();
    store.run(submitRequests([request('r1')]));
    lease(store, ['a1']);
    const outcome = store.run(applyFailure(failure('a1', { code: 'too_few_bars', retryable: false })));
    expect(outcome).toMatchObject({ disposition: 'failed', attemptsUsed: 1 });
    expect(stateOf(store, 'r1')).toMatchObject({ state: 'failed', failure_code: 'too_few_bars' });
  });

  test('an attempt that no live backend took is not used up', () => {
    const store = coreStore();
    store.run(submitRequests([request('r1', { attempts_max: 1 })]));
    lease(store, ['a1']);
    expect(store.run(applyFailure(failure('a1', { taken: false, answered: false })))).toMatchObject({
      disposition: 'requeued',
      attemptsUsed: 0,
    });
  });

  test('the same failure again is a duplicate, another one of a closed attempt is late, our own deadline is stale', () => {
    const store = coreStore();
    store.run(submitRequests([request('r1')]));
    lease(store, ['a1']);
    store.run(applyFailure(failure('a1')));
    expect(store.run(applyFailure(failure('a1'))).disposition).toBe('duplicate');
    expect(store.run(applyFailure(failure('a1', { wallMs: 2_500, answered: false }))).disposition).toBe(
      'stale',
    );
    expect(store.count('late_answers')).toBe(0);
    expect(store.run(applyFailure(failure('a1', { wallMs: 3_000 }))).disposition).toBe('late');
    expect(store.run(applyFailure(failure('a1', { wallMs: 3_500 }))).disposition).toBe('duplicate');
    expect(store.count('late_answers')).toBe(1);
    expect(stateOf(store, 'r1')).toMatchObject({ state: 'queued', attempts_used: 1 });
  });
});

describe('rescue', () => {
  test('what another boot left open is queued again in front, uses no attempt, and its answer still counts', () => {
    const store = coreStore();
    store.run(submitRequests([request('r1'), request('r2')]));
    lease(store, ['a1']);
    expect(store.run(recoverBoots({ bootId: 'boot-1', wallMs: 1_500, crash: true }))).toEqual([]);
    expect(store.run(recoverBoots({ bootId: 'boot-2', wallMs: 1_500, crash: true }))).toEqual([
      { requestId: 'r1', state: 'queued', rescues: 1 },
    ]);
    expect(attemptsOf(store, 'r1')).toMatchObject([{ outcome: 'abandoned', ended_wall_ms: 1_500 }]);
    expect(lease(store, ['a2'], 2_000, 'boot-2')).toMatchObject([
      { request_id: 'r1', number: 2, attempts_used: 0, rescues: 1 },
    ]);
    expect(store.run(applySuccess(result('a1', 3_000), '{}')).disposition).toBe('applied');
    expect(store.run(applySuccess(result('a2', 4_000), '{}')).disposition).toBe('late');
  });

  test('a request that went down with three crashes is taken for their cause', () => {
    const store = coreStore();
    store.run(submitRequests([request('r1')]));
    const rescued = ['a1', 'a2', 'a3'].map((id, crashes) => {
      lease(store, [id], 1_000, 'boot-1');
      return store.run(recoverBoots({ bootId: 'boot-2', wallMs: 2_000 + crashes, crash: true }))[0];
    });
    expect(rescued.map((row) => row?.state)).toEqual(['queued', 'queued', 'dead_lettered']);
    expect(stateOf(store, 'r1')).toMatchObject({
      state: 'dead_lettered',
      failure_code: 'crash_loop',
      rescues: 3,
      attempts_used: 0,
      terminal_wall_ms: 2_002,
    });
  });

  test('leases handed back at shutdown are no crashes', () => {
    const store = coreStore();
    store.run(submitRequests([request('r1'), request('r2')]));
    for (const round of [1, 2, 3, 4]) {
      const ids = [`a${round}`, `b${round}`];
      lease(store, ids);
      const back = store.run(returnLeases({ attemptIds: ids, wallMs: 1_000 + round, crash: false }));
      expect(back.map(({ state, rescues }) => [state, rescues])).toEqual([
        ['queued', 0],
        ['queued', 0],
      ]);
    }
    expect(store.all(countOpenAttempts({}))).toEqual([]);
  });

  test('an attempt that has ended cannot be handed back', () => {
    const store = coreStore();
    store.run(submitRequests([request('r1')]));
    lease(store, ['a1']);
    store.run(applySuccess(result('a1', 2_000), '{}'));
    expect(store.run(returnLeases({ attemptIds: ['a1'], wallMs: 3_000, crash: true }))).toEqual([]);
    expect(stateOf(store, 'r1')).toMatchObject({ state: 'succeeded' });
  });
});
