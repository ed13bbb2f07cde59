import type { ImportedRecord, Strategy } from '../../protocols/db-rows.js';
import { names as db } from '../../protocols/db-writes.js';
import { logicJson } from '../../protocols/strategies/index.js';
import type { ImportedStrategy, StrategyRecord } from '../../protocols/strategies/index.js';
import type { StrategyPage } from '../node/intake.js';
import { inParts, patiently } from './job-context.js';
import type { JobContext } from './job-context.js';

/** Records in one transaction: small enough that no other commit waits long for it. */
const recordsAtOnce = 100;

/**
 * Stores what the import found, records that stand for their logic first, so that the store agrees on which those are.
 * @returns the strategies by id
 */
export async function storeImport(
  context: JobContext,
  imported: StrategyPage,
): Promise<ReadonlyMap<string, ImportedStrategy>> {
  const { progress, system, clock } = context;
  const strategies = new Map(imported.strategies.map((strategy) => [strategy.strategyId, strategy]));
  const records = [...imported.records].sort((a, b) => standing(a) - standing(b));
  progress.begin('strategies', records.length);
  let stored = 0;
  for (const part of inParts(records, recordsAtOnce)) {
    const wallMs = clock.wallMs();
    const rows = part.map((record) => recordRow(record, strategies, wallMs));
    await patiently(context, 'store strategies', (options) =>
      system.ask(db.core, { type: 'import_records', records: rows }, options),
    );
    stored += part.length;
    progress.advance('strategies', stored);
  }
  progress.end('strategies');
  return strategies;
}

/** Lines for a person; the rest of a file of the wrong kind would say the same again. */
const quarantineNotesMax = 5;

/** Which lines no strategy could be made of, and why. */
export function quarantineNotes(records: readonly StrategyRecord[]): readonly string[] {
  const left = records.filter(({ disposition }) => disposition === 'quarantined');
  const notes = left.slice(0, quarantineNotesMax).map(({ line, name, anomalies }) => {
    const why = anomalies.find(({ severity }) => severity === 'error')?.message ?? 'no reason is known';
    return `line ${line}${name === null ? '' : ` (${name})`} is quarantined: ${why}`;
  });
  const more = left.length - notes.length;
  return more > 0 ? [...notes, `${more} more are quarantined; the table strategy_records has all`] : notes;
}

const standing = ({ disposition }: StrategyRecord): number => (disposition === 'imported' ? 0 : 1);

function recordRow(
  record: StrategyRecord,
  strategies: ReadonlyMap<string, ImportedStrategy>,
  wallMs: number,
): ImportedRecord {
  const strategy = record.strategyId === null ? undefined : strategies.get(record.strategyId);
  return {
    recordId: record.recordId,
    strategy: strategy === undefined ? null : strategyRow(strategy, wallMs),
    name: record.name,
    source: record.source,
    anomaliesJson: record.anomalies.length === 0 ? null : JSON.stringify(record.anomalies),
    importedWallMs: wallMs,
  };
}

function strategyRow(strategy: ImportedStrategy, wallMs: number): Strategy {
  const { approximated } = strategy;
  return {
    strategyId: strategy.strategyId,
    name: strategy.name,
    symbol: strategy.symbol,
    timeframeMinutes: strategy.timeframeMinutes,
    indicatorType: strategy.indicatorType,
    logicJson: logicJson(strategy.logic),
    claimedRank: strategy.claimedRank,
    environment: strategy.environment,
    approximated: approximated.length === 0 ? 0 : 1,
    approximationsJson: approximated.length === 0 ? null : JSON.stringify(approximated),
    source: strategy.source,
    foreignHash: strategy.foreignHash,
    importedWallMs: wallMs,
  };
}
