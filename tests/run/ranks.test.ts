/** What a real run came to, looked at by others: ranks, windows and what was told. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { holdfast, summaryOf, workplace } from './program.js';
import type { Ended, Workplace } from './program.js';
import { recomputeRanks } from './recompute.js';
import { rows } from './rows.js';

const floors = { a: 50, s: 100 };

const stored = (file: string): ReadonlyMap<string, string | null> => {
  const ranks = rows(
    file,
    'core',
    'SELECT strategy_id, rank FROM strategies LEFT JOIN ranks USING (strategy_id)',
  );
  return new Map(ranks.map((row) => [String(row['strategy_id']), row['rank'] as string | null]));
};

/** What has to hold for any run, whatever its data. */
function holdsFor(file: string, summary: ReturnType<typeof summaryOf>): void {
  expect(stored(file)).toEqual(recomputeRanks(file, floors, 'USDJPY'));

  const counted: Record<string, number> = {};
  for (const rank of stored(file).values())
    counted[rank ?? 'unranked'] = (counted[rank ?? 'unranked'] ?? 0) + 1;
  expect(summary.ranks).toEqual(counted);

  // Out-of-sample figures are those of the out-of-sample window.
  const used = rows(
    file,
    'core',
    `SELECT results.attempt_id, results.first_s, results.last_s, results.bars, results.data_hash, w.first_s AS wanted_first,
       w.last_s AS wanted_last, w.rows AS wanted_rows, w.window_id, w.kind
     FROM results JOIN requests USING (request_id) JOIN candle_windows AS w USING (window_id)
     WHERE requests.kind = 'oos'`,
  );
  const windows = new Map<unknown, readonly [number, number]>();
  for (const row of used) {
    expect(row['kind']).toBe('oos');
    expect([row['first_s'], row['last_s'], row['bars'], row['data_hash']]).toEqual([
      row['wanted_first'],
      row['wanted_last'],
      row['wanted_rows'],
      row['window_id'],
    ]);
    windows.set(row['attempt_id'], [Number(row['wanted_first']), Number(row['wanted_last'])]);
  }
  const outside = rows(
    `${file}.trades`,
    'trades',
    'SELECT attempt_id, exit_s FROM trade_lists JOIN trades USING (list_id)',
  ).filter((row) => {
    const window = windows.get(row['attempt_id']);
    const exitS = Number(row['exit_s']);
    return window !== undefined && (exitS < window[0] || exitS > window[1]);
  });
  expect(outside).toEqual([]);
  // In-sample and out-of-sample of one file share no bar.
  expect(
    rows(
      file,
      'core',
      `SELECT i.window_id FROM candle_windows AS i JOIN candle_windows AS o
         ON o.source_file_id = i.source_file_id AND i.kind = 'in_sample' AND o.kind = 'oos'
       WHERE i.last_s >= o.first_s`,
    ),
  ).toEqual([]);

  // Each change of a rank is told once, and nothing else is told of ranks.
  const changes = rows(
    file,
    'core',
    `SELECT 'rank:' || strategy_id || ':' || version AS id FROM rank_transitions JOIN rank_verdicts USING (verdict_id, strategy_id)
     WHERE rank_transitions.rank_before IS NOT rank_transitions.rank_after AND reason <> 'kept_as_recorded' ORDER BY id`,
  ).map((row) => row['id']);
  const told = rows(
    file,
    'core',
    "SELECT notification_id AS id FROM outbox WHERE topic = 'ranks' ORDER BY id",
  );
  expect(told.map((row) => row['id'])).toEqual(changes);
}

describe('a run on the samples', () => {
  let place: Workplace;
  let file: string;
  let ended: Ended;
  beforeAll(async () => {
    place = workplace();
    file = path.join(place.folder, 'ranks.db');
    ended = await place.run('ranks.db', '--once', '--json').ended;
  });
  afterAll(() => place.remove());

  test('has the ranks that a recomputation from its rows gives, each with its notice, by the windows asked for', () => {
    expect(ended.code).toBe(0);
    holdsFor(file, summaryOf(ended));
    expect(summaryOf(ended).ranks['A']).toBeGreaterThan(0);
  });

  test('says of a strategy which gate held it back, and helps with names', async () => {
    const [a] = rows(
      file,
      'core',
      "SELECT name FROM ranks JOIN strategies USING (strategy_id) WHERE rank = 'A' ORDER BY name",
    );
    const name = String(a?.['name']);
    const shown = await holdfast(['status', '--db', file, '--strategy', name]).ended;
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(/^rank +A \(s_\w+\)$/m);
    expect(shown.stdout).toMatch(/^held back by +s_\w+: /m);
    const json = await holdfast(['status', '--db', file, '--strategy', name, '--json']).ended;
    expect(JSON.parse(json.stdout)).toMatchObject([{ name, rank: 'A', oos: { outcome: 'passed' } }]);
    const unknown = await holdfast(['status', '--db', file, '--strategy', `${name}x`]).ended;
    expect(unknown.code).toBe(66);
    expect(unknown.stderr).toContain(`the nearest are ${JSON.stringify(name)}`);
  });

  test('done again, writes no verdict and tells nothing', async () => {
    const of = (): readonly unknown[] =>
      [
        'rank_verdicts',
        'rank_transitions',
        'oos_verdicts',
        "outbox WHERE topic IN ('ranks', 'data')",
        'requests',
      ].map((table) => rows(file, 'core', `SELECT count(*) AS n FROM ${table}`)[0]?.['n']);
    const before = of();
    expect((await place.run('ranks.db', '--once', '--quiet', '--json').ended).code).toBe(0);
    expect(of()).toEqual(before);
  });
});

const shared = path.resolve('..', 'shared', 'data');

(existsSync(shared) ? test : test.skip)(
  'a run on real candles and strategies holds the same (skipped without ../shared/data)',
  async () => {
    const place = workplace();
    try {
      const file = path.join(place.folder, 'real.db');
      const inputs = ['--candles', shared, '--strategies', path.join(shared, 'strategies.sexp')];
      const ended = await holdfast(
        ['run', ...inputs, '--db', file, '--once', '--json', '--quiet'],
        place.folder,
      ).ended;
      expect(ended.code).toBe(0);
      holdsFor(file, summaryOf(ended));
    } finally {
      place.remove();
    }
  },
  300_000,
);
