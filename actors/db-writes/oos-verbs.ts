/** What the candle gate, the scheduler and the evaluator write, in statements. */
import type { OosCoreMsg } from '../../protocols/db-oos.js';
import type { RankOutcome } from '../../protocols/db-rows.js';
import { isLegalTransition } from '../../protocols/ranks.js';
import { verb } from '../../storage/statement.js';
import { upsertCandleFile } from '../../storage/tables/candle-files.js';
import { noticeOfRefusal, upsertCandleGate } from '../../storage/tables/oos-gate.js';
import { recordOosVerdict, supersedeOos } from '../../storage/tables/oos-verdicts.js';
import { decideRank, standingRank } from '../../storage/tables/ranks.js';
import type { RankRow } from '../../storage/tables/ranks.js';
import { toRow } from './rows.js';
import { nothing, reading } from './verb-table.js';
import type { VerbTable } from './verb-table.js';

export const oosVerbs: VerbTable<OosCoreMsg> = {
  record_gate_verdict: ({ verdict, file, notification }) =>
    nothing([
      ...(file === null ? [] : [upsertCandleFile(toRow(file))]),
      upsertCandleGate(toRow(verdict)),
      ...(notification === null ? [] : [noticeOfRefusal({ ...toRow(verdict), ...toRow(notification) })]),
    ]),
  record_oos_verdicts: ({ verdicts }) =>
    nothing(verdicts.flatMap((verdict) => recordOosVerdict(toRow(verdict)))),
  supersede_oos: ({ kept, wallMs }) =>
    reading(supersedeOos(kept, wallMs), (rows) => rows.map((row) => row.request_id)),
  decide_rank({ verdict, expectedVersion, decidedBy, notification, expiresWallMs }) {
    if (!isLegalTransition(verdict.rankBefore, verdict.rankAfter)) {
      const standing = standingRank(verdict.strategyId);
      return verb(standing.statements, (results): RankOutcome => ({
        disposition: 'illegal',
        current: currentOf(standing.read(results)),
      }));
    }
    const decided = decideRank(toRow(verdict), expectedVersion, {
      ...(decidedBy === undefined ? {} : { decidedBy }),
      ...(expiresWallMs === undefined ? {} : { expiresWallMs }),
      notification: notification === undefined || notification === null ? null : toRow(notification),
    });
    return verb(decided.statements, (results): RankOutcome => {
      const { disposition, current } = decided.read(results);
      return { disposition, current: currentOf(current) };
    });
  },
};

const currentOf = (row: RankRow | null): RankOutcome['current'] =>
  row === null ? null : { rank: row.rank, version: row.version };
