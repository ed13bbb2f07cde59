import { defaultIndicatorType, defaultVolume, type WireStrategy } from '../backtest-wire/index.js';
import { info, Quarantine, warning, type Anomaly } from './anomaly.js';
import { canonicalExpression } from './canonical.js';
import { readClaims } from './claims.js';
import { environmentOf } from './environment.js';
import { approximationsOf, undeclaredAverages } from './expressible.js';
import { strategyIdOf } from './identity.js';
import { derivePeriods, canonicalIndicators, readIndicators } from './indicators.js';
import { nameCharsMax } from './limits.js';
import type { Canonical, ImportedStrategy, StrategyLogic } from './model.js';
import { outerDifferences } from './outer-differences.js';
import type { RecordFields } from './record-fields.js';
import { readTimeframe } from './read-timeframe.js';

export interface ReadStrategy {
  readonly strategy: ImportedStrategy;
  readonly anomalies: readonly Anomaly[];
}

/** What Guardian assumes where the record is silent. */
const assumed = { bandMult: 2, atrPeriod: 14, atrBarrierSl: 0, atrBarrierTp: 0 } as const;

/**
 * A record as a strategy, without regard to other records.
 * @param name of the record, by {@link readName}
 * @param source where it came from, unless the record says so itself
 * @throws Quarantine
 */
export function readStrategy(record: RecordFields, name: string, source: string): ReadStrategy {
  const { indicators, signal } = readSignal(record);
  const logic: StrategyLogic = { market: readMarket(record), risk: readRisk(record), signal };
  const { claims, foreignHash, anomalies } = readClaims(record.outer);
  const environment = environmentOf(name);
  if (environment === 'test') record.anomalies.push(info('test_name', `${name} names a test fixture`));
  record.anomalies.push(...oddities(logic), ...anomalies, ...outerDifferences(record));
  const undeclared = undeclaredAverages(signal.entry, indicators);
  if (undeclared.length > 0) {
    const used = undeclared.join(', ');
    record.anomalies.push(
      warning('entry_uses_undeclared_sma', `the entry uses ${used}, which is not declared`),
    );
  }
  const { symbol, timeframeMinutes } = logic.market;
  const strategy: ImportedStrategy = {
    strategyId: strategyIdOf(logic),
    name,
    symbol,
    timeframeMinutes,
    indicatorType: signal.indicatorType,
    logic,
    claimedRank: claims.rank,
    claims,
    environment,
    approximated: approximationsOf(logic, indicators),
    foreignHash,
    source: record.text('source', 'not_a_record')?.slice(0, 1_000) ?? source,
    wire: wireOf(name, logic),
  };
  return { strategy, anomalies: record.anomalies };
}

/** The service finds names and ids by pattern, so a name must not look like another field. */
const unsendable = /[\p{Cc}\p{Surrogate}]|request_id/u;

/** @throws Quarantine `no_name`, `bad_name` */
export function readName(record: RecordFields): string {
  const name = record.text('name', 'bad_name')?.trim() ?? '';
  if (name === '') throw new Quarantine('no_name', 'no name', 'a name');
  if (name.length > nameCharsMax) {
    throw new Quarantine('bad_name', `${name.length} characters`, `at most ${nameCharsMax} characters`);
  }
  if (unsendable.test(name)) {
    const found = JSON.stringify(name.slice(0, 60));
    throw new Quarantine('bad_name', found, 'no control characters and not the text request_id');
  }
  return name;
}

function readMarket(record: RecordFields): StrategyLogic['market'] {
  const symbol = record.text('symbol', 'bad_symbol')?.trim().toUpperCase() ?? null;
  // As in the names of candle files: anything else could never be found.
  if (symbol !== null && !/^[A-Z0-9][A-Z0-9._#-]{0,31}$/.test(symbol)) {
    throw new Quarantine('bad_symbol', JSON.stringify(symbol.slice(0, 60)), 'a symbol such as USDJPY');
  }
  if (symbol === null) record.anomalies.push(info('symbol_missing', 'no symbol: that of the run is taken'));
  const direction = (record.text('direction', 'bad_direction') ?? 'both').replace(/^:/, '').toLowerCase();
  if (direction !== 'both' && direction !== 'long' && direction !== 'short') {
    throw new Quarantine('bad_direction', JSON.stringify(direction.slice(0, 60)), 'both, long or short');
  }
  return { symbol, direction, timeframeMinutes: readTimeframe(record) };
}

function readRisk(record: RecordFields): StrategyLogic['risk'] {
  const sl = record.number('sl', 'bad_sl');
  const tp = record.number('tp', 'bad_tp');
  if (sl === null) throw new Quarantine('bad_sl', 'no sl', 'a price distance of 0 or more');
  if (tp === null) throw new Quarantine('bad_tp', 'no tp', 'a price distance of 0 or more');
  const volume = record.number('volume', 'bad_volume');
  if (volume === null)
    record.anomalies.push(warning('volume_defaulted', `no volume: ${defaultVolume} is taken`));
  return {
    sl: sl + 0,
    tp: tp + 0,
    volume: (volume ?? defaultVolume) + 0,
    atrPeriod: record.whole('atr_period', 'bad_option') ?? assumed.atrPeriod,
    atrBarrierSl: record.number('atr_barrier_sl', 'bad_option') ?? assumed.atrBarrierSl,
    atrBarrierTp: record.number('atr_barrier_tp', 'bad_option') ?? assumed.atrBarrierTp,
  };
}

function readSignal(record: RecordFields): {
  readonly indicators: ReturnType<typeof readIndicators>;
  readonly signal: StrategyLogic['signal'];
} {
  const indicators = readIndicators(record.pick('indicators'));
  const indicatorType = readIndicatorType(record);
  const [smaShort, smaLong] = readPeriods(record, () => derivePeriods(indicators, indicatorType));
  return {
    indicators,
    signal: {
      indicatorType,
      smaShort,
      smaLong,
      bandMult: record.number('band_mult', 'bad_option') ?? assumed.bandMult,
      indicators: canonicalIndicators(indicators),
      entry: readExpression(record, ['entry', 'entry_long_ast', 'entry_short_ast']),
      exit: readExpression(record, ['exit', 'exit_long_ast', 'exit_short_ast']),
      filter: readFilter(record),
    },
  };
}

function readIndicatorType(record: RecordFields): string {
  const found = record.text('indicator_type', 'bad_indicator_type')?.trim().toLowerCase() ?? '';
  if (found === '') {
    const message = `no indicator type: ${defaultIndicatorType} is assumed, as Guardian does`;
    record.anomalies.push(warning('indicator_type_assumed', message));
    return defaultIndicatorType;
  }
  if (!/^[a-z][a-z0-9_-]{0,39}$/.test(found)) {
    throw new Quarantine('bad_indicator_type', JSON.stringify(found.slice(0, 60)), 'a word such as sma');
  }
  return found;
}

function readPeriods(record: RecordFields, derive: () => [number, number]): [number, number] {
  const short = record.whole('sma_short', 'bad_periods');
  const long = record.whole('sma_long', 'bad_periods');
  if (short !== null && long !== null) return [short, long];
  if (short !== null || long !== null) {
    throw new Quarantine('bad_periods', `only one of sma_short and sma_long`, 'both or neither');
  }
  const derived = derive();
  const message = `no sma_short and sma_long: ${derived.join(' and ')} derived from the indicators`;
  record.anomalies.push(warning('periods_derived', message));
  return derived;
}

/** @returns null when none of the fields says anything; the first alone is the plain case */
function readExpression(record: RecordFields, keys: readonly string[]): Canonical {
  const found: [string, Canonical][] = [];
  for (const key of keys) {
    const field = record.pick(key);
    const expression = field === undefined ? null : unwrapped(canonicalExpression(field));
    if (expression !== null) found.push([key, expression]);
  }
  const [first, second] = found;
  if (first === undefined) return null;
  return second === undefined && first[0] === keys[0] ? first[1] : Object.fromEntries(found);
}

/** `(entry (> a b))` is `(entry . (> a b))`, and nothing is no expression. */
function unwrapped(expression: Canonical): Canonical {
  if (!Array.isArray(expression)) return expression;
  const [only, ...others] = expression as readonly Canonical[];
  if (only === undefined) return null;
  return others.length === 0 && Array.isArray(only) ? (only as readonly Canonical[]) : expression;
}

function readFilter(record: RecordFields): StrategyLogic['signal']['filter'] {
  if (!record.flag('filter_enabled', 'bad_filter')) return null;
  const tf = record.text('filter_tf', 'bad_filter')?.trim() ?? '';
  const period = record.whole('filter_period', 'bad_filter') ?? 0;
  const logic = record.text('filter_logic', 'bad_filter')?.trim() ?? '';
  if (tf !== '' || period !== 0 || logic !== '') return { tf, period, logic };
  record.anomalies.push(
    warning('filter_without_parameters', 'the filter is on and has nothing to filter by'),
  );
  return null;
}

function oddities({ risk, signal }: StrategyLogic): readonly Anomaly[] {
  const found: Anomaly[] = [];
  const { smaShort, smaLong } = signal;
  const periods = `sma_short ${smaShort}, sma_long ${smaLong}`;
  if (smaShort === 0 || smaLong === 0) found.push(warning('zero_period', `${periods}: it will never trade`));
  if (smaShort >= smaLong) found.push(warning('short_not_below_long', `${periods}: sent as they are`));
  if (risk.sl === 0 || risk.tp === 0) {
    found.push(warning('zero_distance', `sl ${risk.sl}, tp ${risk.tp}: every position ends on the next bar`));
  }
  return found;
}

/** Options that Guardian assumes anyway are not written, so that a message looks as Swimmy's do. */
function wireOf(name: string, { risk, signal }: StrategyLogic): WireStrategy {
  const { filter, bandMult } = signal;
  const { atrPeriod, atrBarrierSl, atrBarrierTp } = risk;
  return {
    name,
    smaShort: signal.smaShort,
    smaLong: signal.smaLong,
    sl: risk.sl,
    tp: risk.tp,
    volume: risk.volume,
    indicatorType: signal.indicatorType,
    ...(filter === null
      ? {}
      : { filterEnabled: true, filterTf: filter.tf, filterPeriod: filter.period, filterLogic: filter.logic }),
    ...(bandMult === assumed.bandMult ? {} : { bandMult }),
    ...(atrPeriod === assumed.atrPeriod ? {} : { atrPeriod }),
    ...(atrBarrierSl === 0 ? {} : { atrBarrierSl }),
    ...(atrBarrierTp === 0 ? {} : { atrBarrierTp }),
  };
}
