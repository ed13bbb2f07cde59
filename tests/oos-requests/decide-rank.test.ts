/** A change of rank is one transaction: all of it, or nothing. */
import { describe, expect, test } from '@jest/globals';
import type { NewNotification } from '../../protocols/db-notifier.js';
import type { RankOutcome, RankVerdict } from '../../protocols/db-rows.js';
import { coreVerb } from '../../actors/db-writes/core-verbs.js';
import { coreStore } from '../storage/core-store.js';
import type { Store } from '../storage/core-store.js';

const notice: NewNotification = {
  notificationId: 'rank:s1',
  topic: 'ranks',
  severity: 'info',
  title: 'a change',
  body: '',
  collapseKey: null,
  sourceWallMs: 1,
  createdWallMs: 1,
  expiresWallMs: 2,
};

const verdict = (verdictId: string, rankBefore: string | null, rankAfter: string | null): RankVerdict => ({
  verdictId,
  strategyId: 's1',
  rankBefore,
  rankAfter,
  reason: 'test',
  policyName: 'documented',
  policyVersion: 1,
  thresholdsJson: '{}',
  evidenceJson: '{}',
  decidedWallMs: 1_000,
});

function decide(store: Store, given: RankVerdict, expectedVersion: number): RankOutcome {
  const verb = coreVerb({
    type: 'decide_rank',
    verdict: given,
    expectedVersion,
    decidedBy: 'test',
    notification: notice,
  });
  return store.run(verb) as RankOutcome;
}

const contents = (store: Store) => ({
  ranks: store.connection.prepare('SELECT rank, version, verdict_id FROM ranks').all(),
  verdicts: store.connection.prepare('SELECT verdict_id FROM rank_verdicts ORDER BY 1').pluck().all(),
  transitions: store.connection
    .prepare(
      "SELECT version || ' ' || coalesce(rank_before, '-') || ' ' || coalesce(rank_after, '-') FROM rank_transitions ORDER BY 1",
    )
    .pluck()
    .all(),
  told: store.connection.prepare('SELECT notification_id FROM outbox ORDER BY 1').pluck().all(),
});

test('the rank, its verdict, its transition and its notice come together, each once', () => {
  const store = coreStore();
  expect(decide(store, verdict('v1', null, 'B'), 0)).toMatchObject({ disposition: 'changed' });
  expect(decide(store, verdict('v1', null, 'B'), 0)).toMatchObject({ disposition: 'duplicate' });
  expect(decide(store, verdict('v1', 'B', 'B'), 1)).toMatchObject({ disposition: 'duplicate' });
  expect(decide(store, verdict('v2', 'B', 'A'), 1)).toMatchObject({ disposition: 'changed' });
  expect(contents(store)).toEqual({
    ranks: [{ rank: 'A', version: 2, verdict_id: 'v2' }],
    verdicts: ['v1', 'v2'],
    transitions: ['1 - B', '2 B A'],
    told: ['rank:s1:1', 'rank:s1:2'],
  });
});

test('another verdict of the same rank is recorded, and nobody is told', () => {
  const store = coreStore();
  decide(store, verdict('v1', null, 'B'), 0);
  decide(store, verdict('v2', 'B', 'B'), 1);
  expect(contents(store)).toMatchObject({ transitions: ['1 - B', '2 B B'], told: ['rank:s1:1'] });
});

test('a rank that comes back by the same evidence is a change again, told again', () => {
  const store = coreStore();
  decide(store, verdict('v1', null, 'B'), 0);
  decide(store, verdict('v2', 'B', 'A'), 1);
  decide(store, verdict('v3', 'A', 'B'), 2);
  decide(store, verdict('v2', 'B', 'A'), 3);
  expect(contents(store)).toMatchObject({
    ranks: [{ rank: 'A', version: 4, verdict_id: 'v2' }],
    transitions: ['1 - B', '2 B A', '3 A B', '4 B A'],
    told: ['rank:s1:1', 'rank:s1:2', 'rank:s1:3', 'rank:s1:4'],
  });
});

test('who judged an older version changes and tells nothing', () => {
  const store = coreStore();
  decide(store, verdict('v1', null, 'B'), 0);
  const before = contents(store);
  expect(decide(store, verdict('v2', 'B', 'A'), 0)).toEqual({
    disposition: 'conflict',
    current: { rank: 'B', version: 1 },
  });
  expect(contents(store)).toEqual(before);
});

test.each<[string | null, string | null]>([
  [null, 'A'],
  [null, 'S'],
  ['B', 'S'],
  ['RETIRED', 'B'],
  ['LEGEND', null],
  ['B', 'GRAVEYARD'],
])('from %s to %s is no transition: nothing is stored', (from, to) => {
  const store = coreStore();
  expect(decide(store, verdict('v1', from, to), 0)).toEqual({ disposition: 'illegal', current: null });
  expect(contents(store)).toEqual({ ranks: [], verdicts: [], transitions: [], told: [] });
});

describe('a statement that fails leaves nothing of the others', () => {
  test.each(['rank_verdicts', 'rank_transitions', 'outbox'])('when %s takes nothing in', (table) => {
    const store = coreStore();
    decide(store, verdict('v1', null, 'B'), 0);
    const before = contents(store);
    store.connection.exec(
      `CREATE TRIGGER full BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, 'no room'); END`,
    );
    const verb = coreVerb({
      type: 'decide_rank',
      verdict: verdict('v2', 'B', 'A'),
      expectedVersion: 1,
      notification: notice,
    });
    expect(attempt(() => store.try(verb))).toBe(false);
    expect(contents(store)).toEqual(before);
    store.connection.exec('DROP TRIGGER full');
    expect(decide(store, verdict('v2', 'B', 'A'), 1)).toMatchObject({ disposition: 'changed' });
  });
});

/** Refused or thrown: either way it was not taken. */
function attempt(run: () => { readonly ok: boolean }): boolean {
  try {
    return run().ok;
  } catch {
    return false;
  }
}
