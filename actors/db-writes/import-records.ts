/** Strategies and the records they came from. Which record was the first of its logic is read, then written with it. */
import type { ImportedRecord, RecordDisposition } from '../../protocols/db-rows.js';
import { rowsOf, together, verb } from '../../storage/statement.js';
import { insertStrategy } from '../../storage/tables/strategies.js';
import {
  insertStrategyRecord,
  selectRecordsOfStrategy,
  selectStrategyRecord,
} from '../../storage/tables/strategy-records.js';
import type { Outcome } from '../../storage/thread/messages.js';
import type { Writer } from '../../storage/writer/client.js';
import { toRow } from './rows.js';

interface Known {
  /** How this very record was taken before. */
  readonly before: RecordDisposition | undefined;
  /** Whether another record brought the logic. */
  readonly taken: boolean;
}

const lookUp = ({ recordId, strategy }: ImportedRecord) => {
  const record = selectStrategyRecord({ recordId });
  if (strategy === null)
    return verb([record], ([found]): Known => ({
      before: rowsOf(record, found)[0]?.disposition,
      taken: false,
    }));
  const others = selectRecordsOfStrategy({ strategyId: strategy.strategyId, limit: 1 });
  return verb([record, others], ([found, holders]): Known => ({
    before: rowsOf(record, found)[0]?.disposition,
    taken: rowsOf(others, holders).length > 0,
  }));
};

/** Within a list the first record of a logic is the imported one, as it would be one by one. */
function dispositions(
  records: readonly ImportedRecord[],
  known: readonly Known[],
): readonly RecordDisposition[] {
  const seen = new Set<string>();
  return records.map(({ strategy }, place) => {
    const { before, taken } = known[place] ?? { before: undefined, taken: false };
    if (before !== undefined) return before;
    if (strategy === null) return 'quarantined';
    const isFirst = !taken && !seen.has(strategy.strategyId);
    seen.add(strategy.strategyId);
    return isFirst ? 'imported' : 'attached';
  });
}

/**
 * Two commits, the first of which only reads: a crash between them has changed nothing. One list at a time, or two of
 * them may both call themselves the first.
 */
export async function importRecords(
  writer: Pick<Writer, 'run' | 'commit'>,
  records: readonly ImportedRecord[],
): Promise<Outcome<readonly RecordDisposition[]>> {
  const known = await writer.run(together(records.map(lookUp)));
  if (!known.ok) return known;
  const answer = dispositions(records, known.value);
  const statements = records.flatMap(({ strategy, ...record }, place) => [
    ...(strategy === null ? [] : insertStrategy(toRow(strategy)).statements),
    insertStrategyRecord({
      ...toRow(record),
      strategy_id: strategy?.strategyId ?? null,
      disposition: answer[place] ?? 'quarantined',
    }),
  ]);
  const written = await writer.commit({ statements });
  return written.ok ? { ok: true, value: answer } : written;
}
