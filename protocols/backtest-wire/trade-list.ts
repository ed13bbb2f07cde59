import {
  asInteger,
  asNumber,
  fields,
  float,
  foundText,
  int,
  isAlist,
  list,
  alist,
  members,
  type Sexp,
} from '../sexp/index.js';
import type { TradeColumns } from './result.js';

type TradesReading =
  { readonly ok: true; readonly value: TradeColumns } | { readonly ok: false; readonly found: string };

/**
 * Reads a trade list in Guardian's form (the list wrapped once more, as an option), flat as the Service rewrites it, or
 * as the one bare record into which the Service may collapse a single trade.
 */
export function readTrades(field: Sexp): TradesReading {
  const rows = tradeRows(field);
  if (rows === null) return { ok: false, found: foundText(field) };
  const exitS = new Float64Array(rows.length);
  const pnl = new Float64Array(rows.length);
  for (let row = 0; row < rows.length; row += 1) {
    const trade = readTrade(rows[row]);
    if (typeof trade === 'string') return { ok: false, found: `trade ${row + 1}: ${trade}` };
    exitS[row] = trade.exitS;
    pnl[row] = trade.pnl;
  }
  return { ok: true, value: { exitS, pnl } };
}

export function writeTrades({ exitS, pnl }: TradeColumns): Sexp {
  const rows: Sexp[] = [];
  for (let row = 0; row < exitS.length; row += 1) {
    rows.push(
      alist([
        ['timestamp', int(exitS[row] ?? 0)],
        ['pnl', float(pnl[row] ?? 0)],
      ]),
    );
  }
  return list(rows);
}

function tradeRows(field: Sexp): readonly Sexp[] | null {
  if (field.kind !== 'list') return null;
  if (isAlist(field)) return [field];
  const rows = members(field);
  const [only] = rows ?? [];
  if (rows?.length !== 1 || only?.kind !== 'list' || isAlist(only)) return rows;
  return only.items.length === 0 ? [] : tradeRows(only);
}

function readTrade(row: Sexp | undefined): { readonly exitS: number; readonly pnl: number } | string {
  if (row?.kind !== 'list') return foundText(row);
  const reading = fields(row);
  if (!reading.ok) return `${reading.error.code}: ${reading.error.found}`;
  const exitS = asInteger(reading.fields.get('timestamp'));
  if (!exitS.ok) return `timestamp: ${exitS.found}`;
  const pnl = asNumber(reading.fields.get('pnl'));
  return pnl.ok ? { exitS: exitS.value, pnl: pnl.value } : `pnl: ${pnl.found}`;
}
