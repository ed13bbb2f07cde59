/** The life of requests against a small model: whatever arrives in whatever order, one effect each. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyFailure } from '../../storage/tables/failures.js';
import { leaseDue, recoverBoots, returnLeases } from '../../storage/tables/leases.js';
import {
  cancelRequest,
  expireOverdue,
  selectRequest,
  submitRequests,
} from '../../storage/tables/requests.js';
import { applySuccess } from '../../storage/tables/results.js';
import { coreStore, failure, request, result, type Store } from './core-store.js';

const attemptsMax = 2;
const rescuesMax = 3;
const lifeMs = 60;

interface ModelRequest {
  state: string;
  used: number;
  rescues: number;
  dueMs: number;
  expiresMs: number;
  accepted: string | null;
}
interface ModelAttempt {
  readonly requestId: string;
  open: boolean;
  lateKept: boolean;
}
class Model {
  nowMs = 1_000;
  readonly requests = new Map<string, ModelRequest>();
  readonly attempts = new Map<string, ModelAttempt>();

  /** In order of submission; all of one priority. */
  due(): string[] {
    return [...this.requests]
      .filter(
        ([, { state, dueMs, expiresMs }]) =>
          state === 'queued' && dueMs <= this.nowMs && expiresMs > this.nowMs,
      )
      .sort(([, a], [, b]) => a.dueMs - b.dueMs)
      .map(([id]) => id);
  }

  pick(place: number): readonly [string, ModelAttempt, ModelRequest] | undefined {
    const entry = [...this.attempts][place % Math.max(1, this.attempts.size)];
    const owner = entry === undefined ? undefined : this.requests.get(entry[1].requestId);
    return entry === undefined || owner === undefined ? undefined : [entry[0], entry[1], owner];
  }
}

type Step = fc.Command<Model, Store>;
const step = (name: string, run: (model: Model, store: Store) => void): Step => ({
  check: () => true,
  run: (model, store) => {
    model.nowMs += 1;
    run(model, store);
    agree(model, store);
  },
  toString: () => name,
});

const isOpen = ({ state }: ModelRequest): boolean => state === 'queued' || state === 'leased';

const submit = (number: number): Step =>
  step(`submit ${number}`, (model, store) => {
    const id = `r${number}`;
    const known = model.requests.get(id);
    const times = {
      due_wall_ms: model.nowMs,
      submitted_wall_ms: model.nowMs,
      expires_wall_ms: model.nowMs + lifeMs,
    };
    const [outcome] = store.run(submitRequests([request(id, { attempts_max: attemptsMax, ...times })]));
    expect(outcome?.disposition).toBe(known === undefined ? 'accepted' : 'attached');
    const fresh = { state: 'queued', used: 0, rescues: 0, accepted: null };
    if (known === undefined) {
      model.requests.set(id, { ...fresh, dueMs: model.nowMs, expiresMs: model.nowMs + lifeMs });
    }
  });

const lease = (count: number): Step =>
  step(`lease ${count}`, (model, store) => {
    const attemptIds = Array.from({ length: count }, (_, place) => `a${model.attempts.size + place}`);
    const wallMs = model.nowMs;
    const leased = store.run(leaseDue({ attemptIds, bootId: 'boot-1', backend: 'embedded', wallMs }));
    const expected = model.due().slice(0, count);
    expect(leased.map((row) => row.request_id)).toEqual(expected);
    for (const row of leased) {
      const owner = model.requests.get(row.request_id);
      if (owner !== undefined) owner.state = 'leased';
      model.attempts.set(row.attempt_id, { requestId: row.request_id, open: true, lateKept: false });
    }
  });

const succeed = (place: number): Step =>
  step(`succeed ${place}`, (model, store) => {
    const [id, attempt, owner] = model.pick(place) ?? [];
    const { disposition } = store.run(applySuccess(result(id ?? 'nobody', model.nowMs), '{}'));
    if (id === undefined || attempt === undefined || owner === undefined) {
      expect(disposition).toBe('unknown_attempt');
      return;
    }
    if (isOpen(owner)) {
      expect(disposition).toBe('applied');
      Object.assign(owner, { state: 'succeeded', accepted: id, used: owner.used + 1 });
    } else if (owner.accepted === id || attempt.lateKept) {
      expect(disposition).toBe('duplicate');
    } else {
      expect(disposition).toBe('late');
      attempt.lateKept = true;
    }
    attempt.open = false;
  });

const fail = (place: number, retryable: boolean, answered: boolean): Step =>
  step(
    `fail ${place} ${retryable ? 'retryable' : 'for good'} ${answered ? 'answer' : 'deadline'}`,
    (model, store) => {
      const [id, attempt, owner] = model.pick(place) ?? [];
      const dueWallMs = model.nowMs + 5;
      const failed = failure(id ?? 'nobody', { retryable, answered, wallMs: model.nowMs, dueWallMs });
      const { disposition } = store.run(applyFailure(failed));
      if (attempt === undefined || owner === undefined) {
        expect(disposition).toBe('unknown_attempt');
        return;
      }
      if (attempt.open && owner.state === 'leased') {
        owner.used += 1;
        owner.state = !retryable ? 'failed' : owner.used < attemptsMax ? 'queued' : 'dead_lettered';
        if (owner.state === 'queued') owner.dueMs = dueWallMs;
        expect(disposition).toBe(owner.state === 'queued' ? 'requeued' : owner.state);
      } else if (!answered) {
        expect(disposition).toBe('stale');
      } else {
        expect(disposition).toBe(attempt.lateKept ? 'duplicate' : 'late');
        attempt.lateKept = true;
      }
      attempt.open = false;
    },
  );

/** Both ways back: at boot all open attempts, or one that is handed back. */
function putBack(model: Model, ids: readonly string[], crash: boolean): void {
  for (const id of ids) {
    const attempt = model.attempts.get(id);
    const owner = attempt === undefined ? undefined : model.requests.get(attempt.requestId);
    if (attempt?.open !== true || owner === undefined) continue;
    attempt.open = false;
    if (owner.state !== 'leased') continue;
    if (crash) owner.rescues += 1;
    owner.state = crash && owner.rescues >= rescuesMax ? 'dead_lettered' : 'queued';
  }
}

const crash = (): Step =>
  step('crash', (model, store) => {
    store.run(recoverBoots({ bootId: 'boot-2', wallMs: model.nowMs, crash: true, rescuesMax }));
    putBack(model, [...model.attempts.keys()], true);
  });

const handBack = (place: number): Step =>
  step(`hand back ${place}`, (model, store) => {
    const [id = 'nobody'] = model.pick(place) ?? [];
    store.run(returnLeases({ attemptIds: [id], wallMs: model.nowMs, crash: false }));
    putBack(model, [id], false);
  });

const pass = (ms: number): Step =>
  step(`pass ${ms} ms`, (model, store) => {
    model.nowMs += ms;
    const expired = store.run(expireOverdue(model.nowMs, 100));
    const due = [...model.requests].filter(([, r]) => r.state === 'queued' && r.expiresMs <= model.nowMs);
    expect([...expired].sort()).toEqual(due.map(([id]) => id).sort());
    for (const [, owner] of due) owner.state = 'expired';
  });

const cancel = (number: number): Step =>
  step(`cancel ${number}`, (model, store) => {
    const owner = model.requests.get(`r${number}`);
    const open = owner !== undefined && isOpen(owner);
    expect(store.run(cancelRequest(`r${number}`, model.nowMs, 'test'))).toBe(open);
    if (open) owner.state = 'cancelled';
  });

/** The laws that hold after every step, beside agreement with the model. */
function agree(model: Model, store: Store): void {
  for (const [requestId, expected] of model.requests) {
    const [row] = store.all(selectRequest({ requestId }));
    expect(row).toMatchObject({
      state: expected.state,
      attempts_used: expected.used,
      rescues: expected.rescues,
      accepted_attempt_id: expected.accepted,
    });
  }
  const succeeded = [...model.requests.values()].filter(({ state }) => state === 'succeeded').length;
  const late = [...model.attempts.values()].filter(({ lateKept }) => lateKept).length;
  const counts = ['requests', 'results', 'late_answers', 'attempts'].map((table) => store.count(table));
  expect(counts).toEqual([model.requests.size, succeeded, late, model.attempts.size]);
  const leasedWithoutOneOpenAttempt = `requests WHERE state = 'leased' AND 1 <> (SELECT count(*) FROM attempts
    WHERE attempts.request_id = requests.request_id AND ended_wall_ms IS NULL)`;
  const twoOpen = `(SELECT 1 FROM attempts WHERE ended_wall_ms IS NULL GROUP BY request_id HAVING count(*) > 1)`;
  expect([store.count(leasedWithoutOneOpenAttempt), store.count(twoOpen)]).toEqual([0, 0]);
}

test('whatever arrives in whatever order, a request ends once, has one result at most, and late answers are kept', () => {
  const place = fc.nat({ max: 9 });
  const number = fc.integer({ min: 1, max: 4 });
  const commands = fc.commands(
    [
      number.map(submit),
      fc.integer({ min: 1, max: 3 }).map(lease),
      place.map(succeed),
      fc
        .tuple(place, fc.boolean(), fc.boolean())
        .map(([at, retryable, answered]) => fail(at, retryable, answered)),
      fc.constant(crash()),
      place.map(handBack),
      fc.integer({ min: 1, max: 30 }).map(pass),
      number.map(cancel),
    ],
    { maxCommands: 40, size: 'max' },
  );
  fc.assert(
    fc.property(commands, (steps) => {
      const store = coreStore();
      try {
        fc.modelRun(() => ({ model: new Model(), real: store }), steps);
      } finally {
        store.connection.close();
      }
    }),
    { numRuns: 200 },
  );
});
