import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeBacktestRequest } from '../../protocols/backtest-wire/index.js';
import { importStrategies, type StrategyImport } from '../../protocols/strategies/index.js';
import { named } from './strategies-record.js';

function imported(lines: readonly string[]): StrategyImport {
  const outcome = importStrategies(lines.join('\n'));
  if (!outcome.ok) throw new Error(outcome.message);
  return outcome;
}

describe('records beside each other', () => {
  test('the same logic under another name is attached to the first', () => {
    const { records, strategies, report } = imported([
      named('First'),
      named('Second', { sl: '0.6' }),
      named('Third'),
    ]);
    expect(records.map(({ disposition }) => disposition)).toEqual(['imported', 'imported', 'attached']);
    expect(records[2]?.strategyId).toBe(strategies[0]?.strategyId);
    expect(report).toMatchObject({ read: 3, imported: 2, attached: 1, quarantined: 0 });
  });

  test('a test fixture stands for a logic only where nothing else does', () => {
    const { records, strategies } = imported([named('TEST-1'), named('Real')]);
    expect(records.map(({ disposition }) => disposition)).toEqual(['attached', 'imported']);
    expect(strategies).toMatchObject([{ name: 'Real', environment: 'production' }]);
  });

  test('a name, a hash and a rank that contradict an earlier record are reported', () => {
    const { report } = imported([
      named('One'),
      named('One', { sl: '0.6' }),
      named('One', {}, { rank: ':a', rank_folder: '"A"' }),
    ]);
    expect(report.anomalies).toEqual({
      name_of_other_logic: 1,
      hash_of_other_logic: 1,
      name_repeated: 1,
      claims_differ: 1,
    });
  });

  test('the same line again is a record of its own, attached', () => {
    const { records, report } = imported([named('One'), named('One'), '(broken', '(broken']);
    expect(new Set(records.map(({ recordId }) => recordId)).size).toBe(4);
    expect(report).toMatchObject({
      read: 4,
      imported: 1,
      attached: 1,
      quarantined: 2,
      anomalies: { line_repeated: 2 },
    });
  });
});

describe('laws of an import', () => {
  const line = fc
    .record({
      name: fc.stringMatching(/^[A-Z][a-z]{0,3}$/),
      short: fc.integer({ min: 0, max: 3 }),
      sl: fc.constantFrom('0.5', '0.6', '-1'),
      type: fc.constantFrom('sma', 'rsi', 'macd', null),
      volume: fc.constantFrom('()', '0.01'),
    })
    .map(({ name, short, sl, type, volume }) =>
      named(name, { sma_short: String(short), sl, indicator_type: type, volume }),
    );
  const lines = fc.array(line, { maxLength: 12 });

  test('importing the same lines again gives the same records and strategies', () => {
    fc.assert(fc.property(lines, (all) => expect(imported(all)).toEqual(imported(all))));
  });

  test('importing the lines twice over adds no strategy', () => {
    fc.assert(
      fc.property(lines, (all) => {
        const [once, twice] = [imported(all), imported([...all, ...all])];
        expect(twice.strategies).toEqual(once.strategies);
        expect(twice.report.attached).toBe(once.report.attached + all.length - once.report.quarantined);
      }),
    );
  });

  test('the order of the lines decides neither the ids of records nor those of strategies', () => {
    const shuffled = lines.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    const ids = ({ records, strategies }: StrategyImport): unknown => [
      records.map(({ recordId }) => recordId).sort(),
      strategies.map(({ strategyId }) => strategyId).sort(),
    ];
    fc.assert(
      fc.property(shuffled, ([all, mixed]) => expect(ids(imported(mixed))).toEqual(ids(imported(all)))),
    );
  });

  test('every record is imported, attached or quarantined, and each strategy has one that imported it', () => {
    fc.assert(
      fc.property(lines, (all) => {
        const { records, strategies, report } = imported(all);
        expect(report.imported + report.attached + report.quarantined).toBe(report.read);
        expect(report.read).toBe(all.length);
        const importers = records.filter(({ disposition }) => disposition === 'imported');
        expect(importers.map(({ strategyId }) => strategyId)).toEqual(
          strategies.map(({ strategyId }) => strategyId),
        );
      }),
    );
  });

  test('junk between the lines quarantines itself and nothing else', () => {
    const junk = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }).map((text) => `#${text.replace(/[\r\n]/g, '')}`),
      fc.constantFrom('(((((', '"', ')', '((a . b))', '#S(X)', '((name . "x") (strategy . 5))'),
    );
    fc.assert(
      fc.property(lines, junk, fc.nat(), (all, text, at) => {
        const place = at % (all.length + 1);
        const mixed = imported([...all.slice(0, place), text, ...all.slice(place)]);
        expect(mixed.records[place]?.disposition).toBe('quarantined');
        expect(mixed.strategies).toEqual(imported(all).strategies);
      }),
    );
  });

  test('whatever is imported can be sent', () => {
    const name = fc.string({ minLength: 1, maxLength: 8 }).map((text) => text.replace(/["\\]/g, '\\$&'));
    fc.assert(
      fc.property(name, fc.double({ noNaN: true }), fc.integer(), (given, sl, short) => {
        for (const { wire, timeframeMinutes } of imported([
          named(given, { sl: String(sl), sma_short: String(short) }),
        ]).strategies) {
          const request = { requestId: 'r', strategy: wire, timeframeMinutes, includeTrades: false };
          expect(encodeBacktestRequest(request)).toContain('BACKTEST');
        }
      }),
    );
  });
});
