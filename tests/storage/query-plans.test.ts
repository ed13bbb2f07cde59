/** No hot path may read a whole table: SQLite is asked how it would run each statement. */
import { expect, test } from '@jest/globals';
import type { Statement } from '../../storage/statement.js';
import { countOpenAttempts, noteSent, selectAttemptsOfRequest } from '../../storage/tables/attempts.js';
import { applyFailure } from '../../storage/tables/failures.js';
import { leaseDue, recoverBoots, returnLeases } from '../../storage/tables/leases.js';
import { ageOutLetters, markRedriven, selectKeptLetters } from '../../storage/tables/letters.js';
import { dropLists, selectOldLists } from '../../storage/tables/dropped-lists.js';
import { forgetKeys, purgeRequests, selectAged } from '../../storage/tables/request-ledger.js';
import { decideRank } from '../../storage/tables/ranks.js';
import { countOpenRequests, selectLatencies, selectOutcomes } from '../../storage/tables/request-counts.js';
import {
  cancelRequest,
  expireOverdue,
  selectNextDue,
  selectRequest,
  submitRequests,
} from '../../storage/tables/requests.js';
import { applySuccess, selectPromisedTrades, selectResult } from '../../storage/tables/results.js';
import { insertTradeList, selectTradeList, selectTrades } from '../../storage/tables/trades.js';
import { coreStore, failure, request, result, Store } from './core-store.js';

const verdict = {
  verdict_id: 'v',
  strategy_id: 's1',
  rank_before: null,
  rank_after: null,
  reason: '',
  policy_name: '',
  policy_version: 1,
  thresholds_json: '',
  evidence_json: '',
  decided_wall_ms: 1,
};

const core: Record<string, readonly Statement[]> = {
  submit: submitRequests([request('r')]).statements,
  lease: leaseDue({ attemptIds: ['a'], bootId: 'b', backend: 'e', wallMs: 1 }).statements,
  'note sent': [noteSent({ attemptId: 'a', wallMs: 1 })],
  'apply success': applySuccess(result('a', 1), '{}').statements,
  'apply failure': applyFailure(failure('a')).statements,
  'hand back': returnLeases({ attemptIds: ['a'], wallMs: 1, crash: false }).statements,
  'recover boots': recoverBoots({ bootId: 'b', wallMs: 1, crash: true }).statements,
  expire: expireOverdue(1, 10).statements,
  cancel: cancelRequest('r', 1, '').statements,
  'next due': [selectNextDue({})],
  'open requests': [countOpenRequests({})],
  'open attempts': [countOpenAttempts({})],
  latencies: [selectLatencies({ sinceWallMs: 1 })],
  'one request': [selectRequest({ requestId: 'r' }), selectResult({ requestId: 'r' })],
  'attempts of a request': [selectAttemptsOfRequest({ requestId: 'r', limit: 1 })],
  outcomes: [selectOutcomes(['r'])],
  'promised trades': [selectPromisedTrades({ after: '', limit: 1 })],
  'decide rank': decideRank(verdict, 0).statements,
  'look at old requests': [selectAged({ afterSeq: 0, beforeWallMs: 1, limit: 1 })],
  'purge requests': purgeRequests(['r'], 1).statements,
  'forget keys': forgetKeys(1, 1).statements,
};

const trades: Record<string, readonly Statement[]> = {
  receipt: [
    insertTradeList({ attempt_id: 'a', request_id: null, count: 0, sha256: '', received_wall_ms: 1 }),
    selectTradeList({ attemptId: 'a' }),
  ],
  'old lists': [selectOldLists({ afterListId: 0, beforeWallMs: 1, limit: 1 })],
  'drop lists': dropLists(['a'], 1).statements,
  trades: [selectTrades({ attemptId: 'a', afterSeq: -1, limit: 1 })],
};

const letters: Record<string, readonly Statement[]> = {
  'kept letters': [selectKeptLetters({ afterWallMs: 0, afterId: '', limit: 1 })],
  redrive: markRedriven('l', 1).statements,
  'age out': ageOutLetters({ state: 'kept', beforeWallMs: 1, limit: 1 }).statements,
};

/** What may be scanned: lists given as JSON, subqueries already cut down, and the partial indexes of what is open. */
const harmless =
  /^SCAN (given|wanted|json_each|due|first|latencies|CONSTANT ROW|\(subquery|\d+ CONSTANT ROW|.* USING (COVERING )?INDEX (attempts_open|requests_ready|requests_due|requests_expiring)\b)/;

function scans(store: Store, statement: Statement): string[] {
  const plan = store.connection.prepare(`EXPLAIN QUERY PLAN ${statement.sql}`).all(...statement.params);
  return (plan as { detail: string }[])
    .map(({ detail }) => detail)
    .filter((detail) => detail.startsWith('SCAN') && !harmless.test(detail));
}

test.each(Object.entries(core))('core: %s uses indexes only', (_name, statements) => {
  const store = coreStore();
  expect(statements.flatMap((statement) => scans(store, statement))).toEqual([]);
});

test.each(Object.entries(trades))('trades: %s uses indexes only', (_name, statements) => {
  const store = new Store('trades');
  expect(statements.flatMap((statement) => scans(store, statement))).toEqual([]);
});

test.each(Object.entries(letters))('dead letters: %s uses indexes only', (_name, statements) => {
  const store = new Store('dead-letters');
  expect(statements.flatMap((statement) => scans(store, statement))).toEqual([]);
});

test('leasing takes the requests in the order of the index and sorts no backlog', () => {
  const [insert] = leaseDue({ attemptIds: ['a'], bootId: 'b', backend: 'e', wallMs: 1 }).statements;
  const plan = coreStore()
    .connection.prepare(`EXPLAIN QUERY PLAN ${insert?.sql ?? ''}`)
    .all(...(insert?.params ?? []));
  const details = (plan as { detail: string }[]).map(({ detail }) => detail);
  const inner = details.slice(0, details.indexOf('SCAN first'));
  expect(inner).toContainEqual(expect.stringContaining('INDEX requests_ready'));
  expect(inner.filter((detail) => detail.includes('TEMP B-TREE'))).toEqual([]);
});
