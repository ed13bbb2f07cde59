/** What a refresh reads: who may be a leg, and which accepted requests hold his trades. */
import { sql } from 'kysely';
import { define } from '../statement.js';
import { core } from './core-tables.js';

/** One accepted request of a candidate; a candidate without any has one row with null in all of its columns. */
export interface CandidateRow {
  readonly strategy_id: string;
  readonly name: string;
  readonly symbol: string | null;
  readonly timeframe_minutes: number | null;
  readonly rank: string;
  readonly verdict_id: string;
  readonly request_id: string | null;
  readonly kind: string | null;
  readonly attempt_id: string | null;
  readonly trades_count: number | null;
  readonly trades_hash: string | null;
  readonly sharpe: number | null;
  readonly profit_factor: number | null;
  /** Of the candles that it was tested on. */
  readonly tested_symbol: string | null;
}

type Page = {
  readonly after: string;
  readonly limit: number;
  /** 1: of each kind the newest accepted request only. */
  readonly newestOnly: 0 | 1;
};

/**
 * By id, a page of `limit` candidates at a time; within one, the newest request of a kind first. Newest is by order of
 * submission, which no clock can turn around.
 */
export const selectCandidates = define<Page, CandidateRow>('all', (slots) =>
  sql`SELECT ranked.strategy_id, strategies.name, strategies.symbol, strategies.timeframe_minutes,
        ranked.rank, ranked.verdict_id, requests.request_id, requests.kind, results.attempt_id,
        results.trades_count, results.trades_hash, results.sharpe, results.profit_factor,
        candle_windows.symbol AS tested_symbol
      FROM (
          SELECT strategy_id, rank, verdict_id FROM ranks
          WHERE strategy_id > ${slots('after')} AND rank IN ('A', 'S')
          ORDER BY strategy_id LIMIT ${slots('limit')}
        ) AS ranked
        CROSS JOIN strategies ON strategies.strategy_id = ranked.strategy_id
        LEFT JOIN requests ON requests.strategy_id = ranked.strategy_id
          AND requests.state = 'succeeded'
          AND (${slots('newestOnly')} = 0 OR requests.seq = (
            SELECT newer.seq FROM requests AS newer
            WHERE newer.strategy_id = ranked.strategy_id AND newer.kind = requests.kind
              AND newer.state = 'succeeded'
            ORDER BY newer.seq DESC LIMIT 1
          ))
        LEFT JOIN results ON results.request_id = requests.request_id
        LEFT JOIN candle_windows ON candle_windows.window_id = requests.window_id
      ORDER BY ranked.strategy_id, requests.kind, requests.seq DESC`.compile(core),
);

/** A single strategy or a pair of an earlier refresh, as Swimmy lets them compete for a slot. */
export interface RivalRow {
  readonly id: string;
  readonly symbol: string | null;
  readonly timeframe_minutes: number | null;
  readonly score: number;
}

export interface RivalPairRow extends RivalRow {
  readonly strategy_a: string;
  readonly strategy_b: string;
  readonly weight_a: number;
  readonly weight_b: number;
}

/**
 * Compatible mode only: the best singles of each group by their engine's figures, whatever their rank, unknown as 0.
 * It reads every strategy.
 */
export const selectRivalSingles = define<{ depth: number }, RivalRow>('all', (slots) =>
  sql`SELECT id, symbol, timeframe_minutes, score FROM (
        SELECT *, row_number() OVER (
          PARTITION BY coalesce(symbol, ''), coalesce(timeframe_minutes, 0) ORDER BY score DESC, id
        ) AS place
        FROM (
          SELECT strategies.strategy_id AS id, strategies.symbol, strategies.timeframe_minutes,
            0.7 * coalesce(results.sharpe, 0) + 0.3 * coalesce(results.profit_factor, 0) AS score
          FROM strategies
            LEFT JOIN requests ON requests.seq = (
              SELECT newest.seq FROM requests AS newest
              WHERE newest.strategy_id = strategies.strategy_id AND newest.kind = 'backtest'
                AND newest.state = 'succeeded'
              ORDER BY newest.seq DESC LIMIT 1
            )
            LEFT JOIN results ON results.request_id = requests.request_id
        )
      ) WHERE place <= ${slots('depth')}
      LIMIT 5000`.compile(core),
);

/** Compatible mode only: every pair that was ever kept, with the score that it was last given. */
export const selectRivalPairs = define<object, RivalPairRow>('all', () =>
  sql`SELECT pair.pair_id AS id, pair.strategy_a, pair.strategy_b, a.symbol, a.timeframe_minutes,
        scores.score, scores.weight_a, scores.weight_b
      FROM pair_definitions AS pair
        JOIN strategies AS a ON a.strategy_id = pair.strategy_a
        JOIN pair_scores AS scores ON scores.pair_id = pair.pair_id
        JOIN pair_refreshes AS refresh ON refresh.refresh_id = scores.refresh_id
      WHERE refresh.seq = (
        SELECT max(later.seq) FROM pair_scores AS other
          JOIN pair_refreshes AS later ON later.refresh_id = other.refresh_id
        WHERE other.pair_id = pair.pair_id
      )
      LIMIT 5000`.compile(core),
);
