/** Strategies as a list to look through: where each stands, and what that rests on. */
import { sql } from 'kysely';
import type { Statement } from '../statement.js';
import { define } from '../statement.js';
import { core } from './core-tables.js';
import type { RequestState } from './requests.js';

export interface StrategyListRow {
  readonly strategy_id: string;
  readonly name: string;
  readonly symbol: string | null;
  readonly timeframe_minutes: number | null;
  readonly environment: 'production' | 'test';
  readonly claimed_rank: string | null;
  readonly rank: string | null;
  /** Null, like the next two, when it was never judged. */
  readonly reason: string | null;
  readonly evidence_json: string | null;
  readonly decided_wall_ms: number | null;
  /** Of its newest backtest; null when none was asked for. */
  readonly backtest_state: RequestState | null;
  readonly backtest_failure_code: string | null;
  readonly backtest_failure_message: string | null;
  /** How many there are, listed or not. */
  readonly total: number;
}

export interface StrategyListQuery {
  /** A part of the name, whatever its case, or a whole id; empty for all. */
  readonly query: string;
  /** `unranked` for those without one; empty for all. */
  readonly rank: string;
  readonly limit: number;
}

interface ListSlots extends StrategyListQuery {
  readonly pattern: string;
}

/** Backtests are looked up for the listed strategies only. */
const select = define<ListSlots, StrategyListRow>('all', (slots) =>
  sql`WITH listed AS (
        SELECT one.strategy_id, one.name, one.symbol, one.timeframe_minutes, one.environment, one.claimed_rank,
          ranks.rank, verdict.reason, verdict.evidence_json, verdict.decided_wall_ms,
          CASE ranks.rank WHEN 'S' THEN 0 WHEN 'A' THEN 1 WHEN 'B' THEN 2 WHEN 'LEGEND' THEN 3
            WHEN 'RETIRED' THEN 4 ELSE 5 END AS place,
          count(*) OVER () AS total
        FROM strategies AS one
          LEFT JOIN ranks ON ranks.strategy_id = one.strategy_id
          LEFT JOIN rank_verdicts AS verdict ON verdict.verdict_id = ranks.verdict_id
        WHERE (lower(one.name) LIKE ${slots('pattern')} ESCAPE '\\' OR one.strategy_id = ${slots('query')})
          AND (${slots('rank')} = '' OR coalesce(ranks.rank, 'unranked') = ${slots('rank')})
        ORDER BY place, one.name, one.strategy_id
        LIMIT ${slots('limit')}
      )
      SELECT listed.*, backtest.state AS backtest_state, backtest.failure_code AS backtest_failure_code,
        backtest.failure_message AS backtest_failure_message
      FROM listed LEFT JOIN requests AS backtest ON backtest.seq = (
        SELECT max(seq) FROM requests WHERE requests.strategy_id = listed.strategy_id AND kind = 'backtest'
      )
      ORDER BY listed.place, listed.name, listed.strategy_id`.compile(core),
);

/** Best ranks first, then by name. One pass over all strategies: for people who look, not for hot paths. */
export const selectStrategyList = (asked: StrategyListQuery): Statement<StrategyListRow> =>
  select({ ...asked, pattern: `%${asked.query.toLowerCase().replace(/[\\%_]/g, '\\$&')}%` });
