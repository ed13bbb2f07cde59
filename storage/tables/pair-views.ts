/** What is shown of pairs, with the names of their legs. */
import { sql } from 'kysely';
import { define } from '../statement.js';
import { core } from './core-tables.js';
import type { PairActivationRow, PairScoreRow, PairSlotRow } from './pairs.js';

interface Named {
  readonly legacy_id: string;
  readonly strategy_a: string;
  readonly strategy_b: string;
  readonly name_a: string;
  readonly name_b: string;
}

export type ActivePairRow = PairActivationRow & Named;
export type PairScoreView = PairScoreRow & Named;

const names = sql`pair.legacy_id, pair.strategy_a, pair.strategy_b, a.name AS name_a, b.name AS name_b`;

const legs = sql`JOIN strategies AS a ON a.strategy_id = pair.strategy_a
        JOIN strategies AS b ON b.strategy_id = pair.strategy_b`;

/** At most one for each slot; in the order of the slots. */
export const selectActivePairs = define<object, ActivePairRow>('all', () =>
  sql`SELECT active.*, ${names}
      FROM pair_activations AS active INDEXED BY pair_active
        JOIN pair_definitions AS pair ON pair.pair_id = active.pair_id
        ${legs}
      WHERE active.to_wall_ms IS NULL
      ORDER BY active.slot, active.pair_id`.compile(core),
);

export const selectScores = define<{ refreshId: string }, PairScoreView>('all', (slots) =>
  sql`SELECT scores.*, ${names}
      FROM pair_scores AS scores
        JOIN pair_definitions AS pair ON pair.pair_id = scores.pair_id
        ${legs}
      WHERE scores.refresh_id = ${slots('refreshId')}
      ORDER BY scores.place`.compile(core),
);

export const selectSlots = define<{ refreshId: string }, PairSlotRow>('all', (slots) =>
  core
    .selectFrom('pair_slots')
    .selectAll()
    .where('refresh_id', '=', slots('refreshId'))
    .orderBy('slot')
    .compile(),
);

export interface ActivationView extends PairActivationRow, Named {}

/** What a pair has been, newest first. */
export const selectActivations = define<{ pairId: string; limit: number }, ActivationView>('all', (slots) =>
  sql`SELECT spell.*, ${names}
      FROM pair_activations AS spell
        JOIN pair_definitions AS pair ON pair.pair_id = spell.pair_id
        ${legs}
      WHERE spell.pair_id = ${slots('pairId')}
      ORDER BY spell.from_wall_ms DESC LIMIT ${slots('limit')}`.compile(core),
);

export interface PairDefinitionView extends Named {
  readonly pair_id: string;
}

/** By our id or by Swimmy's, of which there may be several. */
export const selectPairs = define<{ id: string }, PairDefinitionView>('all', (slots) =>
  sql`SELECT pair.pair_id, ${names}
      FROM pair_definitions AS pair ${legs}
      WHERE pair.pair_id = ${slots('id')} OR pair.legacy_id = ${slots('id')}
      ORDER BY pair.pair_id LIMIT 100`.compile(core),
);

/** Every pair that was ever kept, the last kept first, with what became of it. */
export const selectAllPairs = define<
  { limit: number },
  PairScoreView & { readonly active: 0 | 1; readonly recorded_wall_ms: number }
>('all', (slots) =>
  sql`SELECT scores.*, ${names}, refresh.recorded_wall_ms,
        EXISTS (
          SELECT 1 FROM pair_activations AS active
          WHERE active.pair_id = pair.pair_id AND active.to_wall_ms IS NULL
        ) AS active
      FROM pair_definitions AS pair ${legs}
        JOIN pair_scores AS scores ON scores.pair_id = pair.pair_id
        JOIN pair_refreshes AS refresh ON refresh.refresh_id = scores.refresh_id
      WHERE refresh.seq = (
        SELECT max(later.seq) FROM pair_scores AS other
          JOIN pair_refreshes AS later ON later.refresh_id = other.refresh_id
        WHERE other.pair_id = pair.pair_id
      )
      ORDER BY refresh.seq DESC, scores.place LIMIT ${slots('limit')}`.compile(core),
);
