import { asList, fields, float, int, list, alist, foundText, type Sexp, type Typed } from '../sexp/index.js';
import { FieldReader } from './field-reader.js';
import { integer, number } from './field-types.js';
import type { SwapRecord, WireCandles } from './request.js';

type Records<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly found: string };

/** The spellings that the Service accepts besides Guardian's own. */
const candleAliases = new Map([
  ['timestamp', 't'],
  ['time', 't'],
  ['open', 'o'],
  ['high', 'h'],
  ['low', 'l'],
  ['close', 'c'],
  ['volume', 'v'],
]);
const swapAliases = new Map([
  ['timestamp', 't'],
  ['time', 't'],
  ['swap_long', 'sl'],
  ['swap_short', 'ss'],
]);

/** Inline bars; `t` and `c` are required, the others are 0 when absent, as in Guardian. */
export function readCandles(field: Sexp | undefined): Records<WireCandles> {
  const rows = asList(field);
  if (!rows.ok) return rows;
  const bars = rows.value.length;
  const column = (): Float64Array => new Float64Array(bars);
  const candles = {
    timestampS: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
  };
  for (let row = 0; row < bars; row += 1) {
    const record = readRecord(rows.value[row], candleAliases);
    if (!record.ok) return atRow(row, record);
    const read = record.value;
    candles.timestampS[row] = read.required('t', integer, 0);
    candles.open[row] = read.optional('o', number) ?? 0;
    candles.high[row] = read.optional('h', number) ?? 0;
    candles.low[row] = read.optional('l', number) ?? 0;
    candles.close[row] = read.required('c', number, 0);
    candles.volume[row] = read.optional('v', number) ?? 0;
    if (read.problem !== null) return atRow(row, { found: `${read.problem.field}: ${read.problem.found}` });
  }
  return { ok: true, value: candles };
}

export function readSwapHistory(field: Sexp | undefined): Records<readonly SwapRecord[]> {
  const rows = asList(field);
  if (!rows.ok) return rows;
  const swaps: SwapRecord[] = [];
  for (const row of rows.value) {
    const record = readRecord(row, swapAliases);
    if (!record.ok) return atRow(swaps.length, record);
    const read = record.value;
    const swap = {
      fromS: read.required('t', integer, 0),
      long: read.required('sl', number, 0),
      short: read.required('ss', number, 0),
    };
    if (read.problem !== null) {
      return atRow(swaps.length, { found: `${read.problem.field}: ${read.problem.found}` });
    }
    swaps.push(swap);
  }
  return { ok: true, value: swaps };
}

export function writeCandles(candles: WireCandles): Sexp {
  const rows: Sexp[] = [];
  const at = (column: Float64Array, row: number): number => column[row] ?? 0;
  for (let row = 0; row < candles.timestampS.length; row += 1) {
    rows.push(
      alist([
        ['t', int(at(candles.timestampS, row))],
        ['o', float(at(candles.open, row))],
        ['h', float(at(candles.high, row))],
        ['l', float(at(candles.low, row))],
        ['c', float(at(candles.close, row))],
        ['v', float(at(candles.volume, row))],
      ]),
    );
  }
  return list(rows);
}

export function writeSwapHistory(swaps: readonly SwapRecord[]): Sexp {
  return list(
    swaps.map((swap) =>
      alist([
        ['t', int(swap.fromS)],
        ['sl', float(swap.long)],
        ['ss', float(swap.short)],
      ]),
    ),
  );
}

function readRecord(row: Sexp | undefined, aliases: ReadonlyMap<string, string>): Records<FieldReader> {
  if (row?.kind !== 'list') return { ok: false, found: foundText(row) };
  const reading = fields(row);
  if (!reading.ok) return { ok: false, found: `${reading.error.code}: ${reading.error.found}` };
  const renamed = new Map<string, Sexp>();
  for (const [key, value] of reading.fields) {
    const known = aliases.get(key) ?? key;
    if (renamed.has(known)) return { ok: false, found: `both spellings of ${known}` };
    renamed.set(known, value);
  }
  return { ok: true, value: new FieldReader(renamed) };
}

const atRow = (row: number, problem: { readonly found: string }): { ok: false; found: string } => ({
  ok: false,
  found: `row ${row + 1}: ${problem.found}`,
});

/** A list of records as a field type, so that an absent or empty one is simply absent. */
export function recordsType<T>(
  expected: string,
  read: (field: Sexp) => Records<T>,
): {
  readonly expected: string;
  readonly read: (field: Sexp | undefined) => Typed<T>;
} {
  return {
    expected,
    read: (field) => {
      const rows = asList(field);
      if (field === undefined || (rows.ok && rows.value.length === 0)) {
        return { ok: false, reason: 'absent', found: 'no rows' };
      }
      const records = read(field);
      return records.ok ? records : { ok: false, reason: 'wrong_type', found: records.found };
    },
  };
}
