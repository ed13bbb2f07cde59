import { Quarantine, warning, info, type Anomaly, type AnomalyCode } from './anomaly.js';
import { importLimits, type ImportLimits } from './limits.js';
import { linesOf, RecordIds, textOf, type Line } from './lines.js';
import type {
  Approximation,
  ImportedStrategy,
  ImportRefusal,
  ImportReport,
  StrategyImport,
  StrategyRecord,
} from './model.js';
import { readName, readStrategy } from './read-strategy.js';
import { readRecordFields } from './record-fields.js';

export interface ImportOptions {
  /** Where the lines come from, for records that do not say. @defaultValue 'unknown' */
  readonly source?: string;
  readonly limits?: Partial<ImportLimits>;
}

/** A line that was read, before it was compared with the others. */
interface Draft {
  readonly recordId: string;
  readonly line: number;
  readonly name: string | null;
  readonly strategy: ImportedStrategy | null;
  readonly anomalies: Anomaly[];
}

/**
 * Makes strategies of lines, each holding one record: an alist as in Swimmy's library and its JSON files, or `#S(STRATEGY …)`.
 *
 * Laws: a line that cannot be read is quarantined and changes nothing for the others; which strategies come out, and
 * their ids, does not depend on the order of the lines. The first record of a logic stands for it, a test fixture only
 * where there is no other.
 */
export function importStrategies(
  input: string | Uint8Array,
  options: ImportOptions = {},
): StrategyImport | ImportRefusal {
  const limits = { ...importLimits, ...options.limits };
  const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input;
  if (bytes.length > limits.bytesMax) {
    const message = `${bytes.length} bytes, expected at most ${limits.bytesMax}`;
    return { ok: false, code: 'file_too_large', message };
  }
  const ids = new RecordIds();
  const drafts: Draft[] = [];
  for (const line of linesOf(bytes)) {
    if (drafts.length === limits.linesMax) {
      return { ok: false, code: 'too_many_lines', message: `expected at most ${limits.linesMax} records` };
    }
    drafts.push(draft(line, ids, options.source ?? 'unknown', limits));
  }
  const chosen = representatives(drafts);
  compare(drafts, chosen);
  const records = drafts.map((one) => recordOf(one, chosen, options.source ?? 'unknown'));
  const strategies = drafts.flatMap(({ strategy }) =>
    strategy !== null && chosen.get(strategy.strategyId) === strategy ? [strategy] : [],
  );
  return { ok: true, records, strategies, report: reportOf(records, strategies) };
}

function draft(line: Line, ids: RecordIds, source: string, limits: ImportLimits): Draft {
  const { recordId, occurrence } = ids.next(line.bytes);
  const repeated =
    occurrence > 1 ? [info('line_repeated', `this line is there ${occurrence} times by now`)] : [];
  const place = { recordId, line: line.number };
  let name: string | null = null;
  try {
    const record = readRecordFields(textOf(line, limits), limits);
    name = readName(record);
    const { strategy, anomalies } = readStrategy(record, name, source);
    return { ...place, name, strategy, anomalies: [...anomalies, ...repeated] };
  } catch (error) {
    if (!(error instanceof Quarantine)) throw error;
    return { ...place, name, strategy: null, anomalies: [error.anomaly, ...repeated] };
  }
}

function representatives(drafts: readonly Draft[]): ReadonlyMap<string, ImportedStrategy> {
  const chosen = new Map<string, ImportedStrategy>();
  for (const { strategy } of drafts) {
    if (strategy === null) continue;
    const sofar = chosen.get(strategy.strategyId);
    const better = sofar?.environment === 'test' && strategy.environment === 'production';
    if (sofar === undefined || better) chosen.set(strategy.strategyId, strategy);
  }
  return chosen;
}

/** What can only be seen beside the other records. */
function compare(drafts: readonly Draft[], chosen: ReadonlyMap<string, ImportedStrategy>): void {
  const ofName = new Map<string, string>();
  const ofHash = new Map<string, string>();
  for (const { strategy, anomalies } of drafts) {
    if (strategy === null) continue;
    const { strategyId, name, foreignHash, claimedRank } = strategy;
    const named = ofName.get(name);
    if (named === strategyId)
      anomalies.push(info('name_repeated', `${name} was there before, with the same logic`));
    else if (named !== undefined) {
      anomalies.push(warning('name_of_other_logic', `${name} was there before, with another logic`));
    } else ofName.set(name, strategyId);
    if (foreignHash !== null) {
      const hashed = ofHash.get(foreignHash) ?? strategyId;
      ofHash.set(foreignHash, hashed);
      if (hashed !== strategyId) {
        anomalies.push(
          warning('hash_of_other_logic', `hash ${foreignHash.slice(0, 40)} belongs to another logic too`),
        );
      }
    }
    const standsFor = chosen.get(strategyId);
    if (standsFor !== undefined && standsFor.claimedRank !== claimedRank) {
      const [kept, other] = [standsFor.claimedRank ?? 'none', claimedRank ?? 'none'];
      anomalies.push(
        warning(
          'claims_differ',
          `rank ${other} is claimed, ${standsFor.name} has the same logic and claims ${kept}`,
        ),
      );
    }
  }
}

function recordOf(
  { recordId, line, name, strategy, anomalies }: Draft,
  chosen: ReadonlyMap<string, ImportedStrategy>,
  source: string,
): StrategyRecord {
  if (strategy === null) {
    return { recordId, line, name, source, disposition: 'quarantined', strategyId: null, anomalies };
  }
  const { strategyId } = strategy;
  const disposition = chosen.get(strategyId) === strategy ? 'imported' : 'attached';
  return { recordId, line, name, source: strategy.source, disposition, strategyId, anomalies };
}

function reportOf(records: readonly StrategyRecord[], strategies: readonly ImportedStrategy[]): ImportReport {
  const anomalies: Partial<Record<AnomalyCode, number>> = {};
  const approximations: Partial<Record<Approximation, number>> = {};
  const counts = { imported: 0, attached: 0, quarantined: 0 };
  for (const record of records) {
    counts[record.disposition] += 1;
    for (const code of new Set(record.anomalies.map((one) => one.code)))
      anomalies[code] = (anomalies[code] ?? 0) + 1;
  }
  for (const { approximated } of strategies) {
    for (const code of approximated) approximations[code] = (approximations[code] ?? 0) + 1;
  }
  const approximated = strategies.filter((one) => one.approximated.length > 0).length;
  return { read: records.length, ...counts, approximated, anomalies, approximations };
}
