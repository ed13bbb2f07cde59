/** Removing what is old: in small transactions, never what something rests on, and counted. */
import { describe, expect, test } from '@jest/globals';
import { dropLists, selectOldLists } from '../../storage/tables/dropped-lists.js';
import { selectRemoved } from '../../storage/tables/removed-rows.js';
import {
  selectHistories,
  selectUnknownAttempts,
  trimHistories,
} from '../../storage/tables/verdict-history.js';
import { coreStore, Store } from './core-store.js';

describe('trade lists', () => {
  const trades = (): Store => {
    const store = new Store('trades');
    for (const [list, count] of [
      [1, 5],
      [2, 0],
      [3, 4],
    ] as const) {
      store.connection.exec(
        `INSERT INTO trade_lists VALUES (${list}, 'a${list}', NULL, ${count}, '', ${list * 100})`,
      );
      for (let seq = 0; seq < count; seq += 1)
        store.connection.exec(`INSERT INTO trades VALUES (${list}, ${seq}, 0, 0)`);
    }
    return store;
  };

  test('go a bounded number of rows at a time, each with its last trade, and are counted', () => {
    const store = trades();
    expect(store.run(dropLists(['a1', 'a2', 'unheard of'], 3))).toEqual(['a1']);
    expect(store.count('trades')).toBe(6);
    expect(store.run(dropLists(['a1', 'a2'], 3))).toEqual([]);
    expect(store.run(dropLists(['a1', 'a2'], 3))).toEqual([]);
    expect(store.count('trades')).toBe(4);
    expect(store.count('trade_lists')).toBe(1);
    expect(store.all(selectRemoved({}))).toEqual([
      { what: 'trade_lists', rows: 2 },
      { what: 'trades', rows: 5 },
    ]);
  });

  test('are looked through a page at a time, as far as they are old', () => {
    const store = trades();
    expect(store.all(selectOldLists({ afterListId: 0, beforeWallMs: 300, limit: 1 }))).toEqual([
      { list_id: 1, attempt_id: 'a1' },
    ]);
    expect(store.all(selectOldLists({ afterListId: 1, beforeWallMs: 300, limit: 9 }))).toEqual([
      { list_id: 2, attempt_id: 'a2' },
    ]);
  });

  test('whose attempt core does not know belong to nobody', () => {
    const store = coreStore();
    expect(store.all(selectUnknownAttempts({ attemptIds: '["a","b"]' }))).toEqual([
      { attempt_id: 'a' },
      { attempt_id: 'b' },
    ]);
  });
});

describe('verdicts', () => {
  /** Strategy s1 with so many changes of rank and as many out-of-sample verdicts, of which the first stands. */
  const judged = (count: number): Store => {
    const store = coreStore();
    for (let n = 1; n <= count; n += 1)
      store.connection.exec(`
        INSERT INTO rank_verdicts VALUES ('v${n}', 's1', NULL, 'B', '', 'p', 1, '{}', '{}', ${n});
        INSERT INTO rank_transitions VALUES ('s1', ${n}, NULL, 'B', 'v${n}', 'test', ${n});
        INSERT INTO oos_verdicts (verdict_id, strategy_id, outcome, reason, threshold, engine, decided_wall_ms)
          VALUES ('o${n}', 's1', 'failed', '', 1, 'e', ${n})`);
    store.connection.exec(`
      INSERT INTO ranks VALUES ('s1', 'B', ${count}, 'v${count}');
      INSERT INTO oos_standings VALUES ('s1', 'o1')`);
    return store;
  };
  const ids = (store: Store, table: string): unknown =>
    store.connection.prepare(`SELECT verdict_id FROM ${table} ORDER BY decided_wall_ms`).pluck().all();

  test('of each strategy the newest stay, and the one that stands', () => {
    const store = judged(7);
    expect(store.all(selectHistories({ after: '', keep: 3, limit: 9 }))).toEqual([
      { strategy_id: 's1', is_long: 1 },
    ]);
    expect(store.run(trimHistories(['s1'], 3, 100))).toBe(4 + 4 + 3);
    expect(ids(store, 'rank_transitions')).toEqual(['v5', 'v6', 'v7']);
    expect(ids(store, 'rank_verdicts')).toEqual(['v5', 'v6', 'v7']);
    expect(ids(store, 'oos_verdicts')).toEqual(['o1', 'o5', 'o6', 'o7']);
    expect(store.run(trimHistories(['s1'], 3, 100))).toBe(0);
    expect(store.all(selectRemoved({}))).toEqual([
      { what: 'oos_verdicts', rows: 3 },
      { what: 'rank_transitions', rows: 4 },
      { what: 'rank_verdicts', rows: 4 },
    ]);
  });

  test('go a bounded number at a time', () => {
    const store = judged(7);
    expect(store.run(trimHistories(['s1'], 3, 2))).toBe(6);
    expect(store.count('rank_transitions')).toBe(5);
  });

  test('a history that is not too long is left alone', () => {
    const store = judged(3);
    expect(store.all(selectHistories({ after: '', keep: 3, limit: 9 }))).toEqual([
      { strategy_id: 's1', is_long: 0 },
    ]);
    expect(store.run(trimHistories(['s1'], 3, 100))).toBe(0);
  });
});
