import { shown, type CandleFault } from './verdict.js';

/** One row by role: timestamp, open, high, low, close, volume. */
export type Row = Float64Array;

/** By index, not by destructuring: an iterator per row would double the time of a whole file. */
export function valuesOf(row: Row): RowValues {
  return {
    timeS: row[0] ?? NaN,
    open: row[1] ?? NaN,
    high: row[2] ?? NaN,
    low: row[3] ?? NaN,
    close: row[4] ?? NaN,
    volume: row[5] ?? NaN,
  };
}

export interface RowValues {
  readonly timeS: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

export const daySeconds = 86_400;

/** A step longer than this is a hole or a wrong unit, not a holiday. */
export const gapSecondsMax = 31 * daySeconds;

/** How far a high or low may be from its row's open and close before a lost decimal point is likelier than a price. */
export const outlierRatio = 10;

/** 3 March 1973: earlier numbers are calendar dates such as 20130201, day counts or bar numbers. */
const timeSMin = 100_000_000;

/** 1 January 2040, and at the same time the smallest Lisp universal time of the unix age. */
const timeSMax = 2_208_988_800;

/**
 * The laws that hold between a sound row's values, and between the row and the one before.
 * @param previousS the row before's timestamp, or -1 for the first row
 */
export function rowFault(row: Row, previousS: number): CandleFault | null {
  const { timeS, open, high, low, close, volume } = valuesOf(row);
  if (!(timeS >= timeSMin && timeS < timeSMax)) return implausibleTime(timeS);
  if (previousS !== -1 && timeS <= previousS) return orderFault(timeS, previousS);
  if (previousS !== -1 && timeS - previousS > gapSecondsMax) {
    const days = Math.round((timeS - previousS) / daySeconds);
    return { reason: 'huge_gap', found: `${days} days after the row before`, expected: 'at most 31 days' };
  }
  if (!(open > 0 && high > 0 && low > 0 && close > 0)) return priceFault({ open, high, low, close });
  if (high < low) {
    return { reason: 'high_below_low', found: `high ${high}, low ${low}`, expected: 'high at or above low' };
  }
  if (open < low || open > high) return outsideFault('open', open, low, high);
  if (close < low || close > high) return outsideFault('close', close, low, high);
  if (!(volume >= 0)) {
    return { reason: 'negative_volume', found: `volume ${volume}`, expected: 'a volume of 0 or more' };
  }
  return null;
}

/** A high or low more than ten times away from both open and close; null when the row has none. */
export function outlierFault(row: Row): CandleFault | null {
  const { open, high, low, close } = valuesOf(row);
  const high10 = high > outlierRatio * Math.max(open, close);
  if (!high10 && low * outlierRatio >= Math.min(open, close)) return null;
  const found = `${high10 ? `high ${high}` : `low ${low}`} beside open ${open} and close ${close}`;
  return {
    reason: 'outlier',
    found,
    expected: 'within ten times of open and close, unless outliers are accepted',
  };
}

function orderFault(timeS: number, previousS: number): CandleFault {
  const found = `${timeS} after ${previousS}`;
  if (timeS === previousS) return { reason: 'duplicate_timestamp', found, expected: 'each timestamp once' };
  return {
    reason: 'timestamps_not_ascending',
    found,
    expected: 'strictly rising timestamps, oldest row first',
  };
}

function priceFault(prices: Readonly<Record<string, number>>): CandleFault {
  const [name, price] = Object.entries(prices).find(([, value]) => !(value > 0)) ?? ['price', NaN];
  return { reason: 'price_not_positive', found: `${name} ${price}`, expected: 'a price above 0' };
}

function outsideFault(name: 'open' | 'close', price: number, low: number, high: number): CandleFault {
  const found = `${name} ${price} with low ${low} and high ${high}`;
  return { reason: `${name}_outside_range`, found, expected: `${name} between low and high` };
}

/** The commonest wrong units are told apart by size, because the hint saves the search for the cause. */
function implausibleTime(timeS: number): CandleFault {
  const found = String(timeS);
  const seconds = 'unix seconds from 1973 to 2039';
  if (timeS >= timeSMax && timeS < 2 * timeSMax) {
    return {
      reason: 'implausible_timestamp',
      found,
      expected: `${seconds} (this looks like Lisp universal time)`,
    };
  }
  if (/^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[0-5]\d){0,3}$/.test(found)) {
    return {
      reason: 'implausible_timestamp',
      found,
      expected: `${seconds} (this looks like a calendar date)`,
    };
  }
  if (timeS >= 1e11 && timeS < 1e13) {
    return {
      reason: 'timestamp_in_milliseconds',
      found,
      expected: `${seconds} (divide milliseconds by 1000)`,
    };
  }
  if (timeS >= 1e14 && timeS < 1e20) {
    return {
      reason: 'implausible_timestamp',
      found,
      expected: `${seconds} (these look like micro- or nanoseconds)`,
    };
  }
  return { reason: 'implausible_timestamp', found, expected: seconds };
}

/** A timestamp that is no run of digits. */
export function timeTextFault(text: string, numeric: boolean): CandleFault {
  const reason = numeric ? 'timestamp_not_whole' : 'timestamp_not_a_number';
  return { reason, found: shown(text), expected: 'whole unix seconds, such as 1359676800' };
}
