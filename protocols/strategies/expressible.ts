import { expressionText } from './canonical.js';
import { indicatorText, type Indicator } from './indicators.js';
import type { Approximation, Canonical, StrategyLogic } from './model.js';

/** What an engine does for a family and its two numbers, in the words of a record. */
interface Meaning {
  /** Declarations that say the same; within one, the order is free. */
  readonly indicators: readonly (readonly string[])[];
  readonly entries: readonly string[];
  readonly exits: readonly string[];
}

type Signal = StrategyLogic['signal'];

const crossing = (average: string, { smaShort, smaLong }: Signal): Meaning => {
  const [fast, slow] = [`${average}-${smaShort}`, `${average}-${smaLong}`];
  return {
    indicators: [[`(${average} ${smaShort})`, `(${average} ${smaLong})`]],
    entries: [`(cross-above ${fast} ${slow})`],
    exits: [`(cross-below ${fast} ${slow})`],
  };
};

/** wire.md 5.3, with the floors that the engine puts under the periods. */
const meanings: Readonly<Record<string, (signal: Signal) => Meaning>> = {
  sma: (signal) => crossing('sma', signal),
  ema: (signal) => crossing('ema', signal),
  rsi: ({ smaShort }) => {
    const period = Math.max(smaShort, 7);
    return {
      indicators: [[`(rsi ${period})`]],
      entries: [`(cross-above rsi-${period} 30)`],
      exits: [`(> rsi-${period} 70)`],
    };
  },
  macd: () => ({
    indicators: [['(macd 12 26 9)'], ['(macd)']],
    entries: ['(cross-above macd-line signal-line)'],
    exits: ['(cross-below macd-line signal-line)'],
  }),
  bb: ({ smaShort, bandMult }) => {
    const period = Math.max(smaShort, 20);
    const usual = bandMult === 2 ? [[`(bb ${period})`]] : [];
    return {
      indicators: [[`(bb ${period} ${bandMult})`], ...usual],
      entries: ['(cross-above close bb-lower)'],
      exits: ['(>= close bb-middle)'],
    };
  },
  stoch: ({ smaShort }) => ({
    indicators: [[`(stoch ${Math.max(smaShort, 14)})`]],
    entries: ['(cross-above stoch-k 20)'],
    exits: ['(> stoch-k 80)'],
  }),
  vwap: ({ smaShort }) => ({
    indicators: [[`(vwap ${Math.max(smaShort, 2)})`]],
    entries: [`(cross-above close vwap-${Math.max(smaShort, 2)})`],
    exits: [`(cross-below close vwap-${Math.max(smaShort, 2)})`],
  }),
  vwapvr: ({ smaShort, smaLong }) => {
    const period = Math.max(smaShort, 2);
    const z = `vwapvr-${period}`;
    return {
      indicators: [[`(vwapvr ${period} ${Math.max(smaLong, 1)})`]],
      entries: [`(and (< ${z}-prev vwapvr-threshold) (>= ${z} vwapvr-threshold))`],
      exits: [`(<= ${z} 0)`],
    };
  },
};

/** A family whose rules we cannot put into words: its declaration can be compared, its expressions cannot. */
const wordless = ({ indicatorType, smaShort, smaLong }: Signal): Meaning => ({
  indicators: [[`(${indicatorType} ${smaShort} ${smaLong})`]],
  entries: [],
  exits: [],
});

/**
 * Why what is sent says less than the record: the wire carries a family and two whole numbers, and the engine trades that
 * family's own rule in both directions. What the record does not declare cannot be lost.
 */
export function approximationsOf(
  { market, signal }: StrategyLogic,
  indicators: readonly Indicator[] | null,
): readonly Approximation[] {
  const meaning = (meanings[signal.indicatorType] ?? wordless)(signal);
  const found: Approximation[] = [];
  if (indicators !== null && !declares(meaning, indicators)) found.push('indicators_not_expressible');
  if (!says(meaning.entries, signal.entry)) found.push('entry_not_expressible');
  if (!says(meaning.exits, signal.exit)) found.push('exit_not_expressible');
  if (market.direction !== 'both') found.push('direction_not_expressible');
  // Candles of a second timeframe never travel with a request, so an engine lets every entry pass.
  if (signal.filter !== null) found.push('filter_not_expressible');
  return found;
}

function declares(meaning: Meaning, indicators: readonly Indicator[]): boolean {
  const declared = new Set(indicators.map(indicatorText));
  return meaning.indicators.some(
    (known) => known.length === declared.size && known.every((one) => declared.has(one)),
  );
}

const says = (known: readonly string[], expression: Canonical): boolean =>
  expression === null || known.includes(expressionText(expression));

/** SMA periods that an entry speaks of and the indicators do not declare. */
export function undeclaredAverages(
  entry: Canonical,
  indicators: readonly Indicator[] | null,
): readonly string[] {
  const declared = new Set((indicators ?? []).map(indicatorText));
  const used = new Set(
    [...expressionText(entry).matchAll(/(?<![a-z-])sma-(\d+)/g)].map(([, period]) => period),
  );
  return [...used].filter((period) => !declared.has(`(sma ${period})`)).map((period) => `sma-${period}`);
}
