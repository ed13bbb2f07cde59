import { describe, expect, test } from '@jest/globals';
import { selectBoots } from '../../storage/tables/boots.js';
import { type CandleFileRow, selectCandleFile, upsertCandleFile } from '../../storage/tables/candle-files.js';
import {
  type CandleWindowRow,
  selectCandleWindow,
  selectWindowsOfFile,
  upsertCandleWindow,
} from '../../storage/tables/candle-windows.js';
import { addToCounter, selectCounters } from '../../storage/tables/counters.js';
import { selectDispatchSettings, upsertDispatchSetting } from '../../storage/tables/dispatch-settings.js';
import {
  countLetters,
  ageOutLetters,
  selectAgedOut,
  selectLetter,
  discardLetter,
  insertLetter,
  type LetterRow,
  markRedriven,
  selectKeptLetters,
} from '../../storage/tables/letters.js';
import { insertStrategy, selectStrategies, selectStrategy } from '../../storage/tables/strategies.js';
import {
  insertStrategyRecord,
  selectRecordsOfStrategy,
  selectStrategyRecord,
} from '../../storage/tables/strategy-records.js';
import { coreStore, Store, strategy } from './core-store.js';

describe('strategies', () => {
  test('the same logic again is attached and keeps the first name', () => {
    const store = coreStore();
    expect(store.run(insertStrategy(strategy('s3')))).toBe('imported');
    expect(store.run(insertStrategy({ ...strategy('s3'), name: 'another name' }))).toBe('attached');
    expect(store.all(selectStrategy({ strategyId: 's3' }))).toEqual([strategy('s3')]);
    expect(store.all(selectStrategies('s1', 10)).map((row) => row.strategy_id)).toEqual(['s2', 's3']);
  });

  test('a record keeps its first disposition, and only a quarantined one has no strategy', () => {
    const store = coreStore();
    const record = {
      record_id: 'record',
      strategy_id: 's1',
      name: 'n',
      source: 'file:1',
      disposition: 'imported' as const,
      anomalies_json: null,
      imported_wall_ms: 1,
    };
    store.do(insertStrategyRecord(record), insertStrategyRecord({ ...record, disposition: 'attached' }));
    expect(store.all(selectStrategyRecord({ recordId: 'record' }))).toEqual([record]);
    expect(store.all(selectRecordsOfStrategy({ strategyId: 's1', limit: 5 }))).toEqual([record]);
    const broken = { ...record, record_id: 'other', strategy_id: null };
    expect(() => store.do(insertStrategyRecord(broken))).toThrow('constraint');
  });
});

describe('candles', () => {
  const file: CandleFileRow = {
    file_id: 'f1',
    name: 'USDJPY_M1.csv',
    symbol: 'USDJPY',
    timeframe_minutes: 1,
    verdict: 'refused',
    reason: 'bad_row',
    message: 'row 7: high below low',
    row: 7,
    rows: null,
    first_s: null,
    last_s: null,
    step_s: null,
    warnings_json: null,
    checked_wall_ms: 1,
  };

  test('a later check of the same content replaces the whole verdict', () => {
    const store = coreStore();
    const accepted: CandleFileRow = {
      ...file,
      verdict: 'accepted',
      reason: null,
      message: null,
      row: null,
      rows: 10,
      first_s: 0,
      last_s: 540,
      step_s: 60,
      checked_wall_ms: 2,
    };
    store.do(upsertCandleFile(file), upsertCandleFile(accepted));
    expect(store.all(selectCandleFile({ fileId: 'f1' }))).toEqual([accepted]);
  });

  test('a window is its content; only its path may move', () => {
    const store = coreStore();
    const window: CandleWindowRow = {
      window_id: 'w1',
      source_file_id: 'f1',
      kind: 'in_sample',
      symbol: 'USDJPY',
      step_s: 60,
      first_s: 0,
      last_s: 540,
      rows: 10,
      path: 'old.csv',
    };
    store.do(
      upsertCandleFile(file),
      upsertCandleWindow(window),
      upsertCandleWindow({ ...window, path: 'new.csv' }),
    );
    expect(store.all(selectCandleWindow({ windowId: 'w1' }))).toEqual([{ ...window, path: 'new.csv' }]);
    expect(store.all(selectWindowsOfFile({ fileId: 'f1', limit: 5 }))).toHaveLength(1);
  });
});

test('the last setting by hand stays', () => {
  const store = coreStore();
  const setting = { key: 'paused', value_json: 'true', changed_wall_ms: 1, changed_by: 'repl' };
  store.do(upsertDispatchSetting(setting), upsertDispatchSetting({ ...setting, value_json: 'false' }));
  expect(store.all(selectDispatchSettings({}))).toEqual([{ ...setting, value_json: 'false' }]);
});

test('boots are listed newest first', () => {
  expect(coreStore().all(selectBoots({ limit: 1 }))).toEqual([
    { boot_id: 'boot-2', started_wall_ms: 2, pid: 2 },
  ]);
});

describe('dead letters', () => {
  const letter = (id: string, at: number, changes: Partial<LetterRow> = {}): LetterRow => ({
    letter_id: id,
    at_wall_ms: at,
    reason: 'mailbox_full',
    recipient: 'notifier/lane',
    sender: null,
    incarnation: 2,
    message_type: 'send',
    payload_version: 1,
    payload_json: '{}',
    payload_type: 'object',
    attempts: 1,
    errors_json: '[]',
    state: 'kept',
    redriven_wall_ms: null,
    ...changes,
  });

  test('kept letters come oldest first in pages, each once, however often it was stored', () => {
    const store = new Store('dead-letters');
    store.do(insertLetter(letter('b', 10)), insertLetter(letter('a', 10)), insertLetter(letter('c', 5)));
    store.do(insertLetter(letter('a', 99)));
    const page = store.all(selectKeptLetters({ afterWallMs: 0, afterId: '', limit: 2 }));
    expect(page.map((row) => row.letter_id)).toEqual(['c', 'a']);
    const next = store.all(selectKeptLetters({ afterWallMs: 10, afterId: 'a', limit: 2 }));
    expect(next).toEqual([letter('b', 10)]);
  });

  test('a letter is redriven once, and a discarded one never', () => {
    const store = new Store('dead-letters');
    store.do(insertLetter(letter('a', 1)), insertLetter(letter('b', 2)), discardLetter({ letterId: 'b' }));
    expect(store.run(markRedriven('a', 50))).toMatchObject({ state: 'redriven', redriven_wall_ms: 50 });
    expect(store.run(markRedriven('a', 60))).toBeNull();
    expect(store.run(markRedriven('b', 60))).toBeNull();
    store.do(discardLetter({ letterId: 'a' }));
    expect(store.all(countLetters({}))).toEqual([
      { reason: 'mailbox_full', state: 'discarded', count: 1, oldest_wall_ms: 2 },
      { reason: 'mailbox_full', state: 'redriven', count: 1, oldest_wall_ms: 1 },
    ]);
  });

  test('retention says what it removed, and counters remember it', () => {
    const store = new Store('dead-letters');
    store.do(insertLetter(letter('a', 1)), insertLetter(letter('b', 2)), insertLetter(letter('c', 3)));
    store.do(discardLetter({ letterId: 'b' }));
    const aged = (limit: number) => ageOutLetters({ state: 'kept', beforeWallMs: 4, limit });
    expect(store.run(aged(1))).toBe(1);
    expect(store.all(selectAgedOut({}))).toEqual([{ reason: 'mailbox_full', count: 1 }]);
    expect(store.run(aged(10))).toBe(1);
    expect(store.run(aged(10))).toBe(0);
    expect(store.all(selectLetter({ letterId: 'b' }))).toHaveLength(1);
    store.do(addToCounter({ name: 'other', value: 2 }));
    expect(store.all(selectAgedOut({}))).toEqual([{ reason: 'mailbox_full', count: 2 }]);
    expect(store.all(selectCounters({}))).toEqual([
      { name: 'aged_out:mailbox_full', value: 2 },
      { name: 'other', value: 2 },
    ]);
  });
});
