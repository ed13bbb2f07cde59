/** What a job came to, as rows of its files: for comparing a disturbed one with one that nobody disturbed. */
import { StorageError } from '../../storage/errors.js';
import { rows } from './rows.js';

/** Mulberry32: the same seed is the same sequence. */
export function random(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const numberOf = (file: string, sql: string): number => Number(rows(file, 'core', sql)[0]?.['n'] ?? 0);

export const attemptsOf = (file: string): number => numberOf(file, 'SELECT count(*) AS n FROM attempts');

/** A process that was killed before its file had tables has nothing in flight. */
export function inFlight(file: string): number {
  try {
    return numberOf(file, 'SELECT count(*) AS n FROM attempts WHERE ended_wall_ms IS NULL');
  } catch (error) {
    if (error instanceof StorageError) return 0;
    throw error;
  }
}

/** Everything that the job came to; ids follow from content, so two databases can be compared row by row. */
export const effectsOf = (file: string) => ({
  requests: rows(file, 'core', 'SELECT request_id, state, failure_code FROM requests ORDER BY request_id'),
  results: rows(
    file,
    'core',
    `SELECT request_id, trades, wins, losses, pnl, sharpe, max_drawdown, win_rate, profit_factor, bars, trades_count,
      trades_hash FROM results ORDER BY request_id`,
  ),
  ranks: rows(file, 'core', 'SELECT strategy_id, rank, version FROM ranks ORDER BY strategy_id'),
  verdicts: rows(file, 'core', 'SELECT verdict_id FROM rank_verdicts ORDER BY verdict_id'),
  transitions: rows(
    file,
    'core',
    'SELECT strategy_id, version, rank_before, rank_after, verdict_id FROM rank_transitions ORDER BY 1, 2',
  ),
  outOfSample: rows(
    file,
    'core',
    'SELECT strategy_id, verdict_id, outcome, value FROM oos_standings JOIN oos_verdicts USING (verdict_id, strategy_id) ORDER BY 1',
  ),
  notifications: rows(
    file,
    'core',
    "SELECT notification_id, title FROM outbox WHERE topic IN ('ranks', 'data') ORDER BY notification_id",
  ),
});

/** Trades of accepted attempts: evidence once, whatever was answered twice. */
export function tradesOf(file: string): ReadonlyMap<string, number> {
  const accepted = new Set(
    rows(file, 'core', "SELECT accepted_attempt_id AS id FROM requests WHERE state = 'succeeded'").map(
      (row) => row['id'],
    ),
  );
  const lists = rows(
    `${file}.trades`,
    'trades',
    'SELECT l.attempt_id AS id, l.sha256 AS hash, count(t.seq) AS n FROM trade_lists l LEFT JOIN trades t USING (list_id) GROUP BY l.list_id',
  );
  return new Map(
    lists
      .filter((row) => accepted.has(row['id'] ?? null))
      .map((row): [string, number] => [String(row['hash']), Number(row['n'])])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
