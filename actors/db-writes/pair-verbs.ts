/** A refresh of the pairs in statements. */
import type { PairCoreMsg } from '../../protocols/db-pairs.js';
import { recordRefresh } from '../../storage/tables/pair-refreshes.js';
import { toRow } from './rows.js';
import type { VerbTable } from './verb-table.js';

export const pairVerbs: VerbTable<PairCoreMsg> = {
  record_pair_refresh: ({ refresh, definitions, scores, slots, started, notice, ...rest }) =>
    recordRefresh({
      previousId: rest.previousId,
      wanted: rest.wanted,
      verdicts: rest.verdicts,
      expiresWallMs: rest.expiresWallMs,
      refresh: toRow(refresh),
      definitions: definitions.map((definition) =>
        toRow({ ...definition, createdWallMs: refresh.recordedWallMs }),
      ),
      scores: scores.map(toRow),
      slots: slots.map(toRow),
      started: started.map(({ pairId, notification }) => ({ pairId, notification: toRow(notification) })),
      notice: notice === null ? null : toRow(notice),
    }),
};
