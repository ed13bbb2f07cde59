/** A refresh is one transaction, the same one twice is once, and a demoted leg is never seen in an active pair. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pairVerbs } from '../../actors/db-writes/pair-verbs.js';
import { openReadOnlyDatabase } from '../../storage/database.js';
import { together, verb } from '../../storage/statement.js';
import { decideRank } from '../../storage/tables/ranks.js';
import { deactivatePairsOf } from '../../storage/tables/pairs.js';
import { selectActivePairs } from '../../storage/tables/pair-views.js';
import type { Store } from '../storage/core-store.js';
import { coreStore } from '../storage/core-store.js';
import { temporaryFile } from '../storage/temporary.js';
import { emptyRefresh, refreshOfOnePair, verdict } from './refresh-rows.js';

/** Both legs are of rank A by `v1` and `v2`. */
function ranked(file?: string): Store {
  const store = coreStore(file);
  store.run(decideRank(verdict('v1', 's1', 'A'), 0));
  store.run(decideRank(verdict('v2', 's2', 'A'), 0));
  return store;
}

const record = (refresh: Parameters<typeof pairVerbs.record_pair_refresh>[0]) =>
  pairVerbs.record_pair_refresh(refresh);
const asMessage = (refresh: ReturnType<typeof emptyRefresh>) =>
  ({ type: 'record_pair_refresh', ...refresh }) as const;

const active = (store: Store): readonly string[] =>
  store.all(selectActivePairs({})).map(({ refresh_id, pair_id }) => `${refresh_id}:${pair_id}`);

const notified = (store: Store): readonly unknown[] =>
  store.connection.prepare('SELECT notification_id FROM outbox ORDER BY seq').pluck().all();

const tables = [
  'pair_refreshes',
  'pair_definitions',
  'pair_scores',
  'pair_slots',
  'pair_activations',
  'outbox',
];
const everything = (store: Store): unknown =>
  tables.map((table) => store.connection.prepare(`SELECT * FROM ${table}`).all());

/** What the rank's transaction consists of, as far as pairs are concerned. */
const demote = (verdictId: string, strategyId: string, rank: string | null, version: number) => {
  const rankChange = decideRank(verdict(verdictId, strategyId, rank), version);
  const demotion = { strategyId, verdictId, wallMs: 5_000, expiresWallMs: 99_999 };
  return verb([...rankChange.statements, ...deactivatePairsOf(demotion)], (results) =>
    rankChange.read(results.slice(0, rankChange.statements.length)),
  );
};

test('a refresh leaves its row, definitions, scores, slots, activations and notifications', () => {
  const store = ranked();
  expect(store.run(record(asMessage(refreshOfOnePair('r1', null))))).toBe('recorded');
  expect(active(store)).toEqual(['r1:p']);
  expect(notified(store)).toEqual(['pair_active:r1:p']);
  expect(
    ['pair_refreshes', 'pair_definitions', 'pair_scores', 'pair_slots'].map((t) => store.count(t)),
  ).toEqual([1, 1, 1, 1]);
});

test('the same refresh again changes nothing', () => {
  const store = ranked();
  const message = asMessage(refreshOfOnePair('r1', null));
  store.run(record(message));
  const before = everything(store);
  expect(store.run(record(message))).toBe('duplicate');
  expect(everything(store)).toEqual(before);
});

test('a refresh that another one has overtaken stores nothing', () => {
  const store = ranked();
  store.run(record(asMessage(emptyRefresh('r1', null))));
  expect(store.run(record(asMessage(refreshOfOnePair('r2', null))))).toBe('conflict');
  expect(active(store)).toEqual([]);
  expect(store.count('pair_definitions')).toBe(0);
  expect(notified(store)).toEqual(['pairs_empty:r1']);
});

test('a refresh whose legs have been judged anew since stores nothing', () => {
  const store = ranked();
  store.run(decideRank(verdict('v3', 's1', 'B'), 1));
  expect(store.run(record(asMessage(refreshOfOnePair('r1', null))))).toBe('conflict');
  expect(store.count('pair_refreshes')).toBe(0);
});

test('a pair that goes on is not told of again; one that is given up ends and is told of once', () => {
  const store = ranked();
  store.run(record(asMessage(refreshOfOnePair('r1', null))));
  store.run(record(asMessage(refreshOfOnePair('r2', 'r1'))));
  expect(active(store)).toEqual(['r1:p']);
  store.run(record(asMessage(emptyRefresh('r3', 'r2'))));
  store.run(record(asMessage(emptyRefresh('r3', 'r2'))));
  expect(active(store)).toEqual([]);
  expect(notified(store)).toEqual(['pair_active:r1:p', 'pair_ended:r1:p', 'pairs_empty:r3']);
});

test('other weights are another activation, and no news', () => {
  const store = ranked();
  store.run(record(asMessage(refreshOfOnePair('r1', null))));
  const wanted = [{ pairId: 'p', slot: 'USDJPY|60', weightA: 0.5, weightB: 0.5 }];
  store.run(record(asMessage(refreshOfOnePair('r2', 'r1', { wanted }))));
  expect(active(store)).toEqual(['r2:p']);
  expect(notified(store)).toEqual(['pair_active:r1:p']);
});

test('an older refresh that is asked for again does not undo a newer one', () => {
  const store = ranked();
  store.run(record(asMessage(refreshOfOnePair('r1', null))));
  store.run(record(asMessage(emptyRefresh('r2', 'r1'))));
  expect(store.run(record(asMessage(refreshOfOnePair('r1', null))))).toBe('duplicate');
  expect(active(store)).toEqual([]);
});

test('an older refresh that wanted nothing does not end what a newer one has made active', () => {
  const store = ranked();
  store.run(record(asMessage(emptyRefresh('r1', null))));
  store.run(record(asMessage(refreshOfOnePair('r2', 'r1'))));
  expect(store.run(record(asMessage(emptyRefresh('r1', null))))).toBe('duplicate');
  expect(active(store)).toEqual(['r2:p']);
});

test('a demotion ends the pairs of its leg; the refresh asked for again does not bring them back', () => {
  const store = ranked();
  store.run(record(asMessage(refreshOfOnePair('r1', null))));
  store.run(record(asMessage(refreshOfOnePair('r2', 'r1'))));
  store.run(demote('v3', 's2', 'B', 1));
  store.run(demote('v3', 's2', 'B', 1));
  expect(active(store)).toEqual([]);
  expect(notified(store)).toEqual(['pair_active:r1:p', 'pair_ended:r1:p']);
  store.run(record(asMessage(refreshOfOnePair('r2', 'r1'))));
  expect(active(store)).toEqual([]);
});

test('a verdict that keeps rank A or S, or that lost its race, ends no pair', () => {
  const store = ranked();
  store.run(record(asMessage(refreshOfOnePair('r1', null))));
  expect(store.run(demote('v3', 's1', 'S', 1)).disposition).toBe('changed');
  expect(store.run(demote('v4', 's1', 'B', 1)).disposition).toBe('conflict');
  expect(active(store)).toEqual(['r1:p']);
});

/** Both facts in one snapshot of a connection of its own. */
function demotedLegSeen(reader: ReturnType<typeof openReadOnlyDatabase>['connection']): number {
  return reader
    .prepare(
      `SELECT count(*) FROM pair_activations AS active
         JOIN pair_definitions AS pair ON pair.pair_id = active.pair_id
         JOIN ranks ON ranks.strategy_id IN (pair.strategy_a, pair.strategy_b)
       WHERE active.to_wall_ms IS NULL AND (ranks.rank IS NULL OR ranks.rank NOT IN ('A', 'S'))`,
    )
    .pluck()
    .get() as number;
}

test('whatever the order of refreshes and rank changes, a second connection sees no demoted leg in an active pair', () => {
  const step = fc.record({
    what: fc.constantFrom('refresh', 'stale_refresh', 'empty', 'rank'),
    leg: fc.constantFrom('s1', 's2'),
    rank: fc.constantFrom('A', 'S', 'B', null),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const file = temporaryFile();
      const store = ranked(file);
      const reader = openReadOnlyDatabase(file).connection;
      const verdicts = new Map([
        ['s1', 'v1'],
        ['s2', 'v2'],
      ]);
      const versions = new Map([
        ['s1', 1],
        ['s2', 1],
      ]);
      const old = [...verdicts].map(([strategyId, verdictId]) => ({ strategyId, verdictId }));
      let latest: string | null = null;
      try {
        for (const [index, { what, leg, rank }] of steps.entries()) {
          const id = `r${index}`;
          if (what === 'rank') {
            const verdictId = `w${index}`;
            store.run(demote(verdictId, leg, rank, versions.get(leg) ?? 0));
            verdicts.set(leg, verdictId);
            versions.set(leg, (versions.get(leg) ?? 0) + 1);
          } else if (what === 'empty') {
            store.run(record(asMessage(emptyRefresh(id, latest))));
            latest = id;
          } else {
            const ranks = new Map(
              store.connection.prepare('SELECT strategy_id, rank FROM ranks').raw().all() as [
                string,
                string | null,
              ][],
            );
            // A refresh is only ever made of legs that were of rank A or S when they were read.
            const fresh = [...verdicts].map(([strategyId, verdictId]) => ({ strategyId, verdictId }));
            const wasEligible = [...ranks.values()].every((one) => one === 'A' || one === 'S');
            const seen = what === 'stale_refresh' || !wasEligible ? old : fresh;
            const answer = store.run(record(asMessage(refreshOfOnePair(id, latest, { verdicts: seen }))));
            if (answer === 'recorded') latest = id;
          }
          expect(demotedLegSeen(reader)).toBe(0);
        }
      } finally {
        reader.close();
        store.connection.close();
      }
    }),
    { numRuns: 60 },
  );
});

test('what a demotion does is invisible until its whole transaction is', () => {
  const file = temporaryFile();
  const store = ranked(file);
  store.run(record(asMessage(refreshOfOnePair('r1', null))));
  const reader = openReadOnlyDatabase(file).connection;
  const all = together([demote('v3', 's2', null, 1)]);
  // Statement by statement, as the writer runs them, with a reader looking in between.
  store.connection.exec('BEGIN IMMEDIATE');
  for (const statement of all.statements) {
    const prepared = store.connection.prepare(statement.sql);
    if (statement.mode === 'run') prepared.run(...statement.params);
    else prepared.all(...statement.params);
    expect(demotedLegSeen(reader)).toBe(0);
  }
  expect(demotedLegSeen(store.connection)).toBe(0);
  store.connection.exec('COMMIT');
  expect(demotedLegSeen(reader)).toBe(0);
  reader.close();
  store.connection.close();
});
