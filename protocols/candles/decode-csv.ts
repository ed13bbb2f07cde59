import { allocateCandles, viewCandles, type Candles } from './candles.js';
import { readCarefulRow } from './careful-row.js';
import { canonicalHeader, readHeader, type Header } from './header.js';
import { readPlainRow } from './numeral.js';
import { outlierFault, outlierRatio, rowFault, valuesOf, type Row } from './row-laws.js';
import { Steps } from './steps.js';
import {
  refuse,
  type CandleAcceptance,
  type CandleFault,
  type CandleRefusal,
  type CandleVerdict,
  type CandleWarning,
} from './verdict.js';

export interface CandleGateOptions {
  /** Larger files are refused unread. @defaultValue 512 MiB, some ten million minute bars */
  readonly bytesMax?: number;
  /** Takes rows whose high or low is more than ten times away from open and close. @defaultValue false */
  readonly acceptOutliers?: boolean;
}

export const gateDefaults = { bytesMax: 512 * 1024 * 1024, acceptOutliers: false } as const;

/** A longer line is no row of ours; the bound keeps a binary file from becoming one enormous string. */
const lineBytesMax = 4_096;

/** No sound row is shorter: a timestamp of nine digits, five numbers, five commas. */
const rowBytesMin = 19;

/**
 * The candle gate on content: streams once over the bytes of a candle CSV and either takes every row or names the
 * first defect. Columns are found by name; byte-order mark, CRLF, blank lines, spaces, quotes, upper-case headers
 * and further columns are tolerated. A single row is accepted, with an unknown step: content alone cannot say
 * more against it, and whoever needs a timeframe or a minimum of bars refuses it there.
 */
export function decodeCandleCsv(bytes: Uint8Array, options: CandleGateOptions = {}): CandleVerdict {
  const bytesMax = options.bytesMax ?? gateDefaults.bytesMax;
  const fault = fileFault(bytes, bytesMax);
  if (fault !== null) return refuse(fault);
  return new Decoding(bytes, options.acceptOutliers ?? gateDefaults.acceptOutliers).run();
}

function fileFault(bytes: Uint8Array, bytesMax: number): CandleFault | null {
  if (bytes.length > bytesMax) {
    return {
      reason: 'file_too_large',
      found: `${bytes.length} bytes`,
      expected: `at most ${bytesMax} bytes`,
    };
  }
  if (bytes.length === 0) return { reason: 'empty_file', found: '0 bytes', expected: 'a header and rows' };
  const [first = 0, second = 0] = bytes;
  if ((first === 0x1f && second === 0x8b) || (first === 0x50 && second === 0x4b)) {
    return { reason: 'compressed_file', found: 'a gzip or zip archive', expected: 'plain CSV text' };
  }
  const marked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (marked || (bytes.length > 1 && (first === 0) !== (second === 0))) {
    return { reason: 'utf16_encoding', found: 'UTF-16 text', expected: 'UTF-8 or ASCII text' };
  }
  return null;
}

/** One pass over one file. */
class Decoding {
  readonly #row: Row = new Float64Array(6);
  readonly #steps = new Steps();
  readonly #candles: Candles;
  #at: number;
  #line = 0;
  #rows = 0;
  #outliers = 0;
  #jumps = 0;
  #terminated = true;

  constructor(
    readonly bytes: Uint8Array,
    readonly acceptOutliers: boolean,
  ) {
    const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    this.#at = marked ? 3 : 0;
    this.#candles = allocateCandles(rowsAtMost(bytes));
  }

  run(): CandleVerdict {
    const top = this.#nextLine();
    if (top === null)
      return refuse({ reason: 'empty_file', found: 'blank lines', expected: 'a header and rows' });
    if (top.end - top.start > lineBytesMax) return refuse(lineTooLong(top));
    const header = readHeader(this.#text(top));
    if ('reason' in header) return refuse(header);
    for (let line = this.#nextLine(); line !== null; line = this.#nextLine()) {
      const fault = this.#takeRow(line, header);
      if (fault !== null) return this.#refuseRow(fault);
    }
    if (this.#rows === 0) {
      return refuse({
        reason: 'header_only',
        found: canonicalHeader,
        expected: 'at least one row below the header',
      });
    }
    return this.#accept(header);
  }

  #takeRow(line: Line, header: Header): CandleFault | null {
    const row = this.#row;
    if (!readPlainRow(this.bytes, line.start, line.end, header.roles, row)) {
      if (line.end - line.start > lineBytesMax) return lineTooLong(line);
      const fault = readCarefulRow(this.#text(line), header, this.#terminated, row);
      if (fault !== null) return fault;
    }
    const at = this.#rows;
    const previousS = at === 0 ? -1 : (this.#candles.timeS[at - 1] ?? -1);
    const fault = rowFault(row, previousS) ?? this.#outlier(row);
    if (fault !== null) return fault;
    this.#store(row, at, previousS);
    return null;
  }

  #outlier(row: Row): CandleFault | null {
    const fault = outlierFault(row);
    if (fault === null) return null;
    this.#outliers += 1;
    return this.acceptOutliers ? null : fault;
  }

  #store(row: Row, at: number, previousS: number): void {
    const candles = this.#candles;
    const { timeS, open, high, low, close, volume } = valuesOf(row);
    if (at > 0) {
      this.#steps.add(timeS - previousS);
      const before = candles.close[at - 1] ?? close;
      if (close > outlierRatio * before || close * outlierRatio < before) this.#jumps += 1;
    }
    candles.timeS[at] = timeS;
    candles.open[at] = open;
    candles.high[at] = high;
    candles.low[at] = low;
    candles.close[at] = close;
    candles.volume[at] = volume;
    this.#rows += 1;
  }

  /** The next line that is not blank, its line end removed; null at the end of the file. */
  #nextLine(): Line | null {
    const { bytes } = this;
    while (this.#at < bytes.length) {
      const start = this.#at;
      const feed = bytes.indexOf(10, start);
      this.#terminated = feed !== -1;
      let end = feed === -1 ? bytes.length : feed;
      this.#at = end + 1;
      this.#line += 1;
      if (end > start && bytes[end - 1] === 13) end -= 1;
      if (!isBlank(bytes, start, end)) return { start, end };
    }
    return null;
  }

  #text({ start, end }: Line): string {
    return new TextDecoder().decode(this.bytes.subarray(start, end));
  }

  #refuseRow(fault: CandleFault): CandleRefusal {
    return refuse(fault, { row: this.#rows + 1, line: this.#line });
  }

  #accept(header: Header): CandleAcceptance {
    const rows = this.#rows;
    const candles = viewCandles(this.#candles, 0, rows);
    const warnings = [...this.#steps.warnings(), ...this.#otherWarnings(header)];
    const first = candles.timeS[0] ?? NaN;
    const last = candles.timeS[rows - 1] ?? NaN;
    return {
      verdict: 'accepted',
      candles,
      rows,
      first,
      last,
      stepSeconds: this.#steps.commonest(),
      warnings,
    };
  }

  #otherWarnings(header: Header): CandleWarning[] {
    const found: CandleWarning[] = [];
    const warn = (code: CandleWarning['code'], message: string): void => void found.push({ code, message });
    if (header.extraNames.length > 0)
      warn('extra_columns', `not read: ${header.extraNames.join(', ').slice(0, 200)}`);
    if (this.#rows === 1) warn('single_row', 'one row only: the length of a bar is unknown');
    if (!this.#terminated)
      warn('no_final_newline', 'the last line has no line end: its last number may be cut off');
    if (this.#outliers > 0)
      warn('outliers', `${this.#outliers} rows with a high or low ten times off were accepted`);
    if (this.#jumps > 0)
      warn('price_jumps', `${this.#jumps} closes are more than ten times off the close before`);
    return found;
  }
}

interface Line {
  readonly start: number;
  readonly end: number;
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at];
    if (byte !== 32 && byte !== 9 && byte !== 13) return false;
  }
  return true;
}

const lineTooLong = ({ start, end }: Line): CandleFault => ({
  reason: 'line_too_long',
  found: `a line of ${end - start} bytes`,
  expected: `lines of at most ${lineBytesMax} bytes`,
});

/** Counting first costs a tenth of the parse, and keeps memory at what the rows need also for a file of empty lines. */
function rowsAtMost(bytes: Uint8Array): number {
  let rows = 0;
  let start = 0;
  for (let feed = bytes.indexOf(10); feed !== -1; feed = bytes.indexOf(10, start)) {
    if (feed - start >= rowBytesMin) rows += 1;
    start = feed + 1;
  }
  return rows + 1;
}
