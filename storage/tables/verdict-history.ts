/** Verdicts and transitions of a strategy, of which only the newest are kept; the one that stands always is. */
import { sql } from 'kysely';
import type { Verb } from '../statement.js';
import { define, listRows, verb } from '../statement.js';
import { core } from './core-tables.js';
import { countRemoved } from './removed-rows.js';

export interface HistoryRow {
  readonly strategy_id: string;
  /** 1 when there are more than are kept. */
  readonly is_long: 0 | 1;
}

/** A page of strategies that were ever judged. Each is looked at by index, as far as the first row too many. */
export const selectHistories = define<{ after: string; keep: number; limit: number }, HistoryRow>(
  'all',
  (slots) =>
    sql`SELECT strategy_id,
        (EXISTS (SELECT 1 FROM rank_transitions AS old WHERE old.strategy_id = page.strategy_id
            ORDER BY version DESC LIMIT 1 OFFSET ${slots('keep')})
          OR EXISTS (SELECT 1 FROM rank_verdicts AS old WHERE old.strategy_id = page.strategy_id
            ORDER BY decided_wall_ms DESC LIMIT 1 OFFSET ${slots('keep')})
          OR EXISTS (SELECT 1 FROM oos_verdicts AS old WHERE old.strategy_id = page.strategy_id
            ORDER BY decided_wall_ms DESC LIMIT 1 OFFSET ${slots('keep')})) AS is_long
      FROM (
        SELECT strategy_id FROM (
          SELECT strategy_id FROM ranks WHERE strategy_id > ${slots('after')}
          UNION SELECT strategy_id FROM oos_standings WHERE strategy_id > ${slots('after')}
        ) ORDER BY strategy_id LIMIT ${slots('limit')}
      ) AS page`.compile(core),
);

interface Trim {
  readonly strategyIds: string;
  readonly keep: number;
  readonly limit: number;
}

const trimTransitions = define<Trim>('run', (slots) =>
  sql`DELETE FROM rank_transitions WHERE (strategy_id, version) IN (
      SELECT old.strategy_id, old.version
      FROM ${listRows(slots('strategyIds'))} AS given
        JOIN ranks ON ranks.strategy_id = given.value
        JOIN rank_transitions AS old ON old.strategy_id = given.value
          AND old.version <= ranks.version - ${slots('keep')}
      LIMIT ${slots('limit')})`.compile(core),
);

/** A verdict goes with the last transition that it gave. */
const trimVerdicts = define<Trim>('run', (slots) =>
  sql`DELETE FROM rank_verdicts WHERE verdict_id IN (
      SELECT old.verdict_id
      FROM ${listRows(slots('strategyIds'))} AS given
        JOIN rank_verdicts AS old ON old.strategy_id = given.value
      WHERE NOT EXISTS (SELECT 1 FROM ranks WHERE ranks.strategy_id = given.value AND ranks.verdict_id = old.verdict_id)
        AND NOT EXISTS (SELECT 1 FROM rank_transitions WHERE rank_transitions.verdict_id = old.verdict_id)
        AND old.verdict_id NOT IN (
          SELECT newest.verdict_id FROM rank_verdicts AS newest WHERE newest.strategy_id = given.value
          ORDER BY newest.decided_wall_ms DESC LIMIT ${slots('keep')})
      LIMIT ${slots('limit')})`.compile(core),
);

const trimOos = define<Trim>('run', (slots) =>
  sql`DELETE FROM oos_verdicts WHERE verdict_id IN (
      SELECT old.verdict_id
      FROM ${listRows(slots('strategyIds'))} AS given
        JOIN oos_verdicts AS old ON old.strategy_id = given.value
      WHERE NOT EXISTS (SELECT 1 FROM oos_standings WHERE oos_standings.verdict_id = old.verdict_id)
        AND old.verdict_id NOT IN (
          SELECT newest.verdict_id FROM oos_verdicts AS newest WHERE newest.strategy_id = given.value
          ORDER BY newest.decided_wall_ms DESC LIMIT ${slots('keep')})
      LIMIT ${slots('limit')})`.compile(core),
);

/** @returns rows that have gone; ask again while there are any */
export function trimHistories(strategyIds: readonly string[], keep: number, limit: number): Verb<number> {
  const trim: Trim = { strategyIds: JSON.stringify(strategyIds), keep, limit };
  const statements = [
    trimTransitions(trim),
    countRemoved('rank_transitions'),
    trimVerdicts(trim),
    countRemoved('rank_verdicts'),
    trimOos(trim),
    countRemoved('oos_verdicts'),
  ];
  return verb(statements, (results) =>
    [results[0], results[2], results[4]].reduce((sum, result) => sum + (result?.changes ?? 0), 0),
  );
}

/** Those of the ids of which there is no row. */
export const selectUnknownAttempts = define<{ attemptIds: string }, { attempt_id: string }>('all', (slots) =>
  sql`SELECT value AS attempt_id FROM ${listRows(slots('attemptIds'))}
      WHERE NOT EXISTS (SELECT 1 FROM attempts WHERE attempts.attempt_id = value)`.compile(core),
);
