import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { importStrategies, type StrategyImport } from '../../protocols/strategies/index.js';

const file = path.resolve('..', 'shared', 'data', 'strategies.sexp');
/** Skips, and shows it, where the stored strategies are not beside the repository. */
const whenPresent = existsSync(file) ? test : test.skip;

function importOf(keep: (line: string) => boolean): StrategyImport {
  const lines = readFileSync(file, 'utf8').split('\n').filter(keep);
  const outcome = importStrategies(lines.join('\n'));
  if (!outcome.ok) throw new Error(outcome.message);
  return outcome;
}

const library = /^\(\(source \. "data\/library\//;
const json = /^\(\(source \. "data\/strategies\.json"/;

describe('the stored strategies (REQ-64)', () => {
  whenPresent('of the 167 library records all are read, with the anomalies that were counted by hand', () => {
    const { report } = importOf((line) => library.test(line));
    expect(report).toMatchObject({
      read: 167,
      // Two names lie in A and in B with the same logic; of four test fixtures without indicators three are the same.
      imported: 163,
      attached: 4,
      quarantined: 0,
      anomalies: {
        rank_disagrees: 3,
        name_repeated: 2,
        hash_missing: 3,
        entry_uses_undeclared_sma: 63,
        indicator_type_assumed: 4,
        zero_distance: 4,
        // Three that begin with TEST, and Test-Legend-Reval.
        test_name: 4,
      },
    });
    // All but the plain crossings, MACD 12 26 9, BB 20 2, the three VWAPVR and the fixtures that declare nothing.
    expect(report.approximated).toBe(152);
  });

  whenPresent('of the 1,233 JSON records 18 are the same logic under another name', () => {
    const { report } = importOf((line) => json.test(line));
    expect(report).toMatchObject({
      read: 1_233,
      imported: 1_215,
      attached: 18,
      quarantined: 0,
      approximated: 0,
      anomalies: {
        volume_defaulted: 1_188,
        timeframe_label: 11,
        short_not_below_long: 1,
        symbol_missing: 1_233,
      },
    });
  });

  whenPresent('of all 2,633 lines 1,402 are strategies', () => {
    const { report, strategies } = importOf(() => true);
    expect(report).toMatchObject({
      read: 2_633,
      imported: 1_402,
      attached: 1_231,
      quarantined: 0,
      approximated: 152,
    });
    // The optimised file repeats 1,206 records; of its 27 changed ones three MACD records came out the same.
    expect(report.attached).toBe(4 + 18 + 1_206 + 3);
    expect(report.anomalies).toMatchObject({ volume_defaulted: 2 * 1_188, timeframe_label: 11 + 8 });
    expect(new Set(strategies.map(({ strategyId }) => strategyId)).size).toBe(strategies.length);
  });
});
