/** What is asked often, or inside a transaction, reads by index only. */
import { expect, test } from '@jest/globals';
import type { Statement } from '../../storage/statement.js';
import { selectCandidates } from '../../storage/tables/pair-candidates.js';
import { selectLatestRefresh } from '../../storage/tables/pair-refreshes.js';
import { deactivatePairsOf } from '../../storage/tables/pairs.js';
import {
  selectActivations,
  selectActivePairs,
  selectPairs,
  selectScores,
  selectSlots,
} from '../../storage/tables/pair-views.js';
import { selectTradesOfList } from '../../storage/tables/pair-trades.js';
import { selectTradeList } from '../../storage/tables/trades.js';
import { pairVerbs } from '../../actors/db-writes/pair-verbs.js';
import { coreStore, Store } from '../storage/core-store.js';
import { emptyRefresh, refreshOfOnePair } from './refresh-rows.js';

const demotion = { strategyId: 's1', verdictId: 'v', wallMs: 1, expiresWallMs: 2 };
const recorded = (refresh: ReturnType<typeof emptyRefresh>) =>
  pairVerbs.record_pair_refresh({ type: 'record_pair_refresh', ...refresh }).statements;

const core: Record<string, readonly Statement[]> = {
  'a demotion': deactivatePairsOf(demotion),
  'a refresh': recorded(refreshOfOnePair('r', null)),
  'an empty refresh': recorded(emptyRefresh('r', null)),
  candidates: [selectCandidates({ after: '', limit: 10, newestOnly: 1 })],
  'the latest refresh': [selectLatestRefresh({})],
  'active pairs': [selectActivePairs({})],
  'scores and slots': [selectScores({ refreshId: 'r' }), selectSlots({ refreshId: 'r' })],
  'one pair': [selectPairs({ id: 'p' }), selectActivations({ pairId: 'p', limit: 1 })],
};

/** Lists given as JSON, subqueries already cut down, one row by its place, and what is active. */
const harmless =
  /^SCAN (json_each|wanted|given|ranked|CONSTANT ROW|\(subquery|\d+ CONSTANT ROW|pair_refreshes$|active USING INDEX pair_active|pair_activations USING INDEX pair_active)/;

function scans(store: Store, statement: Statement): string[] {
  const plan = store.connection.prepare(`EXPLAIN QUERY PLAN ${statement.sql}`).all(...statement.params);
  return (plan as { detail: string }[])
    .map(({ detail }) => detail)
    .filter((detail) => detail.startsWith('SCAN') && !harmless.test(detail));
}

test.each(Object.entries(core))('%s uses indexes only', (_name, statements) => {
  const store = coreStore();
  expect(statements.flatMap((statement) => scans(store, statement))).toEqual([]);
});

test('the latest refresh is found from the end of its table, not by sorting it', () => {
  const statement = selectLatestRefresh({});
  const plan = coreStore()
    .connection.prepare(`EXPLAIN QUERY PLAN ${statement.sql}`)
    .all(...statement.params) as { detail: string }[];
  expect(plan.map(({ detail }) => detail)).toEqual(['SCAN pair_refreshes']);
});

test('the trades of an attempt are found by its list', () => {
  const store = new Store('trades');
  const statements = [selectTradeList({ attemptId: 'a' }), selectTradesOfList({ listId: 1, limit: 1 })];
  expect(statements.flatMap((statement) => scans(store, statement))).toEqual([]);
});
